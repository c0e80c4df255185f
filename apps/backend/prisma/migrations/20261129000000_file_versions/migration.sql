-- Versions of an agent's workspace files that a later write replaced. The content may contain secrets, so it is sealed.
CREATE TABLE "agent_file_versions" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "sha256" TEXT NOT NULL,
  "size_bytes" INTEGER NOT NULL,
  "sealed" TEXT NOT NULL,
  "written_at" TIMESTAMPTZ(3),
  "replaced_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "agent_file_versions_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "agent_file_versions_agent_id_name_replaced_at_idx" ON "agent_file_versions"("agent_id", "name", "replaced_at");
ALTER TABLE "agent_file_versions" ADD CONSTRAINT "agent_file_versions_agent_id_fkey"
  FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON "agent_file_versions" TO agentbot_app;
ALTER TABLE "agent_file_versions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "agent_file_versions" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "agent_file_versions"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
SELECT guard_one_agent('agent_file_versions', 'agent_id');
