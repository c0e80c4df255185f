import { type AccountLimits, AppError, type Budget, type UsageReport } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, seesAccount, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { accountLimits } from './account-limits.ts';
import { readNotices } from './budget-notices.ts';
import { accountBudget, agentBudget } from './budgets.ts';
import { dateOf, firstDay, readSpend, type Spend, usd } from './spend.ts';

type Slice = Pick<Context, 'database' | 'clock' | 'config'>;
type Where = { agentId: string } | { ownerId: string };

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

/** What an agent or an account used since a day. */
async function report(tx: Transaction, subject: Where, since: Date, spend: Spend): Promise<Omit<UsageReport, 'notices'>> {
  const where = { ...subject, day: { gte: since } };
  const byDay = await tx.modelDay.groupBy({ by: ['day'], where, ...sums, orderBy: { day: 'asc' } });
  const byModel = await tx.modelDay.groupBy({ by: ['provider', 'model'], where, ...sums });
  return {
    spent: { dayUsd: usd(spend.today), monthUsd: usd(spend.month), reservedUsd: usd(spend.reserved) },
    days: byDay.map(({ day, _sum }) => ({ date: dateOf(day), ...figures(_sum) })),
    models: byCost(
      byModel.map(({ provider, model, _sum }) => ({ provider, model, ...figures(_sum), unpricedRequests: _sum.unpricedRequests ?? 0 })),
    ),
  };
}

/**
 * The model calls of the actor's agent in the last `days` days (UTC), its budget, and the limits of its account; `limits` is null for
 * a key of one agent.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function getAgentUsage(
  context: Slice,
  actor: Actor,
  id: string,
  days: number,
): Promise<UsageReport & { budget: Budget; limits: AccountLimits | null }> {
  const { database, clock } = context;
  return database.as(tenantOf(actor), async (tx) => {
    const agent = await tx.agent.findUnique({ where: { id }, include: { owner: true } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    const spend = await readSpend(tx, clock, agent.ownerId, [id]);
    return {
      budget: agentBudget(agent),
      limits: seesAccount(actor) ? accountLimits(context, agent.owner, [agent.plan], spend.account) : null,
      notices: await readNotices(tx, clock, 'agent', id),
      ...(await report(tx, { agentId: id }, firstDay(clock, days), spend.ofAgent(id))),
    };
  });
}

/** The model calls of all of the actor's agents in the last `days` days (UTC), deleted agents included, and the account's budget. */
export async function getAccountUsage(context: Slice, actor: Actor, days: number) {
  const { database, clock } = context;
  const ownerId = userOf(actor);
  return database.as(tenantOf(actor), async (tx) => {
    const user = await tx.user.findUniqueOrThrow({ where: { id: ownerId } });
    const since = firstDay(clock, days);
    const byAgent = await tx.modelDay.groupBy({ by: ['agentId'], where: { ownerId, day: { gte: since } }, ...sums });
    const agents = await tx.agent.findMany({ where: { ownerId }, select: { id: true, name: true, plan: true } });
    const names = new Map(agents.map(({ id, name }) => [id, name]));
    const { account } = await readSpend(tx, clock, ownerId, []);
    return {
      budget: accountBudget(user),
      limits: accountLimits(
        context,
        user,
        agents.map(({ plan }) => plan),
        account,
      ),
      notices: await readNotices(tx, clock, 'account', ownerId),
      ...(await report(tx, { ownerId }, since, account)),
      agents: byCost(byAgent.map(({ agentId, _sum }) => ({ agentId, name: names.get(agentId) ?? null, ...figures(_sum) }))),
    };
  });
}
