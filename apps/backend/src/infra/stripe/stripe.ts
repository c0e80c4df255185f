import { type Plan, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import type { Config } from '../../config/config.ts';

export type StripeClient = Stripe;

/** The official client, or nothing where no key is configured. */
export async function createStripe({ STRIPE_SECRET_KEY, STRIPE_API_BASE }: Config): Promise<Stripe | undefined> {
  if (!STRIPE_SECRET_KEY) return undefined;
  const { default: Client } = await import('stripe');
  const base = STRIPE_API_BASE ? new URL(STRIPE_API_BASE) : undefined;
  return new Client(STRIPE_SECRET_KEY, {
    ...(base && {
      host: base.hostname,
      protocol: base.protocol === 'http:' ? 'http' : 'https',
      port: base.port || (base.protocol === 'http:' ? 80 : 443),
    }),
    timeout: 5_000,
    maxNetworkRetries: 1,
    telemetry: false,
  });
}

/** The price of a plan at Stripe; undefined when it is not for sale. */
export function priceOf(config: Config, plan: Plan): string | undefined {
  const prices: Record<Plan, string | undefined> = {
    solo: config.STRIPE_PRICE_SOLO,
    collective: config.STRIPE_PRICE_COLLECTIVE,
    label: config.STRIPE_PRICE_LABEL,
    network: config.STRIPE_PRICE_NETWORK,
  };
  return prices[plan];
}

/** The largest plan that a subscription is for; null for prices that are none of ours. */
export function planOf(config: Config, { items }: Pick<Stripe.Subscription, 'items'>): Plan | null {
  const paid = new Set(items.data.map(({ price }) => price.id));
  const [largest] = (Object.keys(plans) as Plan[])
    .filter((plan) => paid.has(priceOf(config, plan) ?? ''))
    .sort((a, b) => plans[b].rank - plans[a].rank);
  return largest ?? null;
}
