import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

/** Stripe's price of a plan, charged every `intervalCount` intervals. */
const price = z.strictObject({
  /** In whole currency units, not in cents. */
  amount: z.number(),
  /** The ISO 4217 code in lower case. */
  currency: z.string(),
  /** `day`, `week`, `month` or `year`. */
  interval: z.string(),
  intervalCount: z.int(),
});
export type Price = z.infer<typeof price>;
const offers = z.strictObject({
  /** `none`: no plan is for sale here; an administrator grants plans. */
  payments: z.enum(['stripe', 'none']),
  /** Smallest first; a price is null when the plan has none, or Stripe has not returned it. */
  plans: z.array(
    z.strictObject({
      plan: planSchema,
      /** The maximum number of agents through the dashboard. */
      agents: z.int(),
      /** What one agent's container gets here: the plan's, or all that this host has. */
      memoryBytes: z.int(),
      cpus: z.number(),
      /** Whether the host has less than the plan allows. */
      limitedByHost: z.boolean(),
      tools: z.enum(['messaging', 'coding']),
      forSale: z.boolean(),
      price: price.nullable(),
    }),
  ),
  status: z.literal('ok'),
});
export const listPlans = defineRoute({
  id: 'listPlans',
  summary: 'The plans: what an agent gets on this host, whether they are for sale here, and their prices at Stripe',
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list plans',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/plans', response: offers },
  web: { path: '/api/plans', response: offers },
});

const redirect = z.strictObject({ url: z.string() });

export const startCheckout = defineRoute({
  id: 'startCheckout',
  summary: "The address of Stripe's page to subscribe to a plan; an account with a subscription gets the page to change it",
  method: 'GET',
  auth: 'caller',
  // The call creates a customer and a checkout at Stripe.
  scope: 'agents:write',
  query: z.object({ plan: planSchema }),
  status: 200,
  failure: 'Failed to start checkout',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENTS_UNAVAILABLE'],
  backend: { path: '/api/stripe/checkout', response: redirect },
  web: { path: '/api/stripe/checkout', response: redirect },
});

export const openBillingPortal = defineRoute({
  id: 'openBillingPortal',
  summary: "The address of Stripe's page to change, pay or cancel the subscription",
  method: 'POST',
  auth: 'caller',
  status: 200,
  failure: 'Failed to open the billing portal',
  errors: ['UNAUTHORIZED', 'PAYMENT_REQUIRED', 'PAYMENTS_UNAVAILABLE'],
  backend: { path: '/api/stripe/portal', response: redirect },
  web: { path: '/api/stripe/portal', response: redirect },
});
