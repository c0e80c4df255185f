import { AppError, type Plan, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { planOf } from '../../infra/stripe/stripe.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Context } from '../context.ts';
import { ACCOUNT_METADATA_KEY, lockSubscription, storeSubscription } from './store-subscription.ts';

const refuse = (reason: string) => new AppError('PAYMENT_REQUIRED', reason);

async function read({ stripe }: Context, id: string): Promise<Stripe.Subscription> {
  if (!/^sub_\w+$/.test(id)) throw refuse('stripeSubscriptionId is not one of a subscription');
  try {
    return await (stripe as Stripe).subscriptions.retrieve(id, { expand: ['customer'] });
  } catch (error) {
    if ((error as Stripe.errors.StripeError).code === 'resource_missing') throw refuse('There is no such subscription');
    throw error;
  }
}

/**
 * Takes a subscription that somebody names for theirs, once Stripe says that it is: running, of this installation's mode,
 * for the plan, and bought for the account, or of a customer with the account's own email. It then belongs to that account
 * for good.
 * @throws AppError PAYMENT_REQUIRED with the reason; Error when Stripe cannot be asked
 */
export async function claimSubscription(context: Context, owner: Account, plan: Plan, id: string): Promise<void> {
  const { config, database } = context;
  await database.as('service', async (tx) => {
    await lockSubscription(tx, id);
    const found = await read(context, id);
    const { status, livemode, customer, metadata } = found;
    if (status !== 'active' && status !== 'trialing') throw refuse(`The subscription is ${status}`);
    if (livemode !== /^[a-z]+_live_/.test(config.STRIPE_SECRET_KEY ?? '')) throw refuse('The subscription is of another mode');
    if (typeof customer === 'string' || customer.deleted) throw refuse('The subscription has no customer');
    const boughtFor = metadata[ACCOUNT_METADATA_KEY];
    // The platform's own account has no address: whoever holds the internal key answers for whom it acts.
    const named = owner.id === SERVICE_ACCOUNT || (owner.emailTrusted && customer.email?.toLowerCase() === owner.email.toLowerCase());
    const theirs = boughtFor ? boughtFor === owner.id : named;
    if (!theirs) throw refuse('The subscription is somebody else’s');
    const covers = planOf(config, found);
    if (!covers || plans[covers].rank < plans[plan].rank) throw refuse(`The subscription does not cover ${plan}`);
    const known = await tx.subscription.findUnique({ where: { id } });
    if (known && known.ownerId !== owner.id) throw refuse('The subscription is somebody else’s');
    await storeSubscription(context, tx, found, owner.id);
  });
}
