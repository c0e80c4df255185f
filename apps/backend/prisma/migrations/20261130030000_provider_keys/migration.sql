-- Keys of model providers that an account has for all its agents. A row without an owner is of the installation: no tenant sees it.
CREATE TABLE "provider_keys" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT,
  "provider" TEXT NOT NULL,
  "sealed" TEXT NOT NULL,
  "preview" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  -- When the key was last replaced.
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "tested_at" TIMESTAMPTZ(3),
  "refused_at" TIMESTAMPTZ(3),
  "refused_status" INTEGER,
  CONSTRAINT "provider_keys_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "provider_keys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "provider_keys_owner_id_provider_key" ON "provider_keys"("owner_id", "provider") NULLS NOT DISTINCT;

GRANT SELECT, INSERT, UPDATE, DELETE ON "provider_keys" TO agentbot_app;
ALTER TABLE "provider_keys" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "provider_keys" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "provider_keys"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
