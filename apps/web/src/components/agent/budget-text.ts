import type { BudgetUse } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { formatUsd } from '../../lib/format.ts';

/** From this share of a budget on, the owner is warned. */
const WARN_PERCENT = 80;

interface Amounts {
  spent: string;
  budget: string;
}

/** The sentences for a budget that is spent, by whose it is and its period. */
const spentTexts = {
  agent: {
    day: ({ spent, budget }: Amounts) =>
      t`The agent’s budget for today is spent: ${spent} of ${budget}. Calls are refused until midnight UTC, or until you raise it.`,
    month: ({ spent, budget }: Amounts) =>
      t`The agent’s budget for this month is spent: ${spent} of ${budget}. Calls are refused until the first of the next month (UTC), or until you raise it.`,
  },
  account: {
    day: ({ spent, budget }: Amounts) =>
      t`The budget of your account for today is spent: ${spent} of ${budget}. Calls are refused until midnight UTC, or until you raise it.`,
    month: ({ spent, budget }: Amounts) =>
      t`The budget of your account for this month is spent: ${spent} of ${budget}. Calls are refused until the first of the next month (UTC), or until you raise it.`,
  },
};
/** The sentences for a budget of which most is used. */
const usedTexts = {
  agent: {
    day: ({ spent, budget }: Amounts, percent: number) =>
      t`The agent’s budget for today is ${percent} % used: ${spent} of ${budget}. A call that could cost more than the rest is refused.`,
    month: ({ spent, budget }: Amounts, percent: number) =>
      t`The agent’s budget for this month is ${percent} % used: ${spent} of ${budget}. A call that could cost more than the rest is refused.`,
  },
  account: {
    day: ({ spent, budget }: Amounts, percent: number) =>
      t`The budget of your account for today is ${percent} % used: ${spent} of ${budget}. A call that could cost more than the rest is refused.`,
    month: ({ spent, budget }: Amounts, percent: number) =>
      t`The budget of your account for this month is ${percent} % used: ${spent} of ${budget}. A call that could cost more than the rest is refused.`,
  },
};

/** Says that most of a budget is used, and what follows; undefined while less is used. */
export function budgetWarning(use: BudgetUse | null, whose: 'agent' | 'account'): string | undefined {
  if (!use || use.usedPercent < WARN_PERCENT) return undefined;
  const amounts = { spent: formatUsd(use.spentUsd), budget: formatUsd(use.usd) };
  if (use.usedPercent >= 100) return spentTexts[whose][use.period](amounts);
  return usedTexts[whose][use.period](amounts, use.usedPercent);
}
