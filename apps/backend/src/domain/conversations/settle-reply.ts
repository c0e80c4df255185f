import type { ReplyErrorKind } from '@agentbot/contracts';
import type { Message, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './reply-error.ts';

/** The Postgres channel that notifies every process of a changed reply. */
export const REPLIES = 'replies';

/** The notification of a changed reply; without `text`, the reply must be read from the table. */
export interface ReplyChange {
  id: string;
  version: number;
  /** The character at which `text` begins; it replaces the rest of the stored text. */
  at?: number;
  text?: string;
}

/** Notifies every process that these replies must be read again. */
export async function notifyReplies(tx: Transaction, ids: string[]): Promise<void> {
  await tx.$executeRaw`
    SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ANY(${ids})`;
}

/** The kinds of failed replies whose partial text is stored. */
const KEEPS_TEXT: readonly (ReplyErrorKind | null)[] = ['stopped', 'budget'];

/**
 * Ends pending replies with the agent's text or with an error. The text, also the partial text of a stopped reply, is stored as
 * a message of the session. An ended reply does not change.
 * @returns the number of ended replies
 */
export async function endReplies(
  tx: Transaction,
  where: Prisma.ReplyWhereInput,
  outcome: { text: string } | { error: string; kind: ReplyErrorKind },
): Promise<number> {
  const data = { ...outcome, state: 'error' in outcome ? ('failed' as const) : ('done' as const), version: { increment: 1 } };
  const ended = await tx.reply.updateManyAndReturn({ where: { ...where, state: 'pending' }, data, include: { message: true } });
  // In a session at most one reply at a time has a text, so this writes one message.
  for (const { id, state, kind, text, message } of ended) {
    if (state !== 'done' && (!KEEPS_TEXT.includes(kind) || text === '')) continue;
    const { agentId, ownerId, sessionId, platform } = message;
    const fields = { agentId, ownerId, sessionId, sender: 'agent', content: text, platform };
    const { id: messageId } = await tx.message.create({ data: { id: newId('msg'), ...fields } });
    await tx.reply.update({ where: { id }, data: { messageId } });
    await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
  }
  const ids = ended.map(({ id }) => id);
  if (ids.length > 0) await notifyReplies(tx, ids);
  return ids.length;
}

/** Ends the pending reply to a message, in a transaction of its own (`endReplies`). */
export async function settle(
  { database }: Pick<Context, 'database'>,
  { id }: Pick<Message, 'id'>,
  outcome: { text: string } | { error: string; kind: ReplyErrorKind },
): Promise<void> {
  await database.as('service', (tx) => endReplies(tx, { id }, outcome));
}

/**
 * Ends the pending replies of a session that are older than an abort command: the active one and the queued ones. The
 * processes that work on them are notified and stop.
 * @returns the number of ended replies
 */
export function interruptPendingReplies({ database }: Pick<Context, 'database'>, { sessionId, seq }: Message): Promise<number> {
  return database.as('service', async (tx) => {
    const earlier = { state: 'pending' as const, message: { sessionId, seq: { lt: seq } } };
    const pending = await tx.reply.findMany({ where: earlier, include: { message: { include: { agent: true } } } });
    // Another abort command gets a reply of its own.
    const ids = pending.filter(({ message }) => !isAbortCommand(message.content, message.agent.openclawVersion)).map(({ id }) => id);
    return endReplies(tx, { id: { in: ids } }, { error: INTERRUPTED, kind: 'stopped' });
  });
}
