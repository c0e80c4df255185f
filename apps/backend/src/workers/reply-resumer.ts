import type { Context } from '../domain/context.ts';
import { answer } from '../domain/conversations/answer-message.ts';
import { pollLoop } from '../shared/poll-loop.ts';

const INTERVAL_MS = 5_000;
/** A pending reply without a heartbeat for this long is stale: its process died. */
const STALE_AFTER_SECONDS = 20;

/** Claims stale replies and resumes them. Each reply is claimed by one process. */
export async function resumeStaleReplies(context: Context): Promise<void> {
  const { database, log } = context;
  const replies = await database.as('service', async (tx) => {
    const claimed = await tx.$queryRaw<{ id: string }[]>`
      UPDATE replies SET alive_at = app_now()
      WHERE state = 'pending' AND alive_at < app_now() - make_interval(secs => ${STALE_AFTER_SECONDS}) RETURNING id`;
    if (claimed.length === 0) return [];
    const where = { id: { in: claimed.map(({ id }) => id) } };
    return tx.reply.findMany({ where, include: { message: { include: { agent: true } } } });
  });
  for (const { id, text, message } of replies) {
    log.info({ replyId: id, agentId: message.agentId }, 'a stale reply is resumed');
    context.background(answer(context, message.agent, message, text));
  }
}

/** Resumes stale replies every few seconds, until aborted. */
export async function resumeReplies(context: Context, signal: AbortSignal): Promise<void> {
  await pollLoop(
    signal,
    { intervalMs: INTERVAL_MS },
    () => resumeStaleReplies(context),
    (error) => context.log.warn({ err: error }, 'stale replies could not be read'),
  );
}
