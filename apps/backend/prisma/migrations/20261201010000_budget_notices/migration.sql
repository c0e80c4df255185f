-- What an owner was told: that half, four fifths or all of a budget is spent. Once per budget and its day or month; a changed
-- amount is another budget.
CREATE TABLE "budget_notices" (
  -- `agent` or `account`.
  "subject" TEXT NOT NULL CHECK ("subject" IN ('agent', 'account')),
  "subject_id" TEXT NOT NULL,
  -- `day` or `month`, and its first day.
  "period" TEXT NOT NULL CHECK ("period" IN ('day', 'month')),
  "since" DATE NOT NULL,
  "percent" INTEGER NOT NULL CHECK ("percent" IN (50, 80, 100)),
  "budget_micros" BIGINT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "budget_notices_pkey" PRIMARY KEY ("subject", "subject_id", "period", "since", "percent", "budget_micros"),
  CONSTRAINT "budget_notices_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "budget_notices_owner_id_idx" ON "budget_notices"("owner_id");
CREATE INDEX "budget_notices_at_idx" ON "budget_notices"("at");

-- Whether an account's owner wants these notices by mail.
ALTER TABLE "users" ADD COLUMN "budget_mails" BOOLEAN NOT NULL DEFAULT true;

GRANT SELECT, INSERT, UPDATE, DELETE ON "budget_notices" TO agentbot_app;
ALTER TABLE "budget_notices" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "budget_notices" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "budget_notices"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
