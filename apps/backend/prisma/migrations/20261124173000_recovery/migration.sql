-- When an agent whose container ended by itself is started again.
ALTER TABLE "agents" ADD COLUMN "recover_at" TIMESTAMPTZ(3);
CREATE INDEX "agents_recover_at_idx" ON "agents"("recover_at") WHERE "recover_at" IS NOT NULL;

-- What the engine has of this installation and no agent owns, with when it was first seen.
CREATE TABLE "orphans" (
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "found_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "orphans_pkey" PRIMARY KEY ("kind", "name")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON "orphans" TO agentbot_app;
