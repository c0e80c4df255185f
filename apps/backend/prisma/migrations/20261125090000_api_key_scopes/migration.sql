-- What an API key may do, on which agent alone, and until when.
ALTER TABLE "api_keys"
  ADD COLUMN "scopes" TEXT[] NOT NULL DEFAULT '{agents:read,agents:write}',
  ADD COLUMN "agent_id" TEXT,
  ADD COLUMN "expires_at" TIMESTAMPTZ(3);
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "api_keys_agent_id_idx" ON "api_keys"("agent_id") WHERE "agent_id" IS NOT NULL;

-- A transaction may be for one agent alone (app.agent_id): then it sees and writes no row of another, whatever else allows it.
CREATE FUNCTION guard_one_agent(guarded regclass, agent_column text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'CREATE POLICY one_agent ON %1$s AS RESTRICTIVE
       USING (COALESCE(current_setting(''app.agent_id'', true), '''') IN ('''', %2$I))
       WITH CHECK (COALESCE(current_setting(''app.agent_id'', true), '''') IN ('''', %2$I))', guarded, agent_column);
END $$;
SELECT guard_one_agent('agents', 'id');
SELECT guard_one_agent(guarded, 'agent_id')
  FROM unnest(ARRAY['agent_secrets', 'chat_sessions', 'messages', 'replies', 'operations', 'api_keys', 'backups']::regclass[]) AS guarded;
