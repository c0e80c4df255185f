import type { Context } from '../../domain/context.ts';
import { getAgentOverview, listOverview } from '../../domain/overview/overview.ts';
import { streamOverview } from '../../domain/overview/stream-overview.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/overview.ts. */
export function overviewHandlers(context: Context) {
  return {
    listOverview: async ({ actor }) => ({ agents: await listOverview(context, actor), status: 'ok' }),
    streamOverview: async ({ actor, query }) => streamOverview(context, actor, query.agentId),
    getAgentOverview: async ({ actor, params }) => ({ agent: await getAgentOverview(context, actor, params.id), status: 'ok' }),
  } satisfies Partial<Handlers>;
}
