-- Model calls, what they cost, and the budgets that limit them. Money is in micro-dollars; days are UTC.
ALTER TABLE "users"
  ADD COLUMN "daily_budget_micros" BIGINT,
  ADD COLUMN "monthly_budget_micros" BIGINT;
ALTER TABLE "agents"
  ADD COLUMN "daily_budget_micros" BIGINT,
  ADD COLUMN "monthly_budget_micros" BIGINT,
  -- The owner's price per million tokens.
  ADD COLUMN "input_price_micros" BIGINT,
  ADD COLUMN "output_price_micros" BIGINT;

-- The ledger. Rows have no foreign keys: what a deleted agent spent stays in its account's figures.
CREATE TABLE "model_calls" (
  "id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "process_id" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "begun_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  "outcome" TEXT,
  "status" INTEGER,
  "input_tokens" INTEGER NOT NULL DEFAULT 0,
  "cached_tokens" INTEGER NOT NULL DEFAULT 0,
  "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
  "output_tokens" INTEGER NOT NULL DEFAULT 0,
  "reasoning_tokens" INTEGER NOT NULL DEFAULT 0,
  "cost_micros" BIGINT NOT NULL DEFAULT 0,
  "price_source" TEXT,
  "estimated" BOOLEAN NOT NULL DEFAULT false,
  "reserved_micros" BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT "model_calls_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "model_calls_ended_at_idx" ON "model_calls"("ended_at");
CREATE INDEX "model_calls_agent_id_begun_at_idx" ON "model_calls"("agent_id", "begun_at");

CREATE TABLE "model_days" (
  "agent_id" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "provider" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "requests" INTEGER NOT NULL,
  "unpriced_requests" INTEGER NOT NULL,
  "input_tokens" BIGINT NOT NULL,
  "cached_tokens" BIGINT NOT NULL,
  "output_tokens" BIGINT NOT NULL,
  "cost_micros" BIGINT NOT NULL,
  CONSTRAINT "model_days_pkey" PRIMARY KEY ("agent_id", "day", "provider", "model")
);
CREATE INDEX "model_days_owner_id_day_idx" ON "model_days"("owner_id", "day");

-- What an agent or an account spent on a day. The account's rows stay when its agents are deleted.
CREATE TABLE "spend_days" (
  "subject" TEXT NOT NULL,
  "subject_id" TEXT NOT NULL,
  "day" DATE NOT NULL,
  "owner_id" TEXT NOT NULL,
  "spent_micros" BIGINT NOT NULL DEFAULT 0,
  "reserved_micros" BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT "spend_days_pkey" PRIMARY KEY ("subject", "subject_id", "day")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "model_calls", "model_days", "spend_days" TO agentbot_app;
DO $$
DECLARE
  tenant_table TEXT;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['model_calls', 'model_days', 'spend_days'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')
       WITH CHECK (owner_id = current_setting(''app.user_id'', true) OR current_setting(''app.actor'', true) = ''service'')',
      tenant_table);
  END LOOP;
END $$;
SELECT guard_one_agent(guarded, 'agent_id') FROM unnest(ARRAY['model_calls', 'model_days']::regclass[]) AS guarded;
SELECT guard_one_agent('spend_days', 'subject_id');

-- Records the beginning of a model call and reserves its worst case, in one round trip. The lock on the account makes its calls
-- take turns, so that parallel calls cannot reserve the same money.
-- worst_micros: NULL for a model without a price. plan_daily, plan_monthly: the account's budgets when it has set none.
-- Returns 'begun', or the reason of a refusal: 'gone', 'unpriced', 'agent day', 'agent month', 'account day', 'account month'.
CREATE FUNCTION begin_model_call(
  call_id text, process text, agent text, call_source text, call_provider text, call_model text,
  worst_micros bigint, plan_daily bigint, plan_monthly bigint
) RETURNS text LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET app.actor = 'service' SET app.agent_id = '' AS $$
DECLARE
  today date := (app_now() AT TIME ZONE 'UTC')::date;
  first_of_month date := date_trunc('month', app_now() AT TIME ZONE 'UTC')::date;
  budgets record;
  account_day bigint;
  account_month bigint;
  reserved bigint := 0;
  spent record;
  refusal text;
BEGIN
  SELECT a.owner_id, a.daily_budget_micros AS agent_day, a.monthly_budget_micros AS agent_month INTO budgets FROM agents a WHERE a.id = agent;
  IF NOT FOUND THEN RETURN 'gone'; END IF;
  SELECT COALESCE(u.daily_budget_micros, plan_daily), COALESCE(u.monthly_budget_micros, plan_monthly) INTO account_day, account_month
    FROM users u WHERE u.id = budgets.owner_id;
  IF COALESCE(budgets.agent_day, budgets.agent_month, account_day, account_month) IS NOT NULL THEN
    -- Each later statement sees what was committed before it got this lock.
    PERFORM 1 FROM users u WHERE u.id = budgets.owner_id FOR NO KEY UPDATE;
    SELECT
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'account' AND s.day = today), 0) AS account_day,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'account'), 0) AS account_month,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'agent' AND s.day = today), 0) AS agent_day,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'agent'), 0) AS agent_month
      INTO spent FROM spend_days s
      WHERE (s.subject, s.subject_id) IN (('account', budgets.owner_id), ('agent', agent)) AND s.day >= first_of_month;
    refusal := CASE
      WHEN worst_micros IS NULL THEN 'unpriced'
      WHEN spent.agent_day + worst_micros > budgets.agent_day THEN 'agent day'
      WHEN spent.agent_month + worst_micros > budgets.agent_month THEN 'agent month'
      WHEN spent.account_day + worst_micros > account_day THEN 'account day'
      WHEN spent.account_month + worst_micros > account_month THEN 'account month'
    END;
    IF refusal IS NOT NULL THEN
      INSERT INTO model_calls (id, agent_id, owner_id, process_id, source, provider, model, day, begun_at, ended_at, outcome)
        VALUES (call_id, agent, budgets.owner_id, process, call_source, call_provider, call_model, today, app_now(), app_now(), 'refused: ' || refusal);
      RETURN refusal;
    END IF;
    reserved := worst_micros;
    INSERT INTO spend_days (subject, subject_id, day, owner_id, reserved_micros)
      VALUES ('account', budgets.owner_id, today, budgets.owner_id, reserved)
      ON CONFLICT (subject, subject_id, day) DO UPDATE SET reserved_micros = spend_days.reserved_micros + excluded.reserved_micros;
    INSERT INTO spend_days (subject, subject_id, day, owner_id, reserved_micros)
      VALUES ('agent', agent, today, budgets.owner_id, reserved)
      ON CONFLICT (subject, subject_id, day) DO UPDATE SET reserved_micros = spend_days.reserved_micros + excluded.reserved_micros;
  END IF;
  INSERT INTO model_calls (id, agent_id, owner_id, process_id, source, provider, model, day, begun_at, reserved_micros)
    VALUES (call_id, agent, budgets.owner_id, process, call_source, call_provider, call_model, today, app_now(), reserved);
  RETURN 'begun';
END $$;

-- Records the end of a model call and replaces its reservation by its cost; does nothing for a call that has ended.
-- cost: NULL for a model without a price.
CREATE FUNCTION end_model_call(
  call_id text, call_outcome text, call_status integer, input integer, cached integer, cache_write integer, output integer,
  reasoning integer, cost bigint, source_of_price text, is_estimate boolean
) RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET app.actor = 'service' SET app.agent_id = '' AS $$
DECLARE
  call model_calls;
  unpriced integer := (cost IS NULL AND input + output > 0)::integer;
BEGIN
  UPDATE model_calls SET ended_at = app_now(), outcome = call_outcome, status = call_status, input_tokens = input, cached_tokens = cached,
      cache_write_tokens = cache_write, output_tokens = output, reasoning_tokens = reasoning, cost_micros = COALESCE(cost, 0),
      price_source = source_of_price, estimated = is_estimate
    WHERE id = call_id AND ended_at IS NULL RETURNING * INTO call;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO model_days AS d (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
    VALUES (call.agent_id, call.day, call.provider, call.model, call.owner_id, 1, unpriced, input, cached, output, COALESCE(cost, 0))
    ON CONFLICT (agent_id, day, provider, model) DO UPDATE SET requests = d.requests + 1,
      unpriced_requests = d.unpriced_requests + excluded.unpriced_requests, input_tokens = d.input_tokens + excluded.input_tokens,
      cached_tokens = d.cached_tokens + excluded.cached_tokens, output_tokens = d.output_tokens + excluded.output_tokens,
      cost_micros = d.cost_micros + excluded.cost_micros;
  IF COALESCE(cost, 0) > 0 OR call.reserved_micros > 0 THEN
    -- In the same order as begin_model_call.
    INSERT INTO spend_days AS s (subject, subject_id, day, owner_id, spent_micros)
      VALUES ('account', call.owner_id, call.day, call.owner_id, COALESCE(cost, 0))
      ON CONFLICT (subject, subject_id, day) DO UPDATE
      SET spent_micros = s.spent_micros + excluded.spent_micros, reserved_micros = s.reserved_micros - call.reserved_micros;
    INSERT INTO spend_days AS s (subject, subject_id, day, owner_id, spent_micros)
      VALUES ('agent', call.agent_id, call.day, call.owner_id, COALESCE(cost, 0))
      ON CONFLICT (subject, subject_id, day) DO UPDATE
      SET spent_micros = s.spent_micros + excluded.spent_micros, reserved_micros = s.reserved_micros - call.reserved_micros;
  END IF;
END $$;

-- Books the calls of dead processes at their worst case, since nobody knows what their providers charged. A process is dead
-- when its heartbeat has been stale for a minute.
CREATE FUNCTION end_lost_model_calls() RETURNS integer LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET app.actor = 'service' SET app.agent_id = '' AS $$
DECLARE
  lost record;
  ended integer := 0;
BEGIN
  FOR lost IN SELECT c.id, c.reserved_micros FROM model_calls c
    WHERE c.ended_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM leases l WHERE l.name = 'process:' || c.process_id AND l.expires_at > app_now() - interval '1 minute')
    ORDER BY c.owner_id, c.agent_id, c.id
  LOOP
    PERFORM end_model_call(lost.id, 'lost', NULL, 0, 0, 0, 0, 0, lost.reserved_micros, NULL, true);
    ended := ended + 1;
  END LOOP;
  RETURN ended;
END $$;

REVOKE EXECUTE ON FUNCTION begin_model_call, end_model_call, end_lost_model_calls FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_model_call, end_model_call, end_lost_model_calls TO agentbot_app;
