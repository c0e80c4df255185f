-- Agents of `POST /api/provision` have their own address, stream and contact; verifications say who and with what.
ALTER TABLE "agents"
  ADD COLUMN "host_prefix" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "live_stream_id" TEXT,
  ADD COLUMN "contact_email" TEXT,
  ADD COLUMN "verifier_address" TEXT,
  ADD COLUMN "verification_metadata" JSONB;
CREATE INDEX "agents_created_at_id_idx" ON "agents"("created_at", "id");

-- What an operation was asked with, how the agent stood before, and what it brought.
ALTER TABLE "operations"
  ADD COLUMN "input" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "agent_before" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "result" JSONB NOT NULL DEFAULT '{}';

ALTER TABLE "chat_sessions" ADD COLUMN "ended_at" TIMESTAMPTZ(3);

CREATE TABLE "api_keys" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "preview" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");
CREATE INDEX "api_keys_owner_id_idx" ON "api_keys"("owner_id");
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "idempotency_keys" (
  "owner_id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "resource_id" TEXT NOT NULL,
  "status" INTEGER,
  "sealed_body" TEXT,
  "alive_at" TIMESTAMPTZ(3) NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("owner_id", "key")
);
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

CREATE TABLE "platform_images" (
  "image" TEXT NOT NULL,
  "deployed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "platform_images_pkey" PRIMARY KEY ("image")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "api_keys", "idempotency_keys", "platform_images" TO agentbot_app;

DO $$
DECLARE
  tenant_table TEXT;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['api_keys', 'idempotency_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')',
      tenant_table);
  END LOOP;
END $$;

-- Owns what the internal key makes without naming a user. Nobody can sign in as it.
SELECT set_config('app.actor', 'service', true);
INSERT INTO "users" ("id", "email", "name", "updated_at") VALUES ('service', 'service@agentbot.invalid', 'Platform', CURRENT_TIMESTAMP);
