import { deployment } from '../../domain/agents/agent-view.ts';
import type { Context } from '../../domain/context.ts';
import { deployAgent } from '../../domain/provisioning/deploy-agent.ts';
import { provisionWithChannels } from '../../domain/provisioning/provision-with-channels.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/provision.ts. */
export function provisionHandlers(context: Context) {
  const { config } = context;
  return {
    provisionWithChannels: async ({ actor, body, facade, requestId, resourceName, contactEmail, auditAgent }) => {
      const provisioned = await provisionWithChannels(context, actor, body, { requestId, name: resourceName, contactEmail });
      auditAgent(provisioned.agentId);
      if (facade === 'backend') return provisioned;
      const { success, userId, subdomain, url, streamKey, liveStreamId } = provisioned;
      return { success, userId, subdomain, url, streamKey, liveStreamId };
    },
    deployAgent: async ({ actor, body, requestId, status }) => {
      const { agent, already } = await deployAgent(context, actor, body, requestId);
      if (already) status(200);
      return deployment(agent, config);
    },
  } satisfies Partial<Handlers>;
}
