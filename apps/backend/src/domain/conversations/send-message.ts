import { AppError } from '@agentbot/contracts';
import type { Agent, ChatSession, Message } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { findRunningAgent } from '../agents/find-agent.ts';
import type { Context } from '../context.ts';
import { answer } from './answer-message.ts';
import { waitForReply } from './watch-reply.ts';

const WAIT_MS = 30_000;
/** The contract's sentence for a reply that is not there yet; it joins the session when it comes. */
const STILL_WORKING = 'Agent is processing your request...';

interface Input {
  message: string;
  topic?: string | undefined;
  agentId?: string | undefined;
  sessionId?: string | undefined;
  wait?: boolean | undefined;
}

/**
 * The session named, or the latest of those that began here, or a new one.
 * @throws AppError SESSION_NOT_FOUND, INVALID_REQUEST for one that takes place on a channel
 */
async function findSession(tx: Transaction, agent: Agent, sessionId: string | undefined): Promise<ChatSession> {
  const where = { agentId: agent.id, endedAt: null, ...(sessionId ? { id: sessionId } : { gatewaySessionId: null }) };
  const session = await tx.chatSession.findFirst({ where, orderBy: { lastActivityAt: 'desc' } });
  if (!session) {
    if (sessionId) throw new AppError('SESSION_NOT_FOUND');
    return openSession(tx, agent);
  }
  if (session.gatewaySessionId)
    throw new AppError('INVALID_REQUEST', `This session takes place on ${session.platform}: it is continued there`);
  return session;
}

/** A new session of an agent. */
export function openSession(tx: Transaction, agent: Agent): Promise<ChatSession> {
  return tx.chatSession.create({ data: { id: newId('sess'), agentId: agent.id, ownerId: agent.ownerId } });
}

/** Stores what a person said, and that it waits for a reply; said twice under one id, it is the first one. */
async function store(
  tx: Transaction,
  session: ChatSession,
  id: string,
  { message, topic }: Input,
): Promise<{ said: Message; fresh: boolean }> {
  const before = await tx.message.findUnique({ where: { id } });
  if (before) return { said: before, fresh: false };
  const { id: sessionId, agentId, ownerId } = session;
  await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
  const said = await tx.message.create({
    data: { id, agentId, ownerId, sessionId, sender: 'user', content: message, topic: topic ?? null },
  });
  await tx.reply.create({ data: { id, agentId, ownerId } });
  return { said, fresh: true };
}

/**
 * Says something to an agent of the actor and waits up to 30 seconds for the reply, or not at all.
 * @param id what to name the message, the same again when the request is repeated
 * @returns the stored message, its session, and the reply or the sentence that it is still being worked on
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, INVALID_REQUEST, OPERATION_FAILED with the agent's error
 */
export async function sendMessage(context: Context, actor: Actor, input: Input, id = newId('msg')) {
  const tenant = tenantOf(actor);
  const { agent, said, fresh } = await context.database.as(tenant, async (tx) => {
    const found = await findRunningAgent(tx, userOf(actor), input.agentId);
    return { agent: found, ...(await store(tx, await findSession(tx, found, input.sessionId), id, input)) };
  });
  if (fresh) context.background(answer(context, agent, said));
  const { sessionId } = said;
  if (input.wait === false) return { message: said, sessionId, reply: STILL_WORKING };
  const ended = await waitForReply(context, id, WAIT_MS);
  if (ended?.state === 'failed') throw new AppError('OPERATION_FAILED', ended.error ?? undefined);
  return { message: said, sessionId, reply: ended?.state === 'done' ? ended.text : STILL_WORKING };
}
