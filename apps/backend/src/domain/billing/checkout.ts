import { AppError, type Plan } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { withLock } from '../../infra/database/lease.ts';
import { priceOf } from '../../infra/stripe/plan-prices.ts';
import type { StripeClient } from '../../infra/stripe/stripe.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Context } from '../context.ts';
import { ACCOUNT_METADATA_KEY } from './store-subscription.ts';

type Slice = Pick<Context, 'config' | 'database' | 'accounts' | 'stripe' | 'log' | 'processId'>;

function requireStripe({ stripe }: Slice): StripeClient {
  if (!stripe) throw new AppError('PAYMENTS_UNAVAILABLE');
  return stripe;
}

const codeOf = (error: unknown) => (error as Stripe.errors.StripeError).code;

const storedCustomer = async ({ database }: Slice, id: string) =>
  (await database.as({ userId: id }, (tx) => tx.user.findUniqueOrThrow({ where: { id }, select: { stripeCustomerId: true } })))
    .stripeCustomerId;

/** Whether the customer exists at Stripe and is not deleted. */
async function customerExists(stripe: StripeClient, customer: string): Promise<boolean> {
  try {
    return !(await stripe.customers.retrieve(customer)).deleted;
  } catch (error) {
    if (codeOf(error) === 'resource_missing') return false;
    throw error;
  }
}

/** Returns the account's customer at Stripe, or creates it. The caller holds the account's lock, so that there is one. */
async function findOrCreateCustomer(context: Slice, { id, email, name }: Account): Promise<string> {
  const stripe = requireStripe(context);
  const stored = await storedCustomer(context, id);
  if (stored && (await customerExists(stripe, stored))) return stored;
  // No idempotency key of the account: Stripe would replay a 500, or a deleted customer, for a day.
  const customer = await stripe.customers.create({ email, ...(name && { name }), metadata: { [ACCOUNT_METADATA_KEY]: id } });
  await context.database.as({ userId: id }, (tx) =>
    tx.user.updateMany({ where: { id, stripeCustomerId: stored }, data: { stripeCustomerId: customer.id } }),
  );
  return (await storedCustomer(context, id)) ?? customer.id;
}

async function createPortalSession({ config, stripe }: Slice, customer: string): Promise<{ url: string }> {
  const session = await (stripe as StripeClient).billingPortal.sessions.create({ customer, return_url: config.DASHBOARD_URL });
  return { url: session.url };
}

/** Expires the customer's open checkouts. A checkout that was paid meanwhile stays; it has created a subscription. */
async function expireOpenCheckouts(stripe: StripeClient, customer: string): Promise<void> {
  for await (const { id } of stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 })) {
    await stripe.checkout.sessions.expire(id).catch(async (error) => {
      if ((await stripe.checkout.sessions.retrieve(id)).status === 'open') throw error;
    });
  }
}

/** Final states of a subscription. In every other state it is paid or may still be paid. */
const FINAL_STATUSES: Stripe.Subscription.Status[] = ['canceled', 'incomplete_expired'];

/**
 * The customer that holds a live subscription of the account: the account's own customer, or the customer of a subscription
 * that was claimed at provisioning.
 */
async function findSubscriber(context: Slice, ownerId: string, customer: string | null): Promise<string | undefined> {
  const stripe = requireStripe(context);
  if (customer) {
    for await (const { status } of stripe.subscriptions.list({ customer, status: 'all', limit: 100 })) {
      if (!FINAL_STATUSES.includes(status)) return customer;
    }
  }
  const stored = await context.database.as({ userId: ownerId }, (tx) =>
    tx.subscription.findMany({ where: { ownerId, status: { notIn: FINAL_STATUSES } } }),
  );
  for (const { id } of stored) {
    const subscription = await stripe.subscriptions.retrieve(id).catch((error) => {
      if (codeOf(error) === 'resource_missing') return undefined;
      throw error;
    });
    if (!subscription || FINAL_STATUSES.includes(subscription.status)) continue;
    return typeof subscription.customer === 'string' ? subscription.customer : subscription.customer.id;
  }
  return undefined;
}

/**
 * Returns the page where the actor subscribes to a plan. An actor with a subscription gets the billing portal instead, and
 * only the newest checkout can be paid: both prevent a second payment.
 * @throws AppError PAYMENTS_UNAVAILABLE without Stripe, INVALID_REQUEST for a plan that is not for sale
 */
export async function startCheckout(context: Slice, actor: Actor, plan: Plan): Promise<{ url: string }> {
  const { config, accounts } = context;
  const stripe = requireStripe(context);
  const price = priceOf(config, plan);
  if (!price) throw new AppError('INVALID_REQUEST', `The plan ${plan} is not for sale here`);
  const account = await accounts.find(userOf(actor));
  // The lock serializes parallel requests: each must see the customer and the checkout of the previous one.
  return withLock(context, `checkout:${account.id}`, async () => {
    const customer = await findOrCreateCustomer(context, account);
    // Expire first, then look for subscriptions: a checkout that is paid before it expires is found as a subscription.
    await expireOpenCheckouts(stripe, customer);
    const subscriber = await findSubscriber(context, account.id, customer);
    if (subscriber) return createPortalSession(context, subscriber);
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      customer,
      client_reference_id: account.id,
      line_items: [{ price, quantity: 1 }],
      subscription_data: { metadata: { [ACCOUNT_METADATA_KEY]: account.id } },
      success_url: new URL('/agents?checkout=done', config.DASHBOARD_URL).href,
      cancel_url: new URL('/agents?checkout=cancelled', config.DASHBOARD_URL).href,
    });
    if (!session.url) throw new Error('Stripe returned a checkout session without a URL');
    return { url: session.url };
  });
}

/**
 * Returns the page where the actor changes, pays or cancels a subscription.
 * @throws AppError PAYMENTS_UNAVAILABLE without Stripe, PAYMENT_REQUIRED without a subscription
 */
export async function openBillingPortal(context: Slice, actor: Actor): Promise<{ url: string }> {
  const stripe = requireStripe(context);
  const { id } = await context.accounts.find(userOf(actor));
  const stored = await storedCustomer(context, id);
  const own = stored && (await customerExists(stripe, stored)) ? stored : null;
  // A customer whose subscriptions have all ended still needs the portal for its invoices.
  const customer = (await findSubscriber(context, id, own)) ?? own;
  if (!customer) throw new AppError('PAYMENT_REQUIRED', 'This account has no subscription yet');
  return createPortalSession(context, customer);
}
