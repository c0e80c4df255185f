-- Every process keeps the rows that say who calls in memory: API keys, sessions, users. A change of what they allow is told to
-- all processes in the transaction that makes it. `last_used_at` and `last_seen_at` allow nothing.
DROP TRIGGER tell_end ON "api_keys";
CREATE TRIGGER tell_end AFTER DELETE OR UPDATE OF "id", "owner_id", "hash", "scopes", "agent_id", "expires_at" ON "api_keys"
  FOR EACH ROW EXECUTE FUNCTION tell_grant_change();
DROP TRIGGER tell_end ON "sessions";
CREATE TRIGGER tell_end AFTER DELETE OR UPDATE OF "id", "owner_id", "ended_at", "expires_at" ON "sessions"
  FOR EACH ROW EXECUTE FUNCTION tell_grant_change();
CREATE TRIGGER tell_change AFTER DELETE OR UPDATE OF "id", "email", "email_verified_at", "is_admin" ON "users"
  FOR EACH ROW EXECUTE FUNCTION tell_grant_change();
