import { instanceDetails } from '../../domain/agents/agent-view.ts';
import { getAgent } from '../../domain/agents/agents.ts';
import type { Context } from '../../domain/context.ts';
import { getAgentStats } from '../../domain/telemetry/stats/get-agent-stats.ts';
import { getAgentStatsHistory } from '../../domain/telemetry/stats/get-agent-stats-history.ts';
import { getInstanceUsage } from '../../domain/telemetry/stats/get-instance-stats.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/instances.ts. */
export function instancesHandlers(context: Context) {
  const { config } = context;
  return {
    getInstance: async ({ actor, params }) => instanceDetails(await getAgent(context, actor, params.userId), config),
    getInstanceUsage: ({ actor, params }) => getInstanceUsage(context, actor, params.userId),
    getAgentStats: ({ actor, params }) => getAgentStats(context, actor, params.id),
    getAgentStatsHistory: ({ actor, params, query }) => getAgentStatsHistory(context, actor, params.id, query.range),
  } satisfies Partial<Handlers>;
}
