import type { Agent, Message } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { notifyReplies } from './settle-reply.ts';
import { waitForReply } from './watch-reply.ts';

/** The re-check interval without a notification: a deleted earlier message sends none. */
const RECHECK_MS = 5_000;
/** A run may still be active this long after the last write of its reply. */
const RECENT_SECONDS = 15;

export interface Turn {
  /** The agent's current row. */
  agent: Agent;
  begunAt: Date;
  /** Whether an earlier process may have sent the message to the gateway. */
  resumed: boolean;
  /** The id of the previous message, when its reply ended a moment ago. */
  after?: string;
}

/**
 * Waits until every earlier message of the session has its reply or has failed: an agent's gateway would join messages that
 * arrive during a run. Each reply ends, since another process resumes those of a dead one (`workers/reply-resumer.ts`).
 * Storing a message locks the session's row, so this query sees messages in the order of their `seq`.
 * @returns undefined when the reply has ended already
 * @throws the reason of `closing` when the process ends
 */
export async function awaitTurn(context: Context, { id, sessionId, seq }: Message): Promise<Turn | undefined> {
  const { database, closing } = context;
  for (;;) {
    closing.throwIfAborted();
    const result = await database.as('service', async (tx) => {
      const reply = await tx.reply.findUnique({ where: { id, state: 'pending' }, include: { message: { include: { agent: true } } } });
      if (!reply) return {};
      const earlier = { message: { sessionId, seq: { lt: seq } } };
      const order = { orderBy: { message: { seq: 'desc' as const } }, select: { id: true } };
      const pending = await tx.reply.findFirst({ where: { ...earlier, state: 'pending' }, ...order });
      if (pending) return { pending };
      const [previous] = await tx.$queryRaw<{ id: string }[]>`
        SELECT r.id FROM replies r JOIN messages m ON m.id = r.id
        WHERE m.session_id = ${sessionId} AND m.seq < ${seq} AND r.begun_at IS NOT NULL
          AND r.alive_at > app_now() - make_interval(secs => ${RECENT_SECONDS})
        ORDER BY m.seq DESC LIMIT 1`;
      const begunAt = reply.begunAt ?? new Date();
      if (!reply.begunAt) {
        const begun = await tx.reply.updateMany({ where: { id, state: 'pending' }, data: { begunAt, version: { increment: 1 } } });
        // Cancelled meanwhile.
        if (begun.count === 0) return {};
        await notifyReplies(tx, [id]);
      }
      return { turn: { agent: reply.message.agent, begunAt, resumed: reply.begunAt !== null, ...(previous && { after: previous.id }) } };
    });
    if (!result.pending) return result.turn;
    await waitForReply(context, result.pending.id, RECHECK_MS, closing);
  }
}
