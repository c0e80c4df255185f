import type { Context } from '../domain/context.ts';
import { answer } from '../domain/conversations/answer-message.ts';
import { pollLoop } from '../shared/poll-loop.ts';

const INTERVAL_MS = 5_000;
/** A reply of which nobody said anything for this long belongs to a process that died, in seconds. */
const STALE_AFTER_SECONDS = 20;

/** Takes up the replies that died with their process; one of several processes gets each. */
async function resumeOnce(context: Context): Promise<void> {
  const { database, log } = context;
  const found = await database.as('service', async (tx) => {
    const claimed = await tx.$queryRaw<{ id: string }[]>`
      UPDATE replies SET alive_at = now()
      WHERE state = 'pending' AND alive_at < now() - make_interval(secs => ${STALE_AFTER_SECONDS}) RETURNING id`;
    if (claimed.length === 0) return [];
    const where = { id: { in: claimed.map(({ id }) => id) } };
    return tx.reply.findMany({ where, include: { message: { include: { agent: true } } } });
  });
  for (const { id, text, message } of found) {
    log.info({ replyId: id, agentId: message.agentId }, 'a reply is taken up again');
    context.background(answer(context, message.agent, message, text));
  }
}

/** Looks for replies to take up, every few seconds, until aborted. */
export async function resumeReplies(context: Context, signal: AbortSignal): Promise<void> {
  await pollLoop(
    signal,
    { intervalMs: INTERVAL_MS },
    () => resumeOnce(context),
    (error) => context.log.warn({ err: error }, 'lost replies could not be looked for'),
  );
}
