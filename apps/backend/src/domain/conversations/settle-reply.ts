import type { Message } from '../../generated/prisma/client.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';

/** Under this name Postgres tells every process which reply has changed. */
export const REPLIES = 'replies';
/** Why a reply ended that its owner stopped. */
export const INTERRUPTED = 'The agent was interrupted';

/** A change of a reply, as told to every process; without `text` it must be read from the table. */
export interface ReplyChange {
  id: string;
  version: number;
  at?: number;
  text?: string;
}

/** Ends a reply once: with the agent's words, which join the session, or with the reason why there are none. */
export async function settle(
  { database }: Pick<Context, 'database'>,
  message: Message,
  outcome: { words: string } | { error: string },
): Promise<void> {
  const { id, agentId, ownerId, sessionId, platform } = message;
  await database.as('service', async (tx) => {
    const failed = 'error' in outcome;
    const data = failed ? { state: 'failed' as const, error: outcome.error } : { state: 'done' as const, text: outcome.words };
    const { count } = await tx.reply.updateMany({ where: { id, state: 'pending' }, data: { ...data, version: { increment: 1 } } });
    if (count && !failed) {
      const said = { agentId, ownerId, sessionId, sender: 'agent', content: outcome.words, platform };
      const { id: messageId } = await tx.message.create({ data: { id: newId('msg'), ...said } });
      await tx.reply.update({ where: { id }, data: { messageId } });
      await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
    }
    await tx.$executeRaw`SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ${id}`;
  });
}

/**
 * Ends the pending replies of a session that are older than an abort command: the running one and the queued ones. The
 * processes that work on them are notified and stop.
 * @returns the number of replies that were ended
 */
export function interruptPendingReplies({ database }: Pick<Context, 'database'>, { sessionId, seq }: Message): Promise<number> {
  return database.as('service', async (tx) => {
    const earlier = { state: 'pending' as const, message: { sessionId, seq: { lt: seq } } };
    const found = await tx.reply.findMany({ where: earlier, include: { message: true } });
    // Another abort command gets its own answer.
    const ids = found.filter(({ message }) => !isAbortCommand(message.content)).map(({ id }) => id);
    const data = { state: 'failed' as const, error: INTERRUPTED, version: { increment: 1 } };
    const { count } = await tx.reply.updateMany({ where: { id: { in: ids }, state: 'pending' }, data });
    await tx.$executeRaw`
      SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ANY(${ids})`;
    return count;
  });
}
