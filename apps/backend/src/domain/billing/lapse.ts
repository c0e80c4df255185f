import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { isPaidClone } from '../accounts/entitlements.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'accounts'>;

/** Whether an account had a subscription or a granted plan and now has neither a plan nor an exemption. */
export async function hasLapsed({ database, accounts }: Slice, ownerId: string): Promise<boolean> {
  const { plan, admin, tester, planWithdrawn } = await accounts.find(ownerId);
  if (plan || admin || tester) return false;
  if (planWithdrawn) return true;
  return (await database.as({ userId: ownerId }, (tx) => tx.subscription.count({ where: { ownerId } }))) > 0;
}

/** Requires that the owner's subscription has not lapsed; a paid clone is exempt. @throws AppError PAYMENT_REQUIRED */
export async function requireNoLapse(context: Slice, agent: Agent): Promise<void> {
  if (!isPaidClone(agent) && (await hasLapsed(context, agent.ownerId)))
    throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
}
