import {
  agentConfigView,
  agentDetails,
  createdAgent,
  listedAgent,
  provisionedAgent,
  updatedAgent,
  webAgent,
} from '../../domain/agents/agent-view.ts';
import { getAgent } from '../../domain/agents/agents.ts';
import { createAgent } from '../../domain/agents/create-agent.ts';
import { openControlUi } from '../../domain/agents/open-control-ui.ts';
import { readAgentList, readAgentSummary } from '../../domain/agents/read-agents.ts';
import { updateAgentMetadata } from '../../domain/agents/update-agent-metadata.ts';
import type { Context } from '../../domain/context.ts';
import { getAgentToken } from '../../domain/operations/agent-token.ts';
import { deleteAgent } from '../../domain/operations/run-operation.ts';
import { provisionAgent } from '../../domain/provisioning/provision-agent.ts';
import { newId } from '../../shared/ids.ts';
import type { Handlers } from '../mount-routes.ts';
import { nextPage } from '../next-page.ts';

/** Handlers for the routes of packages/contracts/src/agents.ts and control-ui.ts. */
export function agentsHandlers(context: Context) {
  const { config } = context;
  return {
    listAgents: async ({ actor, facade, query, header }) => {
      const page = actor && actor.kind !== 'web' ? await readAgentList(context, actor, query) : { agents: [] };
      nextPage(header, query, page);
      if (facade === 'backend') return page.agents.map((agent) => listedAgent(agent, config));
      const agents = page.agents.map((agent) => webAgent(agent, config));
      return { agents, count: agents.length, status: 'ok' };
    },
    createAgent: async ({ actor, body, resourceName }) =>
      createdAgent(await createAgent(context, actor, body, resourceName && newId('agent', resourceName)), config),
    getAgent: async ({ actor, params, facade }) => {
      const agent = agentDetails(await readAgentSummary(context, actor, params.id), config);
      return facade === 'web' ? { agent, status: 'ok' } : agent;
    },
    updateAgentMetadata: async ({ actor, params, body }) =>
      updatedAgent(await updateAgentMetadata(context, actor, params.id, body), config),
    getAgentConfig: async ({ actor, params }) => ({ config: agentConfigView(await getAgent(context, actor, params.id)), status: 'ok' }),
    updateAgentConfig: async ({ actor, params, body: { config: wrapped, ...plain } }) => {
      const agent = await updateAgentMetadata(context, actor, params.id, { config: { ...plain, ...wrapped } });
      return { config: agentConfigView(agent), status: 'updated' };
    },
    getAgentToken: async ({ actor, params, requestId }) => ({ token: await getAgentToken(context, actor, params.id, requestId) }),
    openControlUi: async ({ actor, params }) => openControlUi(context, actor, params.id),
    deleteAgent: async ({ actor, params, requestId }) => {
      await deleteAgent(context, actor, params.id, requestId);
      return { id: params.id, deleted: true };
    },
    provisionAgent: async ({ actor, body, requestId, resourceName }) => {
      const agent = await provisionAgent(context, actor, body, requestId, resourceName && newId('agent', resourceName));
      return { success: true, agent: provisionedAgent(agent, config) };
    },
    listProvisionedAgents: async ({ actor, query, header }) => {
      const page = await readAgentList(context, actor, query);
      nextPage(header, query, page);
      const agents = page.agents.map((agent) => webAgent(agent, config));
      return { success: true, agents, count: agents.length };
    },
  } satisfies Partial<Handlers>;
}
