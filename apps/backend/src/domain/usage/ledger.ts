import { setTimeout as sleep } from 'node:timers/promises';
import type { KeySource, Plan } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Allowance } from '../provider-keys/shared-keys.ts';
import type { Cost } from './prices.ts';
import type { TokenUsage } from './token-usage.ts';

/** The most attempts to write the end of a call while the database is away. */
const ATTEMPTS = 8;
const KEPT_DAYS = 90;

/** The beginning of a call. */
export interface BegunCall {
  id: string;
  agentId: string;
  /** Who calls: the agent's container, API-side processing, or a test of the model. */
  source: 'agent' | 'api' | 'test';
  provider: string;
  model: string;
  /** The most that the call can cost, in micro-dollars; undefined for a model without a price. */
  worst: bigint | undefined;
  /** Selects the operator's default budget for the account. */
  plan: Plan;
  /** Whose key the call is made with; undefined for none. */
  keySource: KeySource | undefined;
  /** The account's allowance for the installation's keys; undefined for none. */
  allowance: Allowance | undefined;
}

/** Why a call may not begin. */
export type BudgetRefusal =
  | 'gone'
  | 'unpriced'
  | 'agent day'
  | 'agent month'
  | 'account day'
  | 'account month'
  | 'allowance unpriced'
  | 'allowance day'
  | 'allowance month';

/** What a refusal says to the agent's owner. */
export const budgetSentences: Record<Exclude<BudgetRefusal, 'gone'>, string> = {
  unpriced: 'This model has no known price, so its budget cannot hold. Give a price for it, or remove the budget',
  'agent day': "This agent's budget for today is spent. It begins again at midnight UTC; its owner can raise it",
  'agent month': "This agent's budget for this month is spent. It begins again on the first of the month; its owner can raise it",
  'account day': 'The budget of the account for today is spent. It begins again at midnight UTC; its owner can raise it',
  'account month': 'The budget of the account for this month is spent. It begins again on the first of the month; its owner can raise it',
  'allowance unpriced':
    "This model has no known price, so the operator's key cannot call it. Choose another model, or save a key of your own under Model keys",
  'allowance day': 'The allowance of your plan for today is spent. It begins again at midnight UTC; a key of your own ends the limit',
  'allowance month':
    'The allowance of your plan for this month is spent. It begins again on the first of the month; a key of your own ends the limit',
};

/** The end of a call. */
export interface EndedCall {
  outcome: 'done' | 'aborted' | 'failed';
  /** The provider's HTTP status; undefined when it did not answer. */
  status: number | undefined;
  usage: TokenUsage;
  /** Undefined for a model without a price. */
  cost: Cost | undefined;
  /** Whether the usage is an estimate. */
  estimated: boolean;
}

type Slice = Pick<Context, 'config' | 'pool' | 'processId' | 'log'>;

/** Writes the beginning of a call and reserves its worst case. @returns undefined, or why the call may not begin */
export async function beginCall({ config, pool, processId }: Slice, call: BegunCall): Promise<BudgetRefusal | undefined> {
  const { id, agentId, source, provider, model, worst, keySource, allowance } = call;
  const { daily, monthly } = config.PLAN_BUDGETS[call.plan] ?? {};
  const values = [
    ...[id, processId, agentId, source, provider, model],
    ...[worst, daily, monthly, keySource, allowance?.daily, allowance?.monthly].map((value) => value ?? null),
  ];
  const places = values.map((_, index) => `$${index + 1}`).join(', ');
  const { rows } = await pool.query<{ verdict: string }>(`SELECT begin_model_call(${places}) AS verdict`, values);
  const verdict = rows[0]?.verdict;
  return verdict === 'begun' ? undefined : (verdict as BudgetRefusal);
}

/** Writes the end of a call, which releases its reservation. Retries for minutes; after that the reservation stays until this process ends. */
export async function endCall({ pool, log }: Slice, id: string, { outcome, status, usage, cost, estimated }: EndedCall): Promise<void> {
  const { input, cached, cacheWrite, output, reasoning } = usage;
  const values = [
    id,
    outcome,
    status ?? null,
    input,
    cached,
    cacheWrite,
    output,
    reasoning,
    cost?.micros ?? null,
    cost?.source ?? null,
    estimated,
  ];
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query('SELECT end_model_call($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)', values);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) return void log.error({ err: error, call: id }, 'the end of a model call could not be written');
      await sleep(250 * 2 ** attempt, undefined, { ref: false });
    }
  }
}

/** Books the calls of dead processes at their worst case. */
export async function endLostCalls({ pool, log }: Pick<Context, 'pool' | 'log'>): Promise<void> {
  const { rows } = await pool.query<{ ended: number }>('SELECT end_lost_model_calls() AS ended');
  if (rows[0]?.ended) log.warn({ calls: rows[0].ended }, 'model calls of a dead process were booked at their worst case');
}

/** Removes single calls after 90 days; the figures of their days stay. */
export async function removeOldCalls({ database }: Pick<Context, 'database'>): Promise<void> {
  await database.as(
    'service',
    (tx) => tx.$executeRaw`DELETE FROM model_calls WHERE ended_at < app_now() - make_interval(days => ${KEPT_DAYS})`,
  );
}

/**
 * Why the newest call of an agent since a time was refused by a budget: some versions of OpenClaw put words of their own in its place.
 * @returns the sentence for the owner; undefined when the newest call was made
 */
export async function budgetRefusalSince(
  { database }: Pick<Context, 'database'>,
  agentId: string,
  since: Date,
): Promise<string | undefined> {
  const call = await database.as('service', (tx) =>
    tx.modelCall.findFirst({ where: { agentId, begunAt: { gte: since } }, orderBy: { begunAt: 'desc' }, select: { outcome: true } }),
  );
  const [, refusal] = /^refused: (.+)$/.exec(call?.outcome ?? '') ?? [];
  return budgetSentences[refusal as keyof typeof budgetSentences];
}
