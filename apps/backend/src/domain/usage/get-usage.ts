import type { Budget, UsageReport } from '@agentbot/contracts';
import { AppError } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { accountBudget, agentBudget } from './budgets.ts';

type Slice = Pick<Context, 'database' | 'clock'>;
interface Subject {
  kind: 'agent' | 'account';
  id: string;
}

const DAY_MS = 24 * 3_600_000;
const usd = (micros: bigint | null) => Number(micros ?? 0n) / 1_000_000;

const sums = {
  _sum: { requests: true, unpricedRequests: true, inputTokens: true, cachedTokens: true, outputTokens: true, costMicros: true },
} as const;
interface Sums {
  requests: number | null;
  inputTokens: bigint | null;
  cachedTokens: bigint | null;
  outputTokens: bigint | null;
  costMicros: bigint | null;
}
const figures = (sum: Sums) => ({
  requests: sum.requests ?? 0,
  inputTokens: Number(sum.inputTokens ?? 0n),
  cachedTokens: Number(sum.cachedTokens ?? 0n),
  outputTokens: Number(sum.outputTokens ?? 0n),
  costUsd: usd(sum.costMicros),
});
const byCost = <T extends { costUsd: number; requests: number }>(rows: T[]) =>
  rows.sort((a, b) => b.costUsd - a.costUsd || b.requests - a.requests);

/** Midnight UTC, `days - 1` days ago. */
function firstDay(clock: Clock, days: number): Date {
  const today = Math.floor(clock.now().getTime() / DAY_MS) * DAY_MS;
  return new Date(today - (days - 1) * DAY_MS);
}

/** What an agent or an account used in the last `days` days, today included. */
async function report(tx: Transaction, clock: Clock, { kind, id }: Subject, days: number): Promise<UsageReport> {
  const where = { ...(kind === 'agent' ? { agentId: id } : { ownerId: id }), day: { gte: firstDay(clock, days) } };
  const byDay = await tx.modelDay.groupBy({ by: ['day'], where, ...sums, orderBy: { day: 'asc' } });
  const byModel = await tx.modelDay.groupBy({ by: ['provider', 'model'], where, ...sums });
  const today = firstDay(clock, 1);
  const firstOfMonth = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1));
  const spent = await tx.spendDay.findMany({ where: { subject: kind, subjectId: id, day: { gte: firstOfMonth } } });
  const total = (rows: typeof spent, column: 'spentMicros' | 'reservedMicros') => usd(rows.reduce((sum, row) => sum + row[column], 0n));
  return {
    spent: {
      dayUsd: total(
        spent.filter(({ day }) => day.getTime() === today.getTime()),
        'spentMicros',
      ),
      monthUsd: total(spent, 'spentMicros'),
      reservedUsd: total(spent, 'reservedMicros'),
    },
    days: byDay.map(({ day, _sum }) => ({ date: day.toISOString().slice(0, 10), ...figures(_sum) })),
    models: byCost(
      byModel.map(({ provider, model, _sum }) => ({ provider, model, ...figures(_sum), unpricedRequests: _sum.unpricedRequests ?? 0 })),
    ),
  };
}

/** The model calls of the actor's agent in the last `days` days (UTC), and its budget. @throws AppError AGENT_NOT_FOUND */
export async function getAgentUsage(
  { database, clock }: Slice,
  actor: Actor,
  id: string,
  days: number,
): Promise<UsageReport & { budget: Budget }> {
  return database.as(tenantOf(actor), async (tx) => {
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    return { budget: agentBudget(agent), ...(await report(tx, clock, { kind: 'agent', id }, days)) };
  });
}

/** The model calls of all of the actor's agents in the last `days` days (UTC), deleted agents included, and the account's budget. */
export async function getAccountUsage({ database, clock }: Slice, actor: Actor, days: number) {
  const ownerId = userOf(actor);
  return database.as(tenantOf(actor), async (tx) => {
    const user = await tx.user.findUniqueOrThrow({ where: { id: ownerId } });
    const where = { ownerId, day: { gte: firstDay(clock, days) } };
    const byAgent = await tx.modelDay.groupBy({ by: ['agentId'], where, ...sums });
    const found = await tx.agent.findMany({
      where: { ownerId, id: { in: byAgent.map(({ agentId }) => agentId) } },
      select: { id: true, name: true },
    });
    const names = new Map(found.map(({ id, name }) => [id, name]));
    return {
      budget: accountBudget(user),
      ...(await report(tx, clock, { kind: 'account', id: ownerId }, days)),
      agents: byCost(byAgent.map(({ agentId, _sum }) => ({ agentId, name: names.get(agentId) ?? null, ...figures(_sum) }))),
    };
  });
}
