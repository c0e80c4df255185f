import { instance } from '../../domain/agents/agent-view.ts';
import { listAgents } from '../../domain/agents/agents.ts';
import { getOpenclawVersion, listOpenclawVersions } from '../../domain/containers/platform-image.ts';
import type { Context } from '../../domain/context.ts';
import { getInstanceStats } from '../../domain/telemetry/stats/get-instance-stats.ts';
import type { Handlers } from '../mount-routes.ts';
import { nextPage } from '../next-page.ts';

/** Handlers for the routes of packages/contracts/src/openclaw.ts. */
export function openclawHandlers(context: Context) {
  return {
    getOpenclawVersion: () => getOpenclawVersion(context),
    listOpenclawVersions: () => listOpenclawVersions(context),
    listInstances: async ({ actor, query, header }) => {
      const page = await listAgents(context, actor, query, { state: 'running', runtime: 'container' });
      nextPage(header, query, page);
      return { instances: page.agents.map(instance), count: page.agents.length };
    },
    getInstanceStats: ({ actor, params }) => getInstanceStats(context, actor, params.id),
  } satisfies Partial<Handlers>;
}
