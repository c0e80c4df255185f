-- Images that a person sent with a message. They are deleted with the message.
CREATE TABLE "message_images" (
  "id" TEXT NOT NULL,
  "message_id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "type" TEXT NOT NULL,
  "bytes" BYTEA NOT NULL,
  "size" INTEGER NOT NULL,
  CONSTRAINT "message_images_pkey" PRIMARY KEY ("id")
);
-- Images are compressed already.
ALTER TABLE "message_images" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX "message_images_message_id_position_key" ON "message_images"("message_id", "position");
CREATE INDEX "message_images_agent_id_idx" ON "message_images"("agent_id");
ALTER TABLE "message_images" ADD CONSTRAINT "message_images_message_id_fkey"
  FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON "message_images" TO agentbot_app;
ALTER TABLE "message_images" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "message_images" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "message_images"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
SELECT guard_one_agent('message_images', 'agent_id');
