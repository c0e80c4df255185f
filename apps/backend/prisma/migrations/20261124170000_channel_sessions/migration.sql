-- Conversations that began elsewhere than here: on a channel, or at the agent's own address.
ALTER TABLE "chat_sessions"
  ADD COLUMN "platform" TEXT NOT NULL DEFAULT 'web',
  ADD COLUMN "gateway_session_id" TEXT,
  ADD COLUMN "synced_at" TIMESTAMPTZ(3);
CREATE UNIQUE INDEX "chat_sessions_agent_id_gateway_session_id_key" ON "chat_sessions"("agent_id", "gateway_session_id");
