-- A stream at Mux, noted before it is made; it outlives its agent, so that what is left over can be removed.
CREATE TABLE "live_streams" (
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "stream_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "live_streams_pkey" PRIMARY KEY ("agent_id")
);
ALTER TABLE "agents" ADD COLUMN "playback_id" TEXT;

GRANT SELECT, INSERT, UPDATE, DELETE ON "live_streams" TO agentbot_app;
ALTER TABLE "live_streams" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "live_streams" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "live_streams"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
