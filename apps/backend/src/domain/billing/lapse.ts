import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { isPaidClone } from '../accounts/entitlements.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'accounts'>;

/** Whether an account once had a subscription and now has nothing in its place. */
export async function hasLapsed({ database, accounts }: Slice, ownerId: string): Promise<boolean> {
  const { plan, admin, tester } = await accounts.find(ownerId);
  if (plan || admin || tester) return false;
  return (await database.as({ userId: ownerId }, (tx) => tx.subscription.count({ where: { ownerId } }))) > 0;
}

/** @throws AppError PAYMENT_REQUIRED when an agent's owner's subscription has lapsed, unless it is paid for by itself */
export async function requireNoLapse(context: Slice, agent: Agent): Promise<void> {
  if (!isPaidClone(agent) && (await hasLapsed(context, agent.ownerId)))
    throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
}
