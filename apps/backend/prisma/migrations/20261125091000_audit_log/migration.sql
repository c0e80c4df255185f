-- Who did what to which agent, from where, with what outcome. Entries are only ever appended; each holds the hash of the one
-- before, so that whoever changes, takes out or adds one later breaks the chain. One chain per owner.
CREATE TABLE "audit_log" (
  "owner_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "actor_kind" TEXT NOT NULL,
  "actor_id" TEXT,
  "key_id" TEXT,
  "action" TEXT NOT NULL,
  "agent_id" TEXT,
  "ip" TEXT,
  "user_agent" TEXT,
  "outcome" TEXT NOT NULL,
  "status" INTEGER,
  "code" TEXT,
  "request_id" TEXT,
  "prev_hash" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  CONSTRAINT "audit_log_pkey" PRIMARY KEY ("owner_id", "seq")
);
CREATE INDEX "audit_log_owner_id_agent_id_seq_idx" ON "audit_log"("owner_id", "agent_id", "seq");

-- The end of each chain: without it, entries taken off the end would not be missed. Only the trigger below writes here.
CREATE TABLE "audit_heads" (
  "owner_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "hash" TEXT NOT NULL,
  CONSTRAINT "audit_heads_pkey" PRIMARY KEY ("owner_id")
);

-- Fields with their lengths in bytes, so that no two entries are written the same way; `src/audit/entry-hash.ts` does likewise.
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN value IS NULL THEN '-' ELSE octet_length(value) || ':' || value END
$$;
CREATE FUNCTION audit_hash(entry "audit_log") RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(concat_ws(',',
    audit_field(entry.prev_hash), audit_field(entry.owner_id), audit_field(entry.seq::text),
    audit_field(to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
    audit_field(entry.actor_kind), audit_field(entry.actor_id), audit_field(entry.key_id), audit_field(entry.action),
    audit_field(entry.agent_id), audit_field(entry.ip), audit_field(entry.user_agent), audit_field(entry.outcome),
    audit_field(entry.status::text), audit_field(entry.code), audit_field(entry.request_id)), 'UTF8')), 'hex')
$$;

-- Links an entry to the one before. The lock on the chain's end makes writers of one owner wait for each other.
CREATE FUNCTION append_audit_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head "audit_heads";
BEGIN
  INSERT INTO "audit_heads" ("owner_id", "seq", "hash") VALUES (NEW.owner_id, 0, '') ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT head FROM "audit_heads" WHERE "owner_id" = NEW.owner_id FOR UPDATE;
  NEW.seq := head.seq + 1;
  NEW.at := date_trunc('milliseconds', clock_timestamp());
  NEW.prev_hash := head.hash;
  NEW.hash := audit_hash(NEW);
  UPDATE "audit_heads" SET "seq" = NEW.seq, "hash" = NEW.hash WHERE "owner_id" = NEW.owner_id;
  RETURN NEW;
END $$;
CREATE TRIGGER append_entry BEFORE INSERT ON "audit_log" FOR EACH ROW EXECUTE FUNCTION append_audit_entry();

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit log is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Operations end long after the request that asked for them, or without one; whoever ends them, that is written down in the
-- same transaction, at its end, so that the chain is locked as briefly as can be.
CREATE FUNCTION audit_operation_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "audit_log" ("owner_id", "actor_kind", "action", "agent_id", "outcome", "request_id")
    VALUES (NEW.owner_id, 'platform', 'operation:' || NEW.kind, NEW.agent_id,
            CASE NEW.state::text WHEN 'succeeded' THEN 'done' WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END, NEW.request_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_end AFTER UPDATE ON "operations" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION audit_operation_end();

GRANT SELECT ON "audit_log", "audit_heads" TO agentbot_app;
GRANT INSERT ("owner_id", "actor_kind", "actor_id", "key_id", "action", "agent_id", "ip", "user_agent", "outcome", "status", "code", "request_id")
  ON "audit_log" TO agentbot_app;

DO $$
DECLARE
  tenant_table TEXT;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['audit_log', 'audit_heads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')',
      tenant_table);
  END LOOP;
END $$;
SELECT guard_one_agent('audit_log', 'agent_id');
