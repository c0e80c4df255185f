import type Stripe from 'stripe';
import type { Transaction } from '../../infra/database/database.ts';
import { planOf } from '../../infra/stripe/stripe.ts';
import type { Context } from '../context.ts';

/** On a subscription at Stripe: the account that it was bought for. */
export const ACCOUNT_METADATA_KEY = 'agentbot_account';

/** Lets one reader at a time read a subscription and store it, so that the later reading stands. */
export async function lockSubscription(tx: Transaction, id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 4217))`;
}

/**
 * Stores a subscription as it was read from Stripe. The plan that it was bought for stays when its price is none of this
 * installation's any more: the operator may sell at another one, and whoever bought before pays on.
 */
export async function storeSubscription({ config }: Pick<Context, 'config'>, tx: Transaction, read: Stripe.Subscription, ownerId: string) {
  const plan = planOf(config, read);
  const ends = read.items.data.map((item) => item.current_period_end).filter(Number.isFinite);
  const data = {
    status: read.status,
    currentPeriodEnd: ends.length ? new Date(Math.max(...ends) * 1000) : null,
    readAt: new Date(),
  };
  await tx.subscription.upsert({
    where: { id: read.id },
    create: { id: read.id, ownerId, plan, ...data },
    update: { ...(plan && { plan }), ...data },
  });
}
