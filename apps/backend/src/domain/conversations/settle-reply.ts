import type { Message } from '../../generated/prisma/client.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';

/** The Postgres channel that notifies every process of a changed reply. */
export const REPLIES = 'replies';
/** The error of a reply that an abort command ended. */
export const INTERRUPTED = 'The agent was interrupted';

/** The notification of a changed reply; without `text`, the reply must be read from the table. */
export interface ReplyChange {
  id: string;
  version: number;
  /** The character at which `text` begins; it replaces the rest of the stored text. */
  at?: number;
  text?: string;
}

/** Ends a pending reply: with the agent's text, which joins the session, or with an error. An ended reply does not change. */
export async function settle(
  { database }: Pick<Context, 'database'>,
  message: Message,
  outcome: { text: string } | { error: string },
): Promise<void> {
  const { id, agentId, ownerId, sessionId, platform } = message;
  await database.as('service', async (tx) => {
    const failed = 'error' in outcome;
    const data = failed ? { state: 'failed' as const, error: outcome.error } : { state: 'done' as const, text: outcome.text };
    const { count } = await tx.reply.updateMany({ where: { id, state: 'pending' }, data: { ...data, version: { increment: 1 } } });
    if (count && !failed) {
      const fields = { agentId, ownerId, sessionId, sender: 'agent', content: outcome.text, platform };
      const { id: messageId } = await tx.message.create({ data: { id: newId('msg'), ...fields } });
      await tx.reply.update({ where: { id }, data: { messageId } });
      await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
    }
    await tx.$executeRaw`SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ${id}`;
  });
}

/**
 * Ends the pending replies of a session that are older than an abort command: the active one and the queued ones. The
 * processes that work on them are notified and stop.
 * @returns the number of ended replies
 */
export function interruptPendingReplies({ database }: Pick<Context, 'database'>, { sessionId, seq }: Message): Promise<number> {
  return database.as('service', async (tx) => {
    const earlier = { state: 'pending' as const, message: { sessionId, seq: { lt: seq } } };
    const pending = await tx.reply.findMany({ where: earlier, include: { message: true } });
    // Another abort command gets a reply of its own.
    const ids = pending.filter(({ message }) => !isAbortCommand(message.content)).map(({ id }) => id);
    const data = { state: 'failed' as const, error: INTERRUPTED, version: { increment: 1 } };
    const { count } = await tx.reply.updateMany({ where: { id: { in: ids }, state: 'pending' }, data });
    await tx.$executeRaw`
      SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ANY(${ids})`;
    return count;
  });
}
