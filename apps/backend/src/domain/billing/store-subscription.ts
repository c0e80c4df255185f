import type Stripe from 'stripe';
import type { Transaction } from '../../infra/database/database.ts';
import { planOf } from '../../infra/stripe/plan-prices.ts';
import type { Context } from '../context.ts';

/** Metadata key at Stripe. Its value is the id of the account that a customer or a subscription belongs to. */
export const ACCOUNT_METADATA_KEY = 'agentbot_account';

/** Locks a subscription before it is read from Stripe and stored, so that an older read cannot overwrite a newer one. */
export async function lockSubscription(tx: Transaction, id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 4217))`;
}

/**
 * Stores a subscription as read from Stripe. When the operator has changed the installation's prices, an old price maps to
 * no plan: the stored plan then stays, because the subscriber still pays for it.
 */
export async function storeSubscription(
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  tx: Transaction,
  subscription: Stripe.Subscription,
  ownerId: string,
) {
  const plan = planOf(config, subscription);
  const periodEnds = subscription.items.data.map((item) => item.current_period_end).filter(Number.isFinite);
  const data = {
    status: subscription.status,
    currentPeriodEnd: periodEnds.length ? new Date(Math.max(...periodEnds) * 1000) : null,
    readAt: clock.now(),
  };
  await tx.subscription.upsert({
    where: { id: subscription.id },
    create: { id: subscription.id, ownerId, plan, ...data },
    update: { ...(plan && { plan }), ...data },
  });
}
