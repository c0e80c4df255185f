import type { Agent, Message } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { waitForReply } from './watch-reply.ts';

/** How often a message looks for its turn when no notification comes: the earlier message may have been deleted. */
const LOOK_AGAIN_MS = 5_000;
/** The agent may be busy with what follows its words for so long after a reply was last written. */
const RECENT_MS = 15_000;

export interface Turn {
  /** The agent as it is now. */
  agent: Agent;
  begunAt: Date;
  /** Whether another process began before this one and may have sent the message to the gateway. */
  resumed: boolean;
  /** The message before, when its reply has just ended. */
  after?: string;
}

/**
 * Waits until every earlier message of the session has its reply, or has failed: an agent's gateway would join messages
 * that come during a run. The earlier replies of a dead process are taken up by others (`resume-replies.ts`), so each ends.
 * The lock on the session's row when messages are stored makes their `seq` the order in which they can be seen here.
 * @returns undefined when the reply was ended meanwhile
 * @throws what `closing` aborts with, when the process ends
 */
export async function awaitTurn(context: Context, { id, sessionId, seq }: Message): Promise<Turn | undefined> {
  const { database, closing } = context;
  for (;;) {
    closing.throwIfAborted();
    const found = await database.as('service', async (tx) => {
      const reply = await tx.reply.findUnique({ where: { id, state: 'pending' }, include: { message: { include: { agent: true } } } });
      if (!reply) return {};
      const earlier = { message: { sessionId, seq: { lt: seq } } };
      const order = { orderBy: { message: { seq: 'desc' as const } }, select: { id: true } };
      const before = await tx.reply.findFirst({ where: { ...earlier, state: 'pending' }, ...order });
      if (before) return { before };
      const recent = { begunAt: { not: null }, aliveAt: { gt: new Date(Date.now() - RECENT_MS) } };
      const ended = await tx.reply.findFirst({ where: { ...earlier, ...recent }, ...order });
      const begunAt = reply.begunAt ?? new Date();
      if (!reply.begunAt) await tx.reply.update({ where: { id }, data: { begunAt } });
      return { turn: { agent: reply.message.agent, begunAt, resumed: reply.begunAt !== null, ...(ended && { after: ended.id }) } };
    });
    if (!found.before) return found.turn;
    await waitForReply(context, found.before.id, LOOK_AGAIN_MS, closing);
  }
}
