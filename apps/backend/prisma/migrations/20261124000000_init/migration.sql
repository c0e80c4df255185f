CREATE TYPE "Plan" AS ENUM ('solo', 'collective', 'label', 'network');
CREATE TYPE "AgentState" AS ENUM ('pending', 'provisioning', 'running', 'stopped', 'updating', 'error', 'deleting');
CREATE TYPE "AgentRuntime" AS ENUM ('container', 'api');
CREATE TYPE "OperationState" AS ENUM ('queued', 'running', 'succeeded', 'failed');
CREATE TYPE "StepState" AS ENUM ('running', 'done', 'skipped', 'failed');

CREATE TABLE "users" (
  "id" TEXT NOT NULL,
  "email" TEXT NOT NULL,
  "name" TEXT,
  "password_hash" TEXT,
  "is_admin" BOOLEAN NOT NULL DEFAULT false,
  "plan" "Plan",
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

CREATE TABLE "agents" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "ai_provider" TEXT NOT NULL,
  "config" JSONB NOT NULL DEFAULT '{}',
  "plan" "Plan" NOT NULL DEFAULT 'label',
  "state" "AgentState" NOT NULL DEFAULT 'pending',
  "state_reason" TEXT,
  "runtime" "AgentRuntime",
  "image" TEXT,
  "openclaw_version" TEXT,
  "slot" INTEGER,
  "container_spec" JSONB,
  "container_id" TEXT,
  "started_at" TIMESTAMPTZ(3),
  "observed_state" TEXT,
  "observed_at" TIMESTAMPTZ(3),
  "verified" BOOLEAN NOT NULL DEFAULT false,
  "verification_type" TEXT,
  "attestation_uid" TEXT,
  "verified_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "agents_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "agents_slot_key" ON "agents"("slot");
CREATE INDEX "agents_owner_id_created_at_idx" ON "agents"("owner_id", "created_at");
-- An id is a host name as well, and those know no case.
CREATE UNIQUE INDEX "agents_lower_id_key" ON "agents"(lower("id"));

CREATE TABLE "agent_secrets" (
  "agent_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "sealed" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "agent_secrets_pkey" PRIMARY KEY ("agent_id", "name")
);

CREATE TABLE "chat_sessions" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_activity_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "chat_sessions_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "chat_sessions_agent_id_last_activity_at_idx" ON "chat_sessions"("agent_id", "last_activity_at");

CREATE TABLE "messages" (
  "id" TEXT NOT NULL,
  "seq" BIGSERIAL NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "session_id" TEXT NOT NULL,
  "sender" TEXT NOT NULL,
  "content" TEXT NOT NULL,
  "platform" TEXT NOT NULL DEFAULT 'web',
  "topic" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "messages_seq_key" ON "messages"("seq");
CREATE INDEX "messages_agent_id_seq_idx" ON "messages"("agent_id", "seq");
CREATE INDEX "messages_owner_id_seq_idx" ON "messages"("owner_id", "seq");
CREATE INDEX "messages_session_id_seq_idx" ON "messages"("session_id", "seq");

CREATE TABLE "operations" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" "OperationState" NOT NULL DEFAULT 'queued',
  "error" TEXT,
  "request_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "started_at" TIMESTAMPTZ(3),
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "operations_agent_id_created_at_idx" ON "operations"("agent_id", "created_at");
-- The lease: one operation per agent at a time, whatever process asked for it.
CREATE UNIQUE INDEX "operations_one_open_per_agent" ON "operations"("agent_id") WHERE "state" IN ('queued', 'running');

CREATE TABLE "operation_steps" (
  "operation_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "state" "StepState" NOT NULL DEFAULT 'running',
  "detail" TEXT,
  "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deadline_at" TIMESTAMPTZ(3) NOT NULL,
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "operation_steps_pkey" PRIMARY KEY ("operation_id", "name")
);

CREATE TABLE "used_assertions" (
  "id" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "used_assertions_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "used_assertions_expires_at_idx" ON "used_assertions"("expires_at");

CREATE TABLE "rate_limits" (
  "key" VARCHAR(255) NOT NULL,
  "points" INTEGER NOT NULL DEFAULT 0,
  "expire" BIGINT,
  CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("key")
);

ALTER TABLE "agents" ADD CONSTRAINT "agents_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "agent_secrets" ADD CONSTRAINT "agent_secrets_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "messages" ADD CONSTRAINT "messages_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "messages" ADD CONSTRAINT "messages_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "operation_steps" ADD CONSTRAINT "operation_steps_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Tenancy. The application works as a role that owns nothing and cannot bypass row-level security; every transaction
-- says for whom it acts (app.user_id), or that it is the platform itself (app.actor = 'service').
DO $$
BEGIN
  CREATE ROLE agentbot_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- roles belong to the whole server: another database of it made this one
END $$;
GRANT agentbot_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO agentbot_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "users", "agents", "agent_secrets", "chat_sessions", "messages", "operations", "operation_steps", "used_assertions", "rate_limits"
  TO agentbot_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO agentbot_app;

DO $$
DECLARE
  tenant_table TEXT;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['agents', 'agent_secrets', 'chat_sessions', 'messages', 'operations', 'operation_steps'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')',
      tenant_table);
  END LOOP;
END $$;
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
CREATE POLICY self ON "users"
  USING (id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service')
  WITH CHECK (id = current_setting('app.user_id', true) OR current_setting('app.actor', true) = 'service');
