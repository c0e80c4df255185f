import { instanceDetails } from '../../domain/agents/agent-view.ts';
import { getAgent } from '../../domain/agents/agents.ts';
import type { Context } from '../../domain/context.ts';
import { agentStats } from '../../domain/telemetry/stats/agent-stats.ts';
import { instanceStats } from '../../domain/telemetry/stats/instance-stats.ts';
import { usageHistory } from '../../domain/telemetry/stats/usage-history.ts';
import type { Handlers } from '../mount-routes.ts';

/** The operations of packages/contracts/src/instances.ts. */
export function instancesHandlers(context: Context) {
  const { config } = context;
  return {
    getInstance: async ({ actor, params }) => instanceDetails(await getAgent(context, actor, params.userId), config),
    getInstanceUsage: async ({ actor, params }) => {
      const { state, plan, openclawVersion } = await getAgent(context, actor, params.userId);
      const { cpu, memory } = await instanceStats(context, actor, params.userId);
      return { userId: params.userId, cpu, memory: memory.split(' / ')[0], status: state, plan, openclawVersion };
    },
    getAgentStats: ({ actor, params }) => agentStats(context, actor, params.id),
    getAgentStatsHistory: ({ actor, params, query }) => usageHistory(context, actor, params.id, query.range),
  } satisfies Partial<Handlers>;
}
