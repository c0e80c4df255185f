import type { OverviewRow } from '@agentbot/contracts';
import type { Agent, User } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { accountLimits } from '../usage/account-limits.ts';
import { agentBudget } from '../usage/budgets.ts';
import { type readSpend, usd } from '../usage/spend.ts';

type BudgetUse = OverviewRow['budgets']['agent'];
interface Limit {
  usd: number;
  spentUsd: number;
}

/** Whole percent, rounded down: 100 only when nothing is left. The amounts have six digits, so they are whole micro-dollars. */
function percentOf({ usd: limit, spentUsd }: Limit): number {
  const micros = (dollars: number) => Math.round(dollars * 1_000_000);
  return limit > 0 ? Math.floor((micros(spentUsd) * 100) / micros(limit)) : 100;
}

/** The one of two budgets of which more is used; null without one. */
function fuller(daily: Limit | null, monthly: Limit | null): BudgetUse {
  const use = (period: 'day' | 'month', limit: Limit | null): BudgetUse =>
    limit && { period, usd: limit.usd, spentUsd: limit.spentUsd, usedPercent: percentOf(limit) };
  const [day, month] = [use('day', daily), use('month', monthly)];
  return month && (!day || month.usedPercent > day.usedPercent) ? month : day;
}

/** How much of the budgets that hold for an agent is used. @param owner null for a key of one agent, which does not see its account */
export function budgetsInUse(
  context: Pick<Context, 'config'>,
  agent: Agent,
  owner: User | null,
  spend: Awaited<ReturnType<typeof readSpend>>,
): OverviewRow['budgets'] {
  const { dailyUsd, monthlyUsd } = agentBudget(agent);
  const { today, month } = spend.ofAgent(agent.id);
  const limits = owner && accountLimits(context, owner, [agent.plan], spend.account);
  return {
    agent: fuller(
      dailyUsd === null ? null : { usd: dailyUsd, spentUsd: usd(today) },
      monthlyUsd === null ? null : { usd: monthlyUsd, spentUsd: usd(month) },
    ),
    account: limits && fuller(limits.daily, limits.monthly),
  };
}
