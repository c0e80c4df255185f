import { AppError, type Plan } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { withLock } from '../../infra/database/lease.ts';
import { priceOf, type StripeClient } from '../../infra/stripe/stripe.ts';
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

const customerIn = async ({ database }: Slice, id: string) =>
  (await database.as({ userId: id }, (tx) => tx.user.findUniqueOrThrow({ where: { id }, select: { stripeCustomerId: true } })))
    .stripeCustomerId;

/** Whether Stripe has a customer; one that was deleted there buys nothing any more. */
async function isKnown(stripe: StripeClient, customer: string): Promise<boolean> {
  try {
    return !(await stripe.customers.retrieve(customer)).deleted;
  } catch (error) {
    if (codeOf(error) === 'resource_missing') return false;
    throw error;
  }
}

/** The account's customer at Stripe, the same one for requests that come at once; a new one for one that is gone there. */
async function customerOf(context: Slice, { id, email, name }: Account): Promise<string> {
  const stripe = requireStripe(context);
  const stored = await customerIn(context, id);
  if (stored && (await isKnown(stripe, stored))) return stored;
  const customer = await stripe.customers.create(
    { email, ...(name && { name }), metadata: { [ACCOUNT_METADATA_KEY]: id } },
    // Under the first one's key Stripe would answer with that one again.
    { idempotencyKey: `agentbot-customer-${id}${stored ? `-after-${stored}` : ''}` },
  );
  await context.database.as({ userId: id }, (tx) =>
    tx.user.updateMany({ where: { id, stripeCustomerId: stored }, data: { stripeCustomerId: customer.id } }),
  );
  return (await customerIn(context, id)) ?? customer.id;
}

async function portal({ config, stripe }: Slice, customer: string): Promise<{ url: string }> {
  const session = await (stripe as StripeClient).billingPortal.sessions.create({ customer, return_url: config.DASHBOARD_URL });
  return { url: session.url };
}

/** Makes what the customer was offered before unpayable. One that was just paid cannot be taken back: it has its subscription. */
async function expireOffers(stripe: StripeClient, customer: string): Promise<void> {
  for await (const { id } of stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 })) {
    await stripe.checkout.sessions.expire(id).catch(async (error) => {
      if ((await stripe.checkout.sessions.retrieve(id)).status === 'open') throw error;
    });
  }
}

/** What has ended for good; anything else is paid, or may be yet. */
const ENDED: Stripe.Subscription.Status[] = ['canceled', 'incomplete_expired'];

/** The customer who has a subscription of the account's: its own, or the one that bought what was named at provisioning. */
async function findSubscriber(context: Slice, ownerId: string, customer: string | null): Promise<string | undefined> {
  const stripe = requireStripe(context);
  if (customer) {
    for await (const { status } of stripe.subscriptions.list({ customer, status: 'all', limit: 100 })) {
      if (!ENDED.includes(status)) return customer;
    }
  }
  const stored = await context.database.as({ userId: ownerId }, (tx) =>
    tx.subscription.findMany({ where: { ownerId, status: { notIn: ENDED } } }),
  );
  for (const { id } of stored) {
    const found = await stripe.subscriptions.retrieve(id).catch((error) => {
      if (codeOf(error) === 'resource_missing') return undefined;
      throw error;
    });
    if (found && !ENDED.includes(found.status)) return typeof found.customer === 'string' ? found.customer : found.customer.id;
  }
  return undefined;
}

/**
 * Where the actor subscribes to a plan. Somebody with a subscription at Stripe changes or pays that one, and of several
 * checkouts only the last can be paid, so that nobody pays twice.
 * @throws AppError PAYMENTS_UNAVAILABLE without Stripe, INVALID_REQUEST for a plan that is not for sale
 */
export async function startCheckout(context: Slice, actor: Actor, plan: Plan): Promise<{ url: string }> {
  const { config, accounts } = context;
  const stripe = requireStripe(context);
  const price = priceOf(config, plan);
  if (!price) throw new AppError('INVALID_REQUEST', `The plan ${plan} is not for sale here`);
  const account = await accounts.find(userOf(actor));
  const customer = await customerOf(context, account);
  // Requests that come at once take turns: each must see what the one before it offered.
  return withLock(context, `checkout:${customer}`, async () => {
    // In this order: what is paid before it could be expired is seen as a subscription.
    await expireOffers(stripe, customer);
    const subscriber = await findSubscriber(context, account.id, customer);
    if (subscriber) return portal(context, subscriber);
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      customer,
      client_reference_id: account.id,
      line_items: [{ price, quantity: 1 }],
      subscription_data: { metadata: { [ACCOUNT_METADATA_KEY]: account.id } },
      success_url: new URL('/agents?checkout=done', config.DASHBOARD_URL).href,
      cancel_url: new URL('/agents?checkout=cancelled', config.DASHBOARD_URL).href,
    });
    if (!session.url) throw new Error('Stripe gave a checkout without an address');
    return { url: session.url };
  });
}

/** Where the actor changes, pays or cancels a subscription. @throws AppError PAYMENTS_UNAVAILABLE, PAYMENT_REQUIRED without any */
export async function openBillingPortal(context: Slice, actor: Actor): Promise<{ url: string }> {
  const stripe = requireStripe(context);
  const { id } = await context.accounts.find(userOf(actor));
  const stored = await customerIn(context, id);
  const own = stored && (await isKnown(stripe, stored)) ? stored : null;
  // A customer who once bought something sees its bills there, too.
  const customer = (await findSubscriber(context, id, own)) ?? own;
  if (!customer) throw new AppError('PAYMENT_REQUIRED', 'This account has no subscription yet');
  return portal(context, customer);
}
