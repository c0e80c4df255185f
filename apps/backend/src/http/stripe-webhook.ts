import { AppError } from '@agentbot/contracts';
import express, { type Express } from 'express';
import type Stripe from 'stripe';
import type { Context } from '../app/create-context.ts';
import { ACCOUNT, lockSubscription, storeSubscription } from '../domain/billing/store-subscription.ts';
import type { Transaction } from '../infra/database/database.ts';
import { followSubscription } from '../workers/suspensions.ts';

const raw = express.raw({ type: () => true, limit: '1mb' });
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
  const boughtFor = metadata[ACCOUNT];
  const buyer = await tx.user.findFirst({ where: boughtFor ? { id: boughtFor } : { stripeCustomerId: idOf(customer) ?? '' } });
  return buyer?.id;
}

/**
 * Deals with an event, once. What it says is not believed, only that something has changed: the subscription is read anew,
 * one reader at a time, so that events may come twice, late or in any order.
 */
async function handle(context: Context, event: Stripe.Event): Promise<void> {
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
  if (owner) await followSubscription(context, owner);
}

/** Takes Stripe's events at `POST /api/stripe/webhook`; the signature is over the body as it came. */
export function mountStripeWebhook(app: Express, context: Context): void {
  const { stripe, config } = context;
  app.post('/api/stripe/webhook', raw, async (request, response) => {
    const secret = config.STRIPE_WEBHOOK_SECRET;
    if (!stripe || !secret) throw new AppError('PAYMENTS_UNAVAILABLE');
    let event: Stripe.Event;
    try {
      event = stripe.webhooks.constructEvent(request.body, request.get('stripe-signature') ?? '', secret);
    } catch (cause) {
      throw new AppError('INVALID_REQUEST', 'Invalid signature', { cause });
    }
    await handle(context, event);
    response.json({ received: true });
  });
}
