import type { BudgetUse } from '@agentbot/contracts';
import { formatUsd } from '../../lib/format.ts';

/** From this share of a budget on, the owner is warned. */
const WARN_PERCENT = 80;

const periods = { day: ['today', 'midnight UTC'], month: ['this month', 'the first of the next month (UTC)'] } as const;

/**
 * Says that most of a budget is used, and what follows; undefined while less is used.
 * @param whose such as `The agent’s budget`
 */
export function budgetWarning(use: BudgetUse | null, whose: string): string | undefined {
  if (!use || use.usedPercent < WARN_PERCENT) return undefined;
  const [period, end] = periods[use.period];
  const amounts = `${formatUsd(use.spentUsd)} of ${formatUsd(use.usd)}`;
  if (use.usedPercent >= 100) return `${whose} for ${period} is spent: ${amounts}. Calls are refused until ${end}, or until you raise it.`;
  return `${whose} for ${period} is ${use.usedPercent} % used: ${amounts}. A call that could cost more than the rest is refused.`;
}
