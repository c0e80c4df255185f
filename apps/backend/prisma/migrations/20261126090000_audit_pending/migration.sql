-- Requests that may be changing something right now, from before they do until their entry stands in the audit log. What a
-- process that died leaves here is entered by another one, with an outcome that nobody knows.
CREATE TABLE "audit_pending" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "process_id" TEXT NOT NULL,
  "begun_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "actor_kind" TEXT NOT NULL,
  "actor_id" TEXT,
  "key_id" TEXT,
  "action" TEXT NOT NULL,
  "agent_id" TEXT,
  "target" TEXT,
  "ip" TEXT,
  "user_agent" TEXT,
  "request_id" TEXT,
  CONSTRAINT "audit_pending_pkey" PRIMARY KEY ("id")
);

GRANT SELECT, INSERT, DELETE ON "audit_pending" TO agentbot_app;

ALTER TABLE "audit_pending" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "audit_pending" FORCE ROW LEVEL SECURITY;
-- The platform's alone: nobody takes an entry of their own out before it is written.
CREATE POLICY platform ON "audit_pending"
  USING (current_setting('app.actor', true) = 'service')
  WITH CHECK (current_setting('app.actor', true) = 'service');
SELECT guard_one_agent('audit_pending', 'agent_id');
