import type { Context } from '../../domain/context.ts';
import { setAccountBudget, setAgentBudget } from '../../domain/usage/budgets.ts';
import { exportUsage } from '../../domain/usage/export-usage.ts';
import { getAccountUsage, getAgentUsage } from '../../domain/usage/get-usage.ts';
import { testModel } from '../../domain/usage/test-model.ts';
import { testNewModel } from '../../domain/usage/test-new-model.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/usage.ts. */
export function usageHandlers(context: Context) {
  return {
    getAgentUsage: async ({ actor, params, query }) => ({
      agentId: params.id,
      ...(await getAgentUsage(context, actor, params.id, query.days)),
    }),
    setAgentBudget: async ({ actor, params, body }) => ({
      agentId: params.id,
      budget: await setAgentBudget(context, actor, params.id, body),
      status: 'updated',
    }),
    getAccountUsage: ({ actor, query }) => getAccountUsage(context, actor, query.days),
    exportUsage: ({ actor, query }) => exportUsage(context, actor, query),
    setAccountBudget: async ({ actor, body }) => ({ budget: await setAccountBudget(context, actor, body), status: 'updated' }),
    testModel: ({ actor, params }) => testModel(context, actor, params.id),
    testNewModel: ({ actor, body }) => testNewModel(context, actor, body),
  } satisfies Partial<Handlers>;
}
