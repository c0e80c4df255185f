import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

/** What Stripe asks for a plan, once in so many intervals. */
const price = z.strictObject({
  /** In the currency itself, not in its cents. */
  amount: z.number(),
  /** As ISO 4217 writes it, in small letters. */
  currency: z.string(),
  /** `day`, `week`, `month` or `year`. */
  interval: z.string(),
  intervalCount: z.int(),
});
export type Price = z.infer<typeof price>;
const offers = z.strictObject({
  /** `none`: nothing can be bought here, an administrator grants plans. */
  payments: z.enum(['stripe', 'none']),
  /** Smallest first; a price is null when there is none, or Stripe has not said it. */
  plans: z.array(z.strictObject({ plan: planSchema, forSale: z.boolean(), price: price.nullable() })),
  status: z.literal('ok'),
});
export const listPlans = defineRoute({
  id: 'listPlans',
  summary: 'The plans, whether they are for sale here, and what Stripe asks for them',
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list plans',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/plans', response: offers },
  web: { path: '/api/plans', response: offers },
});

const away = z.strictObject({ url: z.string() });

export const startCheckout = defineRoute({
  id: 'startCheckout',
  summary: 'Where to subscribe to a plan: a page of Stripe; for an account that has a subscription, the page to change it',
  method: 'GET',
  auth: 'caller',
  // It makes a customer and an offer at Stripe.
  scope: 'agents:write',
  query: z.object({ plan: planSchema }),
  status: 200,
  failure: 'Failed to start checkout',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENTS_UNAVAILABLE'],
  backend: { path: '/api/stripe/checkout', response: away },
  web: { path: '/api/stripe/checkout', response: away },
});

export const openBillingPortal = defineRoute({
  id: 'openBillingPortal',
  summary: 'Where to change, pay or cancel the subscription: a page of Stripe',
  method: 'POST',
  auth: 'caller',
  status: 200,
  failure: 'Failed to open the billing portal',
  errors: ['UNAUTHORIZED', 'PAYMENT_REQUIRED', 'PAYMENTS_UNAVAILABLE'],
  backend: { path: '/api/stripe/portal', response: away },
  web: { path: '/api/stripe/portal', response: away },
});
