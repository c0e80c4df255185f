-- What each agent's container uses: the last sample, and means by the minute and by the hour. No foreign key, as with logs.
CREATE TABLE "usage_samples" (
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "stale_at" TIMESTAMPTZ(3) NOT NULL,
  "cpu" DOUBLE PRECISION,
  "memory" BIGINT NOT NULL,
  "memory_limit" BIGINT NOT NULL,
  "received" BIGINT NOT NULL,
  "sent" BIGINT NOT NULL,
  "read" BIGINT NOT NULL,
  "written" BIGINT NOT NULL,
  "pids" INTEGER NOT NULL,
  CONSTRAINT "usage_samples_pkey" PRIMARY KEY ("agent_id")
) WITH (fillfactor = 50);

CREATE TABLE "usage_points" (
  "agent_id" TEXT NOT NULL,
  "grain" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "owner_id" TEXT NOT NULL,
  "samples" INTEGER NOT NULL,
  "cpu" DOUBLE PRECISION NOT NULL,
  "memory" DOUBLE PRECISION NOT NULL,
  "memory_limit" BIGINT NOT NULL,
  "received" BIGINT NOT NULL,
  "sent" BIGINT NOT NULL,
  "read" BIGINT NOT NULL,
  "written" BIGINT NOT NULL,
  "pids" DOUBLE PRECISION NOT NULL,
  CONSTRAINT "usage_points_pkey" PRIMARY KEY ("agent_id", "grain", "at")
) WITH (fillfactor = 70);
CREATE INDEX "usage_points_grain_at_idx" ON "usage_points"("grain", "at");

GRANT SELECT, INSERT, UPDATE, DELETE ON "usage_samples", "usage_points" TO agentbot_app;
DO $$
DECLARE name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['usage_samples', 'usage_points'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')', name);
  END LOOP;
END $$;

CREATE FUNCTION forget_agent_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM usage_samples WHERE agent_id = OLD.id;
  DELETE FROM usage_points WHERE agent_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_usage AFTER DELETE ON "agents" FOR EACH ROW EXECUTE FUNCTION forget_agent_usage();
