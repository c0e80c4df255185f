ALTER TABLE "users" ADD COLUMN "stripe_customer_id" TEXT;
CREATE UNIQUE INDEX "users_stripe_customer_id_key" ON "users"("stripe_customer_id");

CREATE TABLE "subscriptions" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "plan" "Plan",
  "status" TEXT NOT NULL,
  "current_period_end" TIMESTAMPTZ(3),
  "read_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "subscriptions_owner_id_idx" ON "subscriptions"("owner_id");

CREATE TABLE "stripe_events" (
  "id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "stripe_events_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "stripe_events_created_at_idx" ON "stripe_events"("created_at");

ALTER TABLE "agents" ADD COLUMN "suspended_at" TIMESTAMPTZ(3);
CREATE INDEX "agents_suspended_at_idx" ON "agents"("suspended_at") WHERE "suspended_at" IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON "subscriptions", "stripe_events" TO agentbot_app;
ALTER TABLE "subscriptions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "subscriptions" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "subscriptions"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
-- Events are nobody's but the platform's.
ALTER TABLE "stripe_events" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "stripe_events" FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON "stripe_events"
  USING (current_setting('app.actor', true) = 'service') WITH CHECK (current_setting('app.actor', true) = 'service');
