-- Calls with the installation's keys. What an account's calls with them cost is limited by the allowance of its plan: the subject
-- `allowance` in spend_days, whose id is the account's.
ALTER TABLE "model_calls" ADD COLUMN "key_source" TEXT;

DROP FUNCTION begin_model_call(text, text, text, text, text, text, bigint, bigint, bigint);

-- Records the beginning of a model call and reserves its worst case, in one round trip. The lock on the account makes its calls
-- take turns, so that parallel calls cannot reserve the same money.
-- worst_micros: NULL for a model without a price. plan_daily, plan_monthly: the account's budgets when it has set none.
-- key_level: whose key the call is made with. allowance_daily, allowance_monthly: what the account's calls with the installation's
-- keys may cost; without both, there are no such calls.
-- Returns 'begun', or the reason of a refusal: 'gone', 'unpriced', 'agent day', 'agent month', 'account day', 'account month',
-- 'allowance unpriced', 'allowance day', 'allowance month'.
CREATE FUNCTION begin_model_call(
  call_id text, process text, agent text, call_source text, call_provider text, call_model text,
  worst_micros bigint, plan_daily bigint, plan_monthly bigint,
  -- The defaults serve a backend of the former version during an update.
  key_level text DEFAULT NULL, allowance_daily bigint DEFAULT NULL, allowance_monthly bigint DEFAULT NULL
) RETURNS text LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp SET app.actor = 'service' SET app.agent_id = '' AS $$
DECLARE
  today date := (app_now() AT TIME ZONE 'UTC')::date;
  first_of_month date := date_trunc('month', app_now() AT TIME ZONE 'UTC')::date;
  is_shared boolean := key_level IS NOT DISTINCT FROM 'installation';
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
  IF COALESCE(budgets.agent_day, budgets.agent_month, account_day, account_month) IS NOT NULL OR is_shared THEN
    -- Each later statement sees what was committed before it got this lock.
    PERFORM 1 FROM users u WHERE u.id = budgets.owner_id FOR NO KEY UPDATE;
    SELECT
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'account' AND s.day = today), 0) AS account_day,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'account'), 0) AS account_month,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'agent' AND s.day = today), 0) AS agent_day,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'agent'), 0) AS agent_month,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'allowance' AND s.day = today), 0) AS allowance_day,
      COALESCE(sum(s.spent_micros + s.reserved_micros) FILTER (WHERE s.subject = 'allowance'), 0) AS allowance_month
      INTO spent FROM spend_days s
      WHERE (s.subject, s.subject_id) IN (('account', budgets.owner_id), ('agent', agent), ('allowance', budgets.owner_id))
        AND s.day >= first_of_month;
    refusal := CASE
      WHEN is_shared AND worst_micros IS NULL THEN 'allowance unpriced'
      WHEN worst_micros IS NULL THEN 'unpriced'
      WHEN spent.agent_day + worst_micros > budgets.agent_day THEN 'agent day'
      WHEN spent.agent_month + worst_micros > budgets.agent_month THEN 'agent month'
      WHEN spent.account_day + worst_micros > account_day THEN 'account day'
      WHEN spent.account_month + worst_micros > account_month THEN 'account month'
      WHEN is_shared AND COALESCE(allowance_daily, allowance_monthly) IS NULL THEN 'allowance day'
      WHEN is_shared AND spent.allowance_day + worst_micros > allowance_daily THEN 'allowance day'
      WHEN is_shared AND spent.allowance_month + worst_micros > allowance_monthly THEN 'allowance month'
    END;
    IF refusal IS NOT NULL THEN
      INSERT INTO model_calls (id, agent_id, owner_id, process_id, source, provider, model, key_source, day, begun_at, ended_at, outcome)
        VALUES (call_id, agent, budgets.owner_id, process, call_source, call_provider, call_model, key_level, today, app_now(), app_now(),
          'refused: ' || refusal);
      RETURN refusal;
    END IF;
    reserved := worst_micros;
    INSERT INTO spend_days (subject, subject_id, day, owner_id, reserved_micros)
      VALUES ('account', budgets.owner_id, today, budgets.owner_id, reserved)
      ON CONFLICT (subject, subject_id, day) DO UPDATE SET reserved_micros = spend_days.reserved_micros + excluded.reserved_micros;
    INSERT INTO spend_days (subject, subject_id, day, owner_id, reserved_micros)
      VALUES ('agent', agent, today, budgets.owner_id, reserved)
      ON CONFLICT (subject, subject_id, day) DO UPDATE SET reserved_micros = spend_days.reserved_micros + excluded.reserved_micros;
    IF is_shared THEN
      INSERT INTO spend_days (subject, subject_id, day, owner_id, reserved_micros)
        VALUES ('allowance', budgets.owner_id, today, budgets.owner_id, reserved)
        ON CONFLICT (subject, subject_id, day) DO UPDATE SET reserved_micros = spend_days.reserved_micros + excluded.reserved_micros;
    END IF;
  END IF;
  INSERT INTO model_calls (id, agent_id, owner_id, process_id, source, provider, model, key_source, day, begun_at, reserved_micros)
    VALUES (call_id, agent, budgets.owner_id, process, call_source, call_provider, call_model, key_level, today, app_now(), reserved);
  RETURN 'begun';
END $$;

-- Records the end of a model call and replaces its reservation by its cost; does nothing for a call that has ended.
-- cost: NULL for a model without a price.
CREATE OR REPLACE FUNCTION end_model_call(
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
    IF call.key_source = 'installation' THEN
      INSERT INTO spend_days AS s (subject, subject_id, day, owner_id, spent_micros)
        VALUES ('allowance', call.owner_id, call.day, call.owner_id, COALESCE(cost, 0))
        ON CONFLICT (subject, subject_id, day) DO UPDATE
        SET spent_micros = s.spent_micros + excluded.spent_micros, reserved_micros = s.reserved_micros - call.reserved_micros;
    END IF;
  END IF;
END $$;

REVOKE EXECUTE ON FUNCTION begin_model_call, end_model_call FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_model_call, end_model_call TO agentbot_app;
