import { openBillingPortal, startCheckout } from '../../domain/billing/checkout.ts';
import { createListPlans } from '../../domain/billing/plan-offers.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/billing.ts. */
export function billingHandlers(context: Context) {
  const listPlans = createListPlans(context);
  return {
    listPlans: async () => ({ ...(await listPlans()), status: 'ok' }),
    startCheckout: ({ actor, query }) => startCheckout(context, actor, query.plan),
    openBillingPortal: ({ actor }) => openBillingPortal(context, actor),
  } satisfies Partial<Handlers>;
}
