-- A browser session is a row: the web app's cookie and its assertions name it, and its end ends them.
CREATE TABLE "sessions" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "user_agent" TEXT,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "sessions_owner_id_idx" ON "sessions"("owner_id");
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");

GRANT SELECT, INSERT, UPDATE, DELETE ON "sessions" TO agentbot_app;
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "sessions"
  USING (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (owner_id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');

-- The rows say which sessions have ended. Cookies from before this name no session: their users sign in again.
ALTER TABLE "users" DROP COLUMN "sessions_valid_from";
