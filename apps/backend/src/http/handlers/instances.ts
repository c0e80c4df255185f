import { instanceDetails } from '../../domain/agents/agent-view.ts';
import { getAgent } from '../../domain/agents/agents.ts';
import type { Context } from '../../domain/context.ts';
import { agentStats } from '../../domain/telemetry/stats/agent-stats.ts';
import { getInstanceUsage } from '../../domain/telemetry/stats/instance-stats.ts';
import { usageHistory } from '../../domain/telemetry/stats/usage-history.ts';
import type { Handlers } from '../mount-routes.ts';

/** The operations of packages/contracts/src/instances.ts. */
export function instancesHandlers(context: Context) {
  const { config } = context;
  return {
    getInstance: async ({ actor, params }) => instanceDetails(await getAgent(context, actor, params.userId), config),
    getInstanceUsage: ({ actor, params }) => getInstanceUsage(context, actor, params.userId),
    getAgentStats: ({ actor, params }) => agentStats(context, actor, params.id),
    getAgentStatsHistory: ({ actor, params, query }) => usageHistory(context, actor, params.id, query.range),
  } satisfies Partial<Handlers>;
}
