-- A user's request for a plan, which an administrator grants or refuses.
CREATE TABLE "plan_requests" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "plan" "Plan" NOT NULL,
  "message" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  -- `open`, `granted` or `refused`.
  "state" TEXT NOT NULL DEFAULT 'open' CHECK ("state" IN ('open', 'granted', 'refused')),
  "decided_at" TIMESTAMPTZ(3),
  "granted_plan" "Plan",
  -- Why it was refused, for its user.
  "reason" TEXT,
  CONSTRAINT "plan_requests_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "plan_requests_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "plan_requests_one_open" ON "plan_requests"("owner_id") WHERE "state" = 'open';
CREATE INDEX "plan_requests_owner_id_created_at_idx" ON "plan_requests"("owner_id", "created_at");
CREATE INDEX "plan_requests_state_created_at_idx" ON "plan_requests"("state", "created_at");

GRANT SELECT, INSERT, UPDATE, DELETE ON "plan_requests" TO agentbot_app;
ALTER TABLE "plan_requests" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "plan_requests" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "plan_requests"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');

-- Whatever changes what an account may do is told to all processes: the account's id.
CREATE FUNCTION tell_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('accounts', CASE TG_TABLE_NAME WHEN 'users' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'owner_id' END);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_account AFTER UPDATE OF "name", "plan", "is_admin", "email_verified_at" ON "users"
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tell_account_change();
CREATE TRIGGER tell_account AFTER INSERT OR UPDATE ON "subscriptions" FOR EACH ROW EXECUTE FUNCTION tell_account_change();
CREATE TRIGGER tell_account AFTER INSERT OR UPDATE ON "plan_requests" FOR EACH ROW EXECUTE FUNCTION tell_account_change();
