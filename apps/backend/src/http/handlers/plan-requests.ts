import { getPlanRequest, grantPlanRequest, listPlanRequests, refusePlanRequest, requestPlan } from '../../domain/billing/plan-requests.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/plan-requests.ts. */
export function planRequestsHandlers(context: Context) {
  return {
    requestPlan: async ({ actor, body }) => ({ request: await requestPlan(context, actor, body), status: 'ok' }),
    getPlanRequest: async ({ actor }) => ({ request: await getPlanRequest(context, actor), status: 'ok' }),
    listPlanRequests: async () => ({ requests: await listPlanRequests(context), status: 'ok' }),
    grantPlanRequest: async ({ params, body, auditTarget }) => {
      const { ownerId, request } = await grantPlanRequest(context, params.id, body.plan);
      auditTarget(ownerId);
      return { request, status: 'ok' };
    },
    refusePlanRequest: async ({ params, body, auditTarget }) => {
      const { ownerId, request } = await refusePlanRequest(context, params.id, body.reason);
      auditTarget(ownerId);
      return { request, status: 'ok' };
    },
  } satisfies Partial<Handlers>;
}
