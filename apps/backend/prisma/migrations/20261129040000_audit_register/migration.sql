-- A chain that is removed together with its head leaves no trace in either table. The register is a chain of its own, of the owner
-- '@chains' (no account's id contains an @): its entries name every other chain when it begins.
CREATE FUNCTION register_audit_chain(owner text) RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET app.actor = 'service' SET app.agent_id = '' AS $$
BEGIN
  INSERT INTO "audit_log" ("owner_id", "actor_kind", "action", "outcome", "target") VALUES ('@chains', 'platform', 'beginChain', 'done', owner);
END $$;
-- Only the trigger below calls it: a false name in the register would read as a removed chain.
REVOKE EXECUTE ON FUNCTION register_audit_chain FROM PUBLIC;

CREATE OR REPLACE FUNCTION append_audit_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head "audit_heads";
BEGIN
  INSERT INTO "audit_heads" ("owner_id", "seq", "hash") VALUES (NEW.owner_id, 0, '') ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT head FROM "audit_heads" WHERE "owner_id" = NEW.owner_id FOR UPDATE;
  IF head.seq = 0 AND NEW.owner_id <> '@chains' THEN
    PERFORM register_audit_chain(NEW.owner_id);
  END IF;
  NEW.seq := head.seq + 1;
  NEW.at := date_trunc('milliseconds', clock_timestamp());
  NEW.prev_hash := head.hash;
  NEW.hash := audit_hash(NEW);
  UPDATE "audit_heads" SET "seq" = NEW.seq, "hash" = NEW.hash WHERE "owner_id" = NEW.owner_id;
  RETURN NEW;
END $$;

DO $$
DECLARE
  existing text;
BEGIN
  PERFORM set_config('app.actor', 'service', true);
  FOR existing IN SELECT "owner_id" FROM "audit_heads" ORDER BY "owner_id" LOOP
    PERFORM register_audit_chain(existing);
  END LOOP;
END $$;
