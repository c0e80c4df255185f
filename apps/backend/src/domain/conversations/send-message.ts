import { AppError, MAX_WAITING_MESSAGES } from '@agentbot/contracts';
import type { Agent, ChatSession, Message } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { findRunningAgent } from '../agents/find-agent.ts';
import type { Context } from '../context.ts';
import { answer } from './answer-message.ts';
import { decodeImages, requireImageInput, storeImages } from './message-images.ts';
import { setTitle } from './title.ts';
import { waitForReply } from './watch-reply.ts';

const WAIT_MS = 30_000;
/** The contract's sentence for a pending reply; the reply joins the session later. */
const STILL_WORKING = 'Agent is processing your request...';

interface Input {
  message: string;
  /** In base64. */
  images?: { data: string }[] | undefined;
  topic?: string | undefined;
  agentId?: string | undefined;
  sessionId?: string | undefined;
  wait?: boolean | undefined;
}

/**
 * The session with the given id; without an id, the latest session that was opened here, or a new one.
 * @throws AppError SESSION_NOT_FOUND, INVALID_REQUEST for a session of a channel
 */
async function findSession(tx: Transaction, agent: Agent, sessionId: string | undefined): Promise<ChatSession> {
  const where = { agentId: agent.id, endedAt: null, ...(sessionId ? { id: sessionId } : { gatewaySessionId: null }) };
  const session = await tx.chatSession.findFirst({ where, orderBy: { lastActivityAt: 'desc' } });
  if (!session) {
    if (sessionId) throw new AppError('SESSION_NOT_FOUND');
    return openSession(tx, agent);
  }
  if (session.gatewaySessionId) throw new AppError('INVALID_REQUEST', `This session belongs to ${session.platform}: continue it there`);
  return session;
}

/** Opens a new session of an agent. */
export function openSession(tx: Transaction, agent: Agent): Promise<ChatSession> {
  return tx.chatSession.create({ data: { id: newId('sess'), agentId: agent.id, ownerId: agent.ownerId } });
}

/** @throws AppError TOO_MANY_WAITING when as many messages of the session wait as may wait; its row must be locked */
async function requireFreePlace(tx: Transaction, { id: sessionId, agentId }: ChatSession): Promise<void> {
  const waiting = await tx.reply.count({ where: { agentId, state: 'pending', begunAt: null, message: { sessionId } } });
  if (waiting >= MAX_WAITING_MESSAGES) throw new AppError('TOO_MANY_WAITING');
}

/** Stores a person's message with a pending reply. @throws AppError TOO_MANY_WAITING, IMAGES_FULL */
async function store(tx: Transaction, agent: Agent, session: ChatSession, id: string, { message, topic, images }: Input): Promise<Message> {
  const { id: sessionId, agentId, ownerId } = session;
  // Locks the session's row.
  await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
  // An abort command waits for nothing, and ends the replies that wait.
  if (!isAbortCommand(message, agent.openclawVersion)) await requireFreePlace(tx, session);
  const stored = await tx.message.create({
    data: { id, agentId, ownerId, sessionId, sender: 'user', content: message, topic: topic ?? null },
  });
  if (images?.length) await storeImages(tx, stored, decodeImages(images));
  await tx.reply.create({ data: { id, agentId, ownerId } });
  await setTitle(tx, session, message);
  return stored;
}

/**
 * Sends a message to an agent of the actor and waits up to 30 seconds for the reply; with `wait: false` it does not wait.
 * @param id the message's id; a repeated request has the same one
 * @returns the stored message, its session, and the reply, or the contract's sentence while it is pending
 * @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND, INVALID_REQUEST, TOO_MANY_WAITING, IMAGES_FULL, OPERATION_FAILED with the
 *   agent's error
 */
export async function sendMessage(context: Context, actor: Actor, input: Input, id = newId('msg')) {
  const tenant = tenantOf(actor);
  const { agent, stored } = await context.database.as(tenant, async (tx) => {
    // Stored by an earlier request: its reply follows, whatever became of the agent since.
    const existing = await tx.message.findUnique({ where: { id } });
    if (existing) return { stored: existing };
    const found = await findRunningAgent(tx, userOf(actor), input.agentId);
    if (input.images?.length) requireImageInput(found, context.config);
    return { agent: found, stored: await store(tx, found, await findSession(tx, found, input.sessionId), id, input) };
  });
  if (agent) context.background(answer(context, agent, stored));
  const { sessionId } = stored;
  if (input.wait === false) return { message: stored, sessionId, reply: STILL_WORKING };
  const ended = await waitForReply(context, id, WAIT_MS);
  if (ended?.state === 'failed') {
    throw new AppError('OPERATION_FAILED', ended.error ?? undefined, { details: { kind: ended.kind ?? 'agent' } });
  }
  return { message: stored, sessionId, reply: ended?.state === 'done' ? ended.text : STILL_WORKING };
}
