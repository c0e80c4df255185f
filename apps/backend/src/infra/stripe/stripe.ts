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
