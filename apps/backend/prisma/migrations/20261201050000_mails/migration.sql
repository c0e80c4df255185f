-- Mails that wait for the mail server. They name agents and amounts, and never a link that signs somebody in.
CREATE TABLE "mails" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "text" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  -- How often the mail server was tried, and when it is tried next.
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "next_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "mails_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "mails_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "mails_owner_id_idx" ON "mails"("owner_id");
CREATE INDEX "mails_next_at_idx" ON "mails"("next_at");

-- Whether an owner wants mails about agents that stopped working, and about automatic backups that failed.
ALTER TABLE "users" ADD COLUMN "agent_mails" BOOLEAN NOT NULL DEFAULT true;

-- Since when an agent is in the state `error`, to the minute, and when its owner was last told so.
ALTER TABLE "agents" ADD COLUMN "error_since" TIMESTAMPTZ(3);
ALTER TABLE "agents" ADD COLUMN "error_told_at" TIMESTAMPTZ(3);

GRANT SELECT, INSERT, UPDATE, DELETE ON "mails" TO agentbot_app;
ALTER TABLE "mails" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "mails" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "mails"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
