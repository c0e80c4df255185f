import { AGENTBOT_VERSION, API_VERSION, AppError } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { findDefaultAgent } from '../agents/find-agent.ts';
import type { Context } from '../context.ts';
import { listSessions, recentMemory, wholeSession } from '../conversations/sessions.ts';
import { configuredCredentials } from './credentials.ts';
import { listSkills } from './skills.ts';

interface AgentQuery {
  action?: 'health' | 'sessions' | 'session' | 'memory' | 'skills' | 'credentials' | undefined;
  sessionId?: string | undefined;
  agentId?: string | undefined;
}

const endpointList = {
  apiVersion: API_VERSION,
  agentbotVersion: AGENTBOT_VERSION,
  endpoints: {
    'GET /api/agent': 'List endpoints',
    'GET /api/agent?action=health': 'Health status',
    'GET /api/agent?action=sessions': 'List sessions',
    'GET /api/agent?action=session&sessionId=xxx': 'Get session details',
    'GET /api/agent?action=memory': 'Get agent memory',
    'GET /api/agent?action=skills': 'List available skills',
    'GET /api/agent?action=credentials': 'List configured credentials',
    'POST /api/agent': 'Send message to agent',
    'POST /api/agent?action=create-session': 'Create new session',
    'POST /api/agent?action=update-skill': 'Enable/disable skill',
  },
};

/**
 * Reads one kind of information (`action`) about an agent of the actor; without an action, lists the endpoints.
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, INVALID_REQUEST
 */
export async function askAgent(context: Context, actor: Actor, { action, sessionId, agentId }: AgentQuery): Promise<unknown> {
  if (!action) return endpointList;
  if (action === 'session' && !sessionId) throw new AppError('INVALID_REQUEST', 'sessionId is required');
  const result = await context.database.as(tenantOf(actor), async (tx) => {
    const agent = await findDefaultAgent(tx, userOf(actor), agentId);
    switch (action) {
      case 'sessions':
        return { answer: await listSessions(tx, agent) };
      case 'session':
        return { answer: await wholeSession(tx, agent, sessionId ?? '') };
      case 'memory':
        return { answer: await recentMemory(tx, agent) };
      case 'credentials':
        return { answer: { credentials: await configuredCredentials(tx, agent) } };
      default: {
        const last = await tx.message.findFirst({ where: { agentId: agent.id }, orderBy: { seq: 'desc' } });
        return { agent, credentials: await configuredCredentials(tx, agent), lastSeen: last?.createdAt.getTime() ?? null };
      }
    }
  });
  // The request to the gateway runs outside the transaction, which must not wait for it.
  if (result.answer) return result.answer;
  const { agent, credentials, lastSeen } = result as Exclude<typeof result, { answer: unknown }>;
  const skills = await listSkills(context, agent);
  if (action === 'skills') return { skills };
  return {
    status: agent.state,
    version: agent.openclawVersion,
    apiVersion: API_VERSION,
    uptime: agent.startedAt ? Math.floor((Date.now() - agent.startedAt.getTime()) / 1000) : 0,
    model: agent.model,
    channels: (['telegram', 'discord', 'whatsapp', 'slack'] as const).filter((channel) => credentials[channel]),
    skills: skills.filter(({ enabled, ready }) => enabled && ready).map(({ id }) => id),
    lastSeen,
  };
}
