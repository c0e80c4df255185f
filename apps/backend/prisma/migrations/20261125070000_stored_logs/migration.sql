-- Work that one process of the installation does for all: whoever holds the name until it expires.
CREATE TABLE "leases" (
  "name" TEXT NOT NULL,
  "holder" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON "leases" TO agentbot_app;

-- What agents' containers have said, as it came: a row holds what was read at once. No foreign key to the agent: its
-- lock would wait for the reconciler's.
CREATE TABLE "log_chunks" (
  "agent_id" TEXT NOT NULL,
  "last_id" BIGINT NOT NULL,
  "first_id" BIGINT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "read_to" BIGINT NOT NULL,
  "size" INTEGER NOT NULL,
  "counts" INTEGER[] NOT NULL,
  "records" TEXT NOT NULL,
  CONSTRAINT "log_chunks_pkey" PRIMARY KEY ("agent_id", "last_id")
);

-- Who watches an agent's log, by process.
CREATE TABLE "log_views" (
  "agent_id" TEXT NOT NULL,
  "process_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "clients" INTEGER NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "log_views_pkey" PRIMARY KEY ("agent_id", "process_id")
);
CREATE INDEX "log_views_process_id_idx" ON "log_views"("process_id");

GRANT SELECT, INSERT, UPDATE, DELETE ON "log_chunks", "log_views" TO agentbot_app;
DO $$
DECLARE name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['log_chunks', 'log_views'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')', name);
  END LOOP;
END $$;

CREATE FUNCTION forget_agent_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM log_chunks WHERE agent_id = OLD.id;
  DELETE FROM log_views WHERE agent_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_log AFTER DELETE ON "agents" FOR EACH ROW EXECUTE FUNCTION forget_agent_log();
