-- What somebody was asked to sign; it is taken away by the one answer that is accepted.
CREATE TABLE "challenges" (
  "owner_id" TEXT NOT NULL,
  "purpose" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "text" TEXT NOT NULL,
  "data" JSONB NOT NULL DEFAULT '{}',
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "challenges_pkey" PRIMARY KEY ("owner_id", "purpose", "subject")
);
ALTER TABLE "challenges" ADD CONSTRAINT "challenges_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "challenges_expires_at_idx" ON "challenges"("expires_at");

-- A wallet belongs to one account.
CREATE TABLE "wallets" (
  "address" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "linked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "wallets_pkey" PRIMARY KEY ("address")
);
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "wallets_owner_id_idx" ON "wallets"("owner_id");

-- A payment is claimed once for ever: no key points at what may be deleted.
CREATE TABLE "payment_claims" (
  "chain_id" INTEGER NOT NULL,
  "transaction_hash" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "payer" TEXT NOT NULL,
  "amount" TEXT NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "payment_claims_pkey" PRIMARY KEY ("chain_id", "transaction_hash")
);
CREATE INDEX "payment_claims_owner_id_idx" ON "payment_claims"("owner_id");

ALTER TABLE "agents"
  ADD COLUMN "parent_id" TEXT,
  ADD COLUMN "generation" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "specialization" TEXT,
  ADD COLUMN "wallet_address" TEXT;

GRANT SELECT, INSERT, UPDATE, DELETE ON "challenges", "wallets" TO agentbot_app;
GRANT SELECT, INSERT ON "payment_claims" TO agentbot_app;

DO $$
DECLARE
  tenant_table TEXT;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['challenges', 'wallets', 'payment_claims'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')',
      tenant_table);
  END LOOP;
END $$;
