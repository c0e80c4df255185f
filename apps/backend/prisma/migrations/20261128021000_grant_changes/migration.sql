-- The end of an API key or of a session, or a new time of it, is told to all processes: they end the streams that it had opened.
-- Keys and sessions of a deleted user, or of a deleted agent, go by cascade, which fires these as well.
CREATE FUNCTION tell_grant_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('grant_changes', OLD.id);
  RETURN NULL;
END $$;

CREATE TRIGGER tell_end AFTER DELETE OR UPDATE OF "expires_at" ON "api_keys" FOR EACH ROW EXECUTE FUNCTION tell_grant_change();
CREATE TRIGGER tell_end AFTER DELETE OR UPDATE OF "ended_at", "expires_at" ON "sessions" FOR EACH ROW EXECUTE FUNCTION tell_grant_change();
