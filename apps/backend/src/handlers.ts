import { AppError, plans } from '@agentbot/contracts';
import { webAgentLimit } from './accounts/accounts.ts';
import { agentDetails, createdAgent, listedAgent, provisionedAgent, webAgent } from './agents/agent-view.ts';
import { getAgent, listAgents } from './agents/agents.ts';
import { insertAgent } from './agents/insert-agent.ts';
import { listChat, listMessages } from './chat/list-messages.ts';
import { sendMessage } from './chat/send-message.ts';
import type { Context } from './context.ts';
import { tenantOf, userOf } from './http/actor.ts';
import type { Handlers } from './http/mount-routes.ts';
import { listOperations } from './jobs/operations.ts';
import { deleteAgent, runOperation, startAgent } from './lifecycle/run-operation.ts';
import { provisionAgent } from './provisioning/provision-agent.ts';

/** One line per operation of the contract: call the verb, present its result for the caller's side. */
export function createHandlers(context: Context): Handlers {
  const { accounts, config, database, envelope, host } = context;

  return {
    getHealth: async () => ({
      status: 'ok',
      timestamp: new Date().toISOString(),
      docker: (await host.available()) ? 'available' : 'unavailable',
      provisioning: config.PROVISIONING_ENABLED ? 'enabled' : 'disabled',
    }),

    register: async ({ body }) => {
      const { id, email } = await accounts.register(body);
      return { id, email };
    },
    verifyCredentials: async ({ body }) => {
      const { id, email, name } = await accounts.verify(body);
      return { id, email, name };
    },
    getMe: async ({ actor }) => {
      const account = await accounts.find(userOf(actor));
      const agentCount = (await listAgents(context, actor)).length;
      return { ...account, agentLimit: webAgentLimit(account), agentCount };
    },
    grantPlan: async ({ params, body }) => {
      const { id, email, plan } = await accounts.grantPlan(params.id, body.plan);
      return { id, email, plan };
    },

    listAgents: async ({ actor, facade }) => {
      const known = actor && actor.kind !== 'web' ? await listAgents(context, actor) : [];
      if (facade === 'backend') return known.map((agent) => listedAgent(agent, config));
      return { agents: known.map((agent) => webAgent(agent, config)), count: known.length, status: 'ok' };
    },
    createAgent: async ({ actor, body }) => {
      const owner = await accounts.find(userOf(actor));
      const plan = body.config?.plan ?? 'label';
      const agent = await database.as(tenantOf(actor), (tx) =>
        insertAgent(tx, envelope, owner, plans[plan].backendLimit, {
          name: body.name,
          model: 'claude-opus-4-6',
          plan,
          config: body.config ?? {},
          state: 'pending',
        }),
      );
      return createdAgent(agent, config);
    },
    getAgent: async ({ actor, params, facade }) => {
      const agent = agentDetails(await getAgent(context, actor, params.id), config);
      return facade === 'web' ? { agent, status: 'ok' } : agent;
    },
    deleteAgent: async ({ actor, params, requestId }) => {
      await deleteAgent(context, actor, params.id, requestId);
      return { id: params.id, deleted: true };
    },
    provisionAgent: async ({ actor, body, requestId }) => {
      const agent = await provisionAgent(context, actor, body, requestId);
      return { success: true, agent: provisionedAgent(agent, config) };
    },
    listProvisionedAgents: async ({ actor }) => {
      const agents = (await listAgents(context, actor)).map((agent) => webAgent(agent, config));
      return { success: true, agents, count: agents.length };
    },

    startAgent: async ({ actor, params, requestId }) => {
      await startAgent(context, actor, params.id, requestId);
      return { success: true, status: 'active' };
    },
    stopAgent: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'stop', requestId);
      return { success: true, status: 'stopped' };
    },
    restartAgent: async ({ actor, params, requestId }) => {
      const agent = await runOperation(context, actor, params.id, 'restart', requestId);
      if (!agent) throw new AppError('AGENT_NOT_FOUND');
      return {
        success: true,
        status: 'active',
        healedLegacyModel: false,
        healMessage: '',
        openclawVersion: agent.openclawVersion ?? 'unknown',
      };
    },
    listOperations: async ({ actor, params }) => {
      await getAgent(context, actor, params.id);
      return { operations: await listOperations(database, tenantOf(actor), params.id), status: 'ok' };
    },

    sendMessage: ({ actor, body }) => sendMessage(context, actor, body),
    listChat: ({ actor }) => listChat(context, actor),
    listMessages: ({ actor, params, query }) => listMessages(context, actor, params.id, query),
  };
}
