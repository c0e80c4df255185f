import { AppError, type Plan, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { planOf } from '../../infra/stripe/plan-prices.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Context } from '../context.ts';
import { ACCOUNT_METADATA_KEY, lockSubscription, storeSubscription } from './store-subscription.ts';

const refuse = (reason: string) => new AppError('PAYMENT_REQUIRED', reason);

async function readSubscription({ stripe }: Context, id: string): Promise<Stripe.Subscription> {
  if (!/^sub_\w+$/.test(id)) throw refuse('stripeSubscriptionId is not the ID of a subscription');
  try {
    return await (stripe as Stripe).subscriptions.retrieve(id, { expand: ['customer'] });
  } catch (error) {
    const { code, message } = error as Stripe.errors.StripeError;
    if (code !== 'resource_missing') throw error;
    const isOfOtherMode = /a similar object exists in (live|test) mode/.test(message);
    throw refuse(
      isOfOtherMode ? 'The subscription belongs to the other Stripe mode (test or live)' : 'Stripe has no subscription with this ID',
    );
  }
}

/**
 * Claims a subscription for an account by its id. Stripe must confirm that it is active, in this installation's mode, covers
 * the plan, and was bought for the account or by a customer with the account's trusted email. A claim is permanent.
 * @throws AppError PAYMENT_REQUIRED with the reason; Error when Stripe does not answer
 */
export async function claimSubscription(context: Context, owner: Account, plan: Plan, id: string): Promise<void> {
  const { config, database } = context;
  await database.as('service', async (tx) => {
    await lockSubscription(tx, id);
    const subscription = await readSubscription(context, id);
    const { status, customer, metadata } = subscription;
    if (status !== 'active' && status !== 'trialing') throw refuse(`The subscription is ${status}`);
    if (typeof customer === 'string' || customer.deleted) throw refuse('The subscription has no customer');
    const boughtFor = metadata[ACCOUNT_METADATA_KEY];
    // The service account has no email. The holder of the internal key is responsible for the customer that it names.
    const emailMatches =
      owner.id === SERVICE_ACCOUNT || (owner.emailTrusted && customer.email?.toLowerCase() === owner.email.toLowerCase());
    const isOwners = boughtFor ? boughtFor === owner.id : emailMatches;
    if (!isOwners) throw refuse('The subscription belongs to another account');
    const covered = planOf(config, subscription);
    if (!covered || plans[covered].rank < plans[plan].rank) throw refuse(`The subscription does not cover ${plan}`);
    const stored = await tx.subscription.findUnique({ where: { id } });
    if (stored && stored.ownerId !== owner.id) throw refuse('The subscription belongs to another account');
    await storeSubscription(context, tx, subscription, owner.id);
  });
}
