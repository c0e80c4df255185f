-- What an agent is answering, or answered, to a message from the dashboard or the API.
CREATE TYPE "ReplyState" AS ENUM ('pending', 'done', 'failed');

CREATE TABLE "replies" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "state" "ReplyState" NOT NULL DEFAULT 'pending',
  "text" TEXT NOT NULL DEFAULT '',
  "version" INTEGER NOT NULL DEFAULT 0,
  "error" TEXT,
  "message_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "alive_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "replies_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "replies" ADD CONSTRAINT "replies_id_fkey" FOREIGN KEY ("id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "replies" ADD CONSTRAINT "replies_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE UNIQUE INDEX "replies_message_id_key" ON "replies"("message_id");
CREATE INDEX "replies_agent_id_created_at_idx" ON "replies"("agent_id", "created_at");
-- Those that a process which died left behind are looked for every few seconds.
CREATE INDEX "replies_pending_idx" ON "replies"("alive_at") WHERE "state" = 'pending';

GRANT SELECT, INSERT, UPDATE, DELETE ON "replies" TO agentbot_app;
ALTER TABLE "replies" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "replies" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "replies"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
