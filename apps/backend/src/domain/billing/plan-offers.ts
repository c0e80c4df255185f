import { type Plan, type Price, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { priceOf } from '../../infra/stripe/stripe.ts';
import type { Context } from '../context.ts';

/** For how long Stripe is taken at its word, and how soon it is asked again when it did not answer. */
const FRESH_MS = 5 * 60_000;
const RETRY_MS = 30_000;

/** Of how many decimals Stripe's whole numbers are; two, where it says nothing else. @see https://docs.stripe.com/currencies */
const noDecimals = ['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'];
const threeDecimals = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];
const decimalsOf = (currency: string) => (noDecimals.includes(currency) ? 0 : threeDecimals.includes(currency) ? 3 : 2);

/** What a price asks in each interval; null for one that is no single sum, as with tiers. */
function priceView({ unit_amount, currency, recurring }: Stripe.Price): Price | null {
  if (unit_amount === null || !recurring) return null;
  const amount = unit_amount / 10 ** decimalsOf(currency);
  return { amount, currency, interval: recurring.interval, intervalCount: recurring.interval_count };
}

const bySize = (Object.keys(plans) as Plan[]).sort((a, b) => plans[a].rank - plans[b].rank);

/** The plans as they are sold here. Prices are Stripe's; while it is away, those it last said. */
export function createListPlans({ config, stripe, log }: Pick<Context, 'config' | 'stripe' | 'log'>, freshMs = FRESH_MS) {
  const known = new Map<Plan, Price | null>();
  let askAt = 0;
  let asking: Promise<void> | undefined;

  async function ask(client: Stripe): Promise<void> {
    askAt = Date.now() + freshMs;
    const each = bySize.map(async (plan) => {
      const id = priceOf(config, plan);
      if (id) known.set(plan, priceView(await client.prices.retrieve(id)));
    });
    for (const result of await Promise.allSettled(each)) {
      if (result.status === 'fulfilled') continue;
      askAt = Date.now() + RETRY_MS;
      log.warn({ err: result.reason }, 'Stripe did not say a price');
    }
    asking = undefined;
  }

  return async () => {
    if (stripe && Date.now() >= askAt) asking ??= ask(stripe);
    // Who comes first waits; later ones are told what was last known.
    if (known.size === 0) await asking;
    return {
      payments: stripe ? ('stripe' as const) : ('none' as const),
      plans: bySize.map((plan) => ({ plan, forSale: Boolean(stripe && priceOf(config, plan)), price: known.get(plan) ?? null })),
    };
  };
}
