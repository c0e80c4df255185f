import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Tenant, Transaction } from '../database/database.ts';
import type { Agent, ChatSession, Message } from '../generated/prisma/client.ts';
import { type Actor, tenantOf, userOf } from '../http/actor.ts';
import { newId } from '../ids.ts';
import { replyFromContainer } from './reply-from-container.ts';
import { replyFromProvider } from './reply-from-provider.ts';

const WAIT_MS = 30_000;
/** The contract's sentence for a reply that is not there yet; it joins the session when it comes. */
const STILL_WORKING = 'Agent is processing your request...';

interface Input {
  message: string;
  topic?: string | undefined;
  agentId?: string | undefined;
  sessionId?: string | undefined;
}

/** The agent named, or the newest running one of the owner. @throws AppError AGENT_NOT_FOUND, OPERATION_FAILED when it does not run */
export async function findAgent(tx: Transaction, ownerId: string, agentId: string | undefined): Promise<Agent> {
  const where = agentId ? { id: agentId } : { ownerId, state: 'running' as const };
  const agent = await tx.agent.findFirst({ where, orderBy: { createdAt: 'desc' } });
  if (!agent) throw new AppError('AGENT_NOT_FOUND', agentId ? undefined : 'No agent is running');
  if (agent.state !== 'running') throw new AppError('OPERATION_FAILED', `The agent is not running (${agent.state})`);
  return agent;
}

/** The session named, or the latest of the agent, or a new one. @throws AppError SESSION_NOT_FOUND */
async function findSession(tx: Transaction, agent: Agent, sessionId: string | undefined): Promise<ChatSession> {
  const where = { agentId: agent.id, endedAt: null, ...(sessionId ? { id: sessionId } : {}) };
  const session = await tx.chatSession.findFirst({ where, orderBy: { lastActivityAt: 'desc' } });
  if (session) return session;
  if (sessionId) throw new AppError('SESSION_NOT_FOUND');
  return openSession(tx, agent);
}

/** A new session of an agent. */
export function openSession(tx: Transaction, agent: Agent): Promise<ChatSession> {
  return tx.chatSession.create({ data: { id: newId('sess'), agentId: agent.id, ownerId: agent.ownerId } });
}

async function store(tx: Transaction, session: ChatSession, sender: 'user' | 'agent', content: string, topic?: string): Promise<Message> {
  const { id: sessionId, agentId, ownerId } = session;
  await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
  return tx.message.create({ data: { id: newId('msg'), agentId, ownerId, sessionId, sender, content, topic: topic ?? null } });
}

/** Gets the agent's reply and stores it, however long that takes. */
async function replyTo(context: Context, tenant: Tenant, agent: Agent, session: ChatSession, message: string): Promise<string> {
  const reply =
    agent.runtime === 'container'
      ? await replyFromContainer(context, agent, session.id, message)
      : await replyFromProvider(context, agent, session.id);
  if (reply.trim() === '') throw new AppError('OPERATION_FAILED', 'The agent answered nothing');
  await context.database.as(tenant, (tx) => store(tx, session, 'agent', reply));
  return reply;
}

/**
 * Says something to an agent of the actor and waits up to 30 seconds for the reply.
 * @returns the stored message, its session, and the reply or the sentence that it is still being worked on
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, OPERATION_FAILED with the agent's error
 */
export async function sendMessage(context: Context, actor: Actor, input: Input) {
  const tenant = tenantOf(actor);
  const { agent, session, message } = await context.database.as(tenant, async (tx) => {
    const found = await findAgent(tx, userOf(actor), input.agentId);
    const inSession = await findSession(tx, found, input.sessionId);
    return { agent: found, session: inSession, message: await store(tx, inSession, 'user', input.message, input.topic) };
  });
  const replying = replyTo(context, tenant, agent, session, input.message);
  replying.catch((error) => context.log.warn({ err: error, agentId: agent.id }, 'a chat failed'));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(STILL_WORKING), WAIT_MS);
  });
  const reply = await Promise.race([replying, late]).finally(() => clearTimeout(timer));
  return { message, sessionId: session.id, reply };
}
