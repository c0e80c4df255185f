-- Passkeys that sign in. Those in `passkeys` verify agents: an API key can register them, so they must not open a session.
CREATE TABLE "sign_in_passkeys" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "credential_id" TEXT NOT NULL,
  "public_key" BYTEA NOT NULL,
  "counter" BIGINT NOT NULL DEFAULT 0,
  "transports" TEXT[] NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "last_used_at" TIMESTAMPTZ(3),
  CONSTRAINT "sign_in_passkeys_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "sign_in_passkeys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "sign_in_passkeys_credential_id_key" ON "sign_in_passkeys"("credential_id");
CREATE INDEX "sign_in_passkeys_owner_id_idx" ON "sign_in_passkeys"("owner_id");

-- The passkey that a session was begun with: the session ends with it.
ALTER TABLE "sessions" ADD COLUMN "passkey_id" TEXT;

GRANT SELECT, INSERT, UPDATE, DELETE ON "sign_in_passkeys" TO agentbot_app;
ALTER TABLE "sign_in_passkeys" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sign_in_passkeys" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "sign_in_passkeys"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
