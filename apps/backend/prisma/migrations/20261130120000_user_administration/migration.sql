-- A blocked user signs in nowhere, and no API key of theirs is accepted.
ALTER TABLE "users"
  ADD COLUMN "blocked_at" TIMESTAMPTZ(3),
  -- When an administrator took the granted plan away: from then on the agents need a plan, as after the end of a subscription.
  ADD COLUMN "plan_withdrawn_at" TIMESTAMPTZ(3);
-- A link that an administrator hands over proves no address.
ALTER TABLE "password_resets" ADD COLUMN "proves_email" BOOLEAN NOT NULL DEFAULT true;

-- The streams of API keys end with the block of their owner. Sessions are ended by rows of their own.
CREATE FUNCTION tell_block() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('grant_changes', k.id) FROM api_keys k WHERE k.owner_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_block AFTER UPDATE OF "blocked_at" ON "users"
  FOR EACH ROW WHEN (NEW.blocked_at IS NOT NULL) EXECUTE FUNCTION tell_block();
