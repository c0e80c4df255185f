import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { type Allowance, allowanceOf } from './shared-keys.ts';
import { keyedProviders } from './stored-keys.ts';

const DAY_MS = 24 * 3_600_000;
const usd = (micros: bigint) => Number(micros) / 1_000_000;

/** An allowance in dollars; null for no limit. */
export const allowanceView = ({ daily, monthly }: Allowance) => ({
  dailyUsd: daily === undefined ? null : usd(daily),
  monthlyUsd: monthly === undefined ? null : usd(monthly),
});

/** What the installation pays for an account's agents, and how much of it is spent; null when it pays for nothing. */
export async function includedFor(context: Pick<Context, 'database' | 'config' | 'accounts' | 'clock'>, ownerId: string) {
  const allowance = await allowanceOf(context, ownerId);
  if (!allowance) return null;
  const today = new Date(Math.floor(context.clock.now().getTime() / DAY_MS) * DAY_MS);
  const firstOfMonth = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1));
  const { providers, days } = await context.database.as('service', async (tx) => ({
    providers: await keyedProviders(tx, null),
    days: await tx.spendDay.findMany({ where: { subject: 'allowance', subjectId: ownerId, day: { gte: firstOfMonth } } }),
  }));
  if (providers.size === 0) return null;
  const sum = (rows: typeof days, column: 'spentMicros' | 'reservedMicros') => usd(rows.reduce((total, row) => total + row[column], 0n));
  return {
    providers: [...providers].sort() as KnownProvider[],
    allowance: allowanceView(allowance),
    spent: {
      dayUsd: sum(
        days.filter(({ day }) => day.getTime() === today.getTime()),
        'spentMicros',
      ),
      monthUsd: sum(days, 'spentMicros'),
      reservedUsd: sum(days, 'reservedMicros'),
    },
  };
}
