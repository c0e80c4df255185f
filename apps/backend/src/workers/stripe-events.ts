import type Stripe from 'stripe';
import { ACCOUNT_METADATA_KEY, lockSubscription, storeSubscription } from '../domain/billing/store-subscription.ts';
import type { Context } from '../domain/context.ts';
import type { Transaction } from '../infra/database/database.ts';
import { isLiveMode } from '../infra/stripe/stripe.ts';
import { applySubscription } from './suspensions.ts';

const idOf = (reference: string | { id: string } | null | undefined) => (typeof reference === 'string' ? reference : reference?.id);

/** The id of the subscription that an event concerns, if any. */
function subscriptionIdOf({ data: { object } }: Stripe.Event): string | undefined {
  if (object.object === 'subscription') return object.id;
  if (object.object === 'checkout.session') return idOf(object.subscription);
  if (object.object === 'invoice') return idOf(object.parent?.subscription_details?.subscription);
  return undefined;
}

/** The owner of a subscription. A stored subscription keeps its owner; a new one belongs to its buyer. */
async function ownerOf(tx: Transaction, { id, metadata, customer }: Stripe.Subscription): Promise<string | undefined> {
  const stored = await tx.subscription.findUnique({ where: { id } });
  if (stored) return stored.ownerId;
  const accountId = metadata[ACCOUNT_METADATA_KEY];
  const buyer = await tx.user.findFirst({ where: accountId ? { id: accountId } : { stripeCustomerId: idOf(customer) ?? '' } });
  return buyer?.id;
}

/**
 * Applies an event once. The event is only a signal of a change: the subscription is read again from Stripe, under a lock, so that
 * duplicate, late and reordered events are safe. An event of the other Stripe mode is ignored: the key cannot read its objects.
 */
export async function applyStripeEvent(context: Context, event: Stripe.Event): Promise<void> {
  const { config, database, stripe, log } = context;
  if (event.livemode !== isLiveMode(config)) {
    log.warn({ event: event.id }, 'an event of the other Stripe mode (test or live) was ignored');
    return;
  }
  const id = subscriptionIdOf(event);
  const owner = await database.as('service', async (tx) => {
    const { count } = await tx.stripeEvent.createMany({ data: { id: event.id }, skipDuplicates: true });
    if (count === 0 || !id) return undefined;
    await lockSubscription(tx, id);
    const subscription = await (stripe as Stripe).subscriptions.retrieve(id);
    const ownerId = await ownerOf(tx, subscription);
    if (ownerId) await storeSubscription(context, tx, subscription, ownerId);
    else log.warn({ subscriptionId: id, event: event.type }, 'a subscription has no account here');
    return ownerId;
  });
  if (owner) await applySubscription(context, owner);
}
