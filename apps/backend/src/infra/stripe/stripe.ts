import { type Plan, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import type { Config } from '../../config/config.ts';

export type StripeClient = Stripe;

/** Stripe's official client; undefined when no key is configured. */
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

/** Whether the installation uses Stripe's live mode. A key reads objects of its own mode only. */
export const isLiveMode = ({ STRIPE_SECRET_KEY }: Pick<Config, 'STRIPE_SECRET_KEY'>) => /^[a-z]+_live_/.test(STRIPE_SECRET_KEY ?? '');

/** The id of a plan's price at Stripe; undefined when the plan is not for sale. */
export function priceOf(config: Config, plan: Plan): string | undefined {
  const prices: Record<Plan, string | undefined> = {
    solo: config.STRIPE_PRICE_SOLO,
    collective: config.STRIPE_PRICE_COLLECTIVE,
    label: config.STRIPE_PRICE_LABEL,
    network: config.STRIPE_PRICE_NETWORK,
  };
  return prices[plan];
}

/** The highest plan among a subscription's prices; null when no price belongs to a plan of this installation. */
export function planOf(config: Config, { items }: Pick<Stripe.Subscription, 'items'>): Plan | null {
  const priceIds = new Set(items.data.map(({ price }) => price.id));
  const [highest] = (Object.keys(plans) as Plan[])
    .filter((plan) => priceIds.has(priceOf(config, plan) ?? ''))
    .sort((a, b) => plans[b].rank - plans[a].rank);
  return highest ?? null;
}
