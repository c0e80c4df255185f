import { AppError, type Plan } from '@agentbot/contracts';
import type { Account } from '../accounts/accounts.ts';
import type { Context } from '../context.ts';
import { type Actor, userOf } from '../http/actor.ts';
import { ACCOUNT } from './store-subscription.ts';
import { priceOf, type StripeClient } from './stripe.ts';
import { PAID } from './subscription-status.ts';

type Slice = Pick<Context, 'config' | 'database' | 'accounts' | 'stripe'>;

function requireStripe({ stripe }: Slice): StripeClient {
  if (!stripe) throw new AppError('PAYMENTS_UNAVAILABLE');
  return stripe;
}

const customerIn = async ({ database }: Slice, id: string) =>
  (await database.as({ userId: id }, (tx) => tx.user.findUniqueOrThrow({ where: { id }, select: { stripeCustomerId: true } })))
    .stripeCustomerId;

/** The account's customer at Stripe, the same one for requests that come at once. */
async function customerOf(context: Slice, { id, email, name }: Account): Promise<string> {
  const known = await customerIn(context, id);
  if (known) return known;
  const customer = await requireStripe(context).customers.create(
    { email, ...(name && { name }), metadata: { [ACCOUNT]: id } },
    { idempotencyKey: `agentbot-customer-${id}` },
  );
  await context.database.as({ userId: id }, (tx) =>
    tx.user.updateMany({ where: { id, stripeCustomerId: null }, data: { stripeCustomerId: customer.id } }),
  );
  return (await customerIn(context, id)) ?? customer.id;
}

async function portal({ config, stripe }: Slice, customer: string): Promise<{ url: string }> {
  const session = await (stripe as StripeClient).billingPortal.sessions.create({ customer, return_url: config.DASHBOARD_URL });
  return { url: session.url };
}

/**
 * Where the actor subscribes to a plan. Somebody with a subscription changes that one, so that nobody pays twice.
 * @throws AppError PAYMENTS_UNAVAILABLE without Stripe, INVALID_REQUEST for a plan that is not for sale
 */
export async function startCheckout(context: Slice, actor: Actor, plan: Plan): Promise<{ url: string }> {
  const { config, database, accounts } = context;
  const stripe = requireStripe(context);
  const price = priceOf(config, plan);
  if (!price) throw new AppError('INVALID_REQUEST', `The plan ${plan} is not for sale here`);
  const account = await accounts.find(userOf(actor));
  const customer = await customerOf(context, account);
  const subscribed = await database.as({ userId: account.id }, (tx) =>
    tx.subscription.count({ where: { ownerId: account.id, status: { in: PAID } } }),
  );
  if (subscribed) return portal(context, customer);
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer,
    client_reference_id: account.id,
    line_items: [{ price, quantity: 1 }],
    subscription_data: { metadata: { [ACCOUNT]: account.id } },
    success_url: new URL('/agents?checkout=done', config.DASHBOARD_URL).href,
    cancel_url: new URL('/agents?checkout=cancelled', config.DASHBOARD_URL).href,
  });
  if (!session.url) throw new Error('Stripe gave a checkout without an address');
  return { url: session.url };
}

/** Where the actor changes, pays or cancels a subscription. @throws AppError PAYMENTS_UNAVAILABLE, PAYMENT_REQUIRED without any */
export async function openBillingPortal(context: Slice, actor: Actor): Promise<{ url: string }> {
  requireStripe(context);
  const { id } = await context.accounts.find(userOf(actor));
  const customer = await customerIn(context, id);
  if (!customer) throw new AppError('PAYMENT_REQUIRED', 'This account has no subscription yet');
  return portal(context, customer);
}
