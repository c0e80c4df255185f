import type { AccountLimits, Plan } from '@agentbot/contracts';
import type { User } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { type Spend, usd } from './spend.ts';

type Slice = Pick<Context, 'config'>;
type AccountColumns = Pick<User, 'dailyBudgetMicros' | 'monthlyBudgetMicros'>;
type Limit = NonNullable<AccountLimits['daily']>;

/** The account's own budget, else the lowest of the operator's defaults. */
function limitOf(own: bigint | null, defaults: (bigint | undefined)[], spent: bigint): Limit | null {
  if (own !== null) return { usd: usd(own), spentUsd: usd(spent), source: 'account' };
  const lowest = defaults.reduce((least, each) => (least === undefined || (each !== undefined && each < least) ? each : least), undefined);
  return lowest === undefined ? null : { usd: usd(lowest), spentUsd: usd(spent), source: 'plan' };
}

/**
 * The limits of an account as they hold for agents of these plans. Per day and month: its own budget, else the operator's default
 * of the plan (PLAN_BUDGETS), as `beginCall` takes them; with several plans the lowest default.
 */
export function accountLimits({ config }: Slice, account: AccountColumns, plans: readonly Plan[], spend: Spend): AccountLimits {
  const defaults = plans.map((plan) => config.PLAN_BUDGETS[plan]);
  return {
    daily: limitOf(
      account.dailyBudgetMicros,
      defaults.map((each) => each?.daily),
      spend.today,
    ),
    monthly: limitOf(
      account.monthlyBudgetMicros,
      defaults.map((each) => each?.monthly),
      spend.month,
    ),
  };
}
