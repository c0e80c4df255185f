import { type Plan, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import type { Config } from '../../config/config.ts';

type Prices = Pick<Config, 'STRIPE_PRICE_SOLO' | 'STRIPE_PRICE_COLLECTIVE' | 'STRIPE_PRICE_LABEL' | 'STRIPE_PRICE_NETWORK'>;

/** The id of a plan's price at Stripe; undefined when the plan is not for sale. */
export function priceOf(config: Prices, plan: Plan): string | undefined {
  const prices: Record<Plan, string | undefined> = {
    solo: config.STRIPE_PRICE_SOLO,
    collective: config.STRIPE_PRICE_COLLECTIVE,
    label: config.STRIPE_PRICE_LABEL,
    network: config.STRIPE_PRICE_NETWORK,
  };
  return prices[plan];
}

/** The highest plan among a subscription's prices; null when no price belongs to a plan of this installation. */
export function planOf(config: Prices, { items }: Pick<Stripe.Subscription, 'items'>): Plan | null {
  const priceIds = new Set<string | undefined>(items.data.map(({ price }) => price.id));
  const [highest] = (Object.keys(plans) as Plan[])
    .filter((plan) => priceIds.has(priceOf(config, plan)))
    .sort((a, b) => plans[b].rank - plans[a].rank);
  return highest ?? null;
}
