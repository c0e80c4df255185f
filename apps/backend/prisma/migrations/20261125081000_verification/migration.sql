CREATE TABLE "passkeys" (
  "credential_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "public_key" BYTEA NOT NULL,
  "counter" BIGINT NOT NULL DEFAULT 0,
  "transports" TEXT[] NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "passkeys_pkey" PRIMARY KEY ("credential_id")
);
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "passkeys_owner_id_idx" ON "passkeys"("owner_id");

ALTER TABLE "agents" ADD COLUMN "verification_checked_at" TIMESTAMPTZ(3);
CREATE INDEX "agents_verification_checked_at_idx" ON "agents"("verification_checked_at") WHERE "verification_checked_at" IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON "passkeys" TO agentbot_app;
ALTER TABLE "passkeys" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "passkeys" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "passkeys"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
