import type Stripe from 'stripe';
import { ACCOUNT_METADATA_KEY, lockSubscription, storeSubscription } from '../domain/billing/store-subscription.ts';
import type { Context } from '../domain/context.ts';
import type { Transaction } from '../infra/database/database.ts';
import { applySubscription } from './suspensions.ts';

const idOf = (reference: string | { id: string } | null | undefined) => (typeof reference === 'string' ? reference : reference?.id);

/** The subscription that an event is about, if it is about one. */
function subscriptionIn({ data: { object } }: Stripe.Event): string | undefined {
  if (object.object === 'subscription') return object.id;
  if (object.object === 'checkout.session') return idOf(object.subscription);
  if (object.object === 'invoice') return idOf(object.parent?.subscription_details?.subscription);
  return undefined;
}

/** Whose a subscription is: that never changes; a new one is its buyer's. */
async function ownerOf(tx: Transaction, { id, metadata, customer }: Stripe.Subscription): Promise<string | undefined> {
  const known = await tx.subscription.findUnique({ where: { id } });
  if (known) return known.ownerId;
  const boughtFor = metadata[ACCOUNT_METADATA_KEY];
  const buyer = await tx.user.findFirst({ where: boughtFor ? { id: boughtFor } : { stripeCustomerId: idOf(customer) ?? '' } });
  return buyer?.id;
}

/**
 * Deals with an event, once. What it says is not believed, only that something has changed: the subscription is read anew,
 * one reader at a time, so that events may come twice, late or in any order.
 */
export async function applyStripeEvent(context: Context, event: Stripe.Event): Promise<void> {
  const { database, stripe, log } = context;
  const id = subscriptionIn(event);
  const owner = await database.as('service', async (tx) => {
    const { count } = await tx.stripeEvent.createMany({ data: { id: event.id }, skipDuplicates: true });
    if (count === 0 || !id) return undefined;
    await lockSubscription(tx, id);
    const read = await (stripe as Stripe).subscriptions.retrieve(id);
    const ownerId = await ownerOf(tx, read);
    if (ownerId) await storeSubscription(context, tx, read, ownerId);
    else log.warn({ subscriptionId: id, event: event.type }, 'a subscription belongs to nobody here');
    return ownerId;
  });
  if (owner) await applySubscription(context, owner);
}
