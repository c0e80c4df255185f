import { AppError } from '@agentbot/contracts';
import { abortRun } from '../../infra/openclaw/send-to-session.ts';
import { sessionKeyOf } from '../../infra/openclaw/session-history.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { gatewayOf } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './reply-error.ts';
import { endReplies } from './settle-reply.ts';

const CANCELLED = 'The message was cancelled before the agent got it';

/**
 * Cancels a queued message of the actor, or stops its reply; the agent's text so far stays in the session. The process that
 * works on the reply is notified and stops. This one aborts the run in the agent's gateway as well, since that process may
 * have died.
 * @throws AppError MESSAGE_NOT_FOUND
 */
export async function cancelReply(context: Context, actor: Actor, messageId: string) {
  const { database, log } = context;
  const stopped = 'stopped' as const;
  const include = { message: { include: { agent: true } } };
  const { reply, outcome } = await database.as(tenantOf(actor), async (tx) => {
    const found = await tx.reply.findUnique({ where: { id: messageId }, include });
    if (!found) throw new AppError('MESSAGE_NOT_FOUND');
    if (await endReplies(tx, { id: messageId, begunAt: null }, { error: CANCELLED, kind: stopped }))
      return { reply: found, outcome: 'cancelled' as const };
    const count = await endReplies(tx, { id: messageId }, { error: INTERRUPTED, kind: stopped });
    return { reply: found, outcome: count ? stopped : ('ended' as const) };
  });
  const { agent, sessionId, content: text } = reply.message;
  if (outcome === 'stopped' && agent.runtime === 'container') {
    const sent = { sessionKey: sessionKeyOf(sessionId), id: messageId, text, version: agent.openclawVersion };
    const abort = gatewayOf(context, agent).then((gateway) => abortRun(gateway, sent));
    context.background(abort.catch((error) => log.warn({ err: error, replyId: messageId }, 'a stopped run could not be aborted')));
  }
  return { messageId, outcome };
}
