import { type Capacity, type Plan, type Price, planResources, plans } from '@agentbot/contracts';
import type Stripe from 'stripe';
import { priceOf } from '../../infra/stripe/plan-prices.ts';
import { msAhead } from '../../shared/clock.ts';
import type { Context } from '../context.ts';

/** How long a price is cached, and the pause after a failed read. */
const FRESH_MS = 5 * 60_000;
const RETRY_MS = 30_000;

/** Stripe's integer amounts have two decimals, except in these currencies. @see https://docs.stripe.com/currencies */
const noDecimals = ['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'];
const threeDecimals = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];
const decimalsOf = (currency: string) => (noDecimals.includes(currency) ? 0 : threeDecimals.includes(currency) ? 3 : 2);

/** The amount per interval; null for a price without one fixed amount, such as a tiered price. */
function priceView({ unit_amount, currency, recurring }: Stripe.Price): Price | null {
  if (unit_amount === null || !recurring) return null;
  const amount = unit_amount / 10 ** decimalsOf(currency);
  return { amount, currency, interval: recurring.interval, intervalCount: recurring.interval_count };
}

const plansByRank = (Object.keys(plans) as Plan[]).sort((a, b) => plans[a].rank - plans[b].rank);

/** What a plan's agents get on this host. */
function planView(plan: Plan, host: Capacity | null) {
  const { webLimit, memoryBytes, cpus, toolProfile } = plans[plan];
  const resources = planResources(plan, host);
  const limitedByHost = resources.memoryBytes < memoryBytes || resources.cpus < cpus;
  return { plan, agents: webLimit, ...resources, limitedByHost, tools: toolProfile };
}

/**
 * Creates the function that lists the plans with their prices. Prices are cached from Stripe; while Stripe does not answer,
 * the last known prices are listed.
 * @param freshMs lifetime of a cached price, in milliseconds
 */
export function createListPlans(
  { config, stripe, clock, log, host }: Pick<Context, 'config' | 'stripe' | 'clock' | 'log' | 'host'>,
  freshMs = FRESH_MS,
) {
  const prices = new Map<Plan, Price | null>();
  let nextRefreshAt = new Date(0);
  let refreshing: Promise<void> | undefined;

  async function refresh(client: Stripe): Promise<void> {
    nextRefreshAt = msAhead(clock, freshMs);
    const reads = plansByRank.map(async (plan) => {
      const id = priceOf(config, plan);
      if (id) prices.set(plan, priceView(await client.prices.retrieve(id)));
    });
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'fulfilled') continue;
      nextRefreshAt = msAhead(clock, RETRY_MS);
      log.warn({ err: result.reason }, 'price could not be read from Stripe');
    }
    refreshing = undefined;
  }

  return async () => {
    if (stripe && clock.now() >= nextRefreshAt) refreshing ??= refresh(stripe);
    // Only a request without cached prices waits; later requests get the cache during a refresh.
    if (prices.size === 0) await refreshing;
    const capacity = (await host.available()) ? await host.capacity().catch(() => null) : null;
    return {
      payments: stripe ? ('stripe' as const) : ('none' as const),
      plans: plansByRank.map((plan) => ({
        ...planView(plan, capacity),
        forSale: Boolean(stripe && priceOf(config, plan)),
        price: prices.get(plan) ?? null,
      })),
    };
  };
}
