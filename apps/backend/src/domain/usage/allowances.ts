import type { Plan } from '@agentbot/contracts';
import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { type Allowance, allowanceOf } from '../provider-keys/shared-keys.ts';
import { keyedProviders } from '../provider-keys/stored-keys.ts';
import { readSpend, usd } from './spend.ts';

/** An allowance in dollars; null for no limit. */
const allowanceView = ({ daily, monthly }: Allowance) => ({
  dailyUsd: daily === undefined ? null : usd(daily),
  monthlyUsd: monthly === undefined ? null : usd(monthly),
});

/** The allowances of the plans that may use the installation's keys. */
export const listAllowances = ({ config }: Pick<Context, 'config'>) =>
  Object.entries(config.PLAN_ALLOWANCES).map(([plan, allowance]) => ({ plan: plan as Plan, ...allowanceView(allowance) }));

/** What the installation pays for an account's agents, and how much of it is spent; null when it pays for nothing. */
export async function includedFor(context: Pick<Context, 'database' | 'config' | 'accounts' | 'clock'>, ownerId: string) {
  const allowance = await allowanceOf(context, ownerId);
  if (!allowance) return null;
  const { providers, spend } = await context.database.as('service', async (tx) => ({
    providers: await keyedProviders(tx, null),
    spend: (await readSpend(tx, context.clock, ownerId, [])).allowance,
  }));
  if (providers.size === 0) return null;
  return {
    providers: [...providers].sort() as KnownProvider[],
    allowance: allowanceView(allowance),
    spent: { dayUsd: usd(spend.today), monthUsd: usd(spend.month), reservedUsd: usd(spend.reserved) },
  };
}
