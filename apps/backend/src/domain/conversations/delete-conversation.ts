import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { deleteSession, sessionKeyOf } from '../../infra/openclaw/session-history.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import { requireGateway, throwGatewayUnavailable } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './reply-error.ts';
import { endReplies } from './settle-reply.ts';

const STOPPED = 'The agent has its own copy of the conversation, and deletes it only while it runs. Start the agent, then try again';

/**
 * Deletes a conversation with its messages, also from the agent's gateway. A reply in progress ends as interrupted.
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE
 */
export async function deleteConversation(
  context: Context,
  actor: Actor,
  { id: agentId, conversationId: id }: { id: string; conversationId: string },
): Promise<void> {
  const agent = await getAgent(context, actor, agentId);
  const tenant = tenantOf(actor);
  const session = await context.database.as(tenant, (tx) => tx.chatSession.findFirst({ where: { id, agentId } }));
  if (!session) throw new AppError('SESSION_NOT_FOUND');
  const gateway = await gatewayWithCopy(context, agent);
  // Replies end first: a queued message would re-create the gateway's session.
  const outcome = { error: INTERRUPTED, kind: 'stopped' as const };
  await context.database.as('service', async (tx) => {
    // The ended session refuses messages that are sent during the deletion. The gateway would create its session again for them.
    await tx.chatSession.updateMany({ where: { id }, data: { endedAt: session.endedAt ?? new Date() } });
    await endReplies(tx, { message: { sessionId: id } }, outcome);
  });
  const key = session.gatewaySessionId ? { sessionId: session.gatewaySessionId } : { key: sessionKeyOf(id) };
  try {
    if (gateway) await deleteSession(gateway, key);
  } catch (error) {
    await context.database.as('service', (tx) => tx.chatSession.updateMany({ where: { id }, data: { endedAt: session.endedAt } }));
    throwGatewayUnavailable(error);
  }
  await context.database.as('service', async (tx) => {
    // A message that was being stored when the session ended.
    await endReplies(tx, { message: { sessionId: id } }, outcome);
    await tx.chatSession.deleteMany({ where: { id, agentId } });
  });
}

/**
 * The gateway that has a copy of the agent's conversations; undefined for an agent that never had a container.
 * @throws AppError AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE
 */
async function gatewayWithCopy(context: Context, agent: Agent) {
  if (!agent.containerSpec) return undefined;
  if (agent.state !== 'running') throw new AppError('AGENT_NOT_RUNNING', STOPPED);
  return requireGateway(context, agent);
}
