-- Operations can be given up on the way.
ALTER TYPE "OperationState" ADD VALUE 'cancelled';
ALTER TABLE "operations" ADD COLUMN "cancel_requested_at" TIMESTAMPTZ(3);

ALTER TABLE "agents"
  ADD COLUMN "backup_every_hours" INTEGER,
  ADD COLUMN "backup_keep" INTEGER,
  ADD COLUMN "backup_keep_days" INTEGER,
  ADD COLUMN "next_backup_at" TIMESTAMPTZ(3);
CREATE INDEX "agents_next_backup_at_idx" ON "agents"("next_backup_at") WHERE "next_backup_at" IS NOT NULL;

-- Archives of agents' data: rows of those that are whole.
CREATE TABLE "backups" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "cause" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "size_bytes" BIGINT NOT NULL,
  "sha256" TEXT NOT NULL,
  "sealed_key" TEXT,
  "image" TEXT,
  "openclaw_version" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "backups_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "backups_agent_id_created_at_idx" ON "backups"("agent_id", "created_at");
ALTER TABLE "backups" ADD CONSTRAINT "backups_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON "backups" TO agentbot_app;
ALTER TABLE "backups" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "backups" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "backups"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');

-- What belonged to an agent that was deleted while the engine was away.
ALTER TABLE "orphans" ADD COLUMN "condemned" BOOLEAN NOT NULL DEFAULT false;
