import { AppError, type ReplyFrame } from '@agentbot/contracts';
import type { Message } from '../../generated/prisma/client.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { coalesce } from '../../shared/keyed-runner.ts';
import type { EventSink, Subscribe } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { messageView } from './list-messages.ts';
import { REPLIES, type ReplyChange } from './settle-reply.ts';
import { watchReply } from './watch-reply.ts';

/**
 * Watches the number of earlier messages in the session whose replies are pending.
 * @param onLength called with the number at the start and when it has changed
 * @returns a function that stops watching
 */
function watchQueue({ database, notifications, log }: Context, { id, sessionId, seq }: Message, onLength: (ahead: number) => void) {
  let ids = new Set<string>();
  let known: number | undefined;
  let stopped = false;
  const where = { state: 'pending' as const, message: { sessionId, seq: { lt: seq } } };
  const { run: read } = coalesce(async () => {
    try {
      const pending = await database.as('service', (tx) => tx.reply.findMany({ where, select: { id: true } }));
      ids = new Set(pending.map((reply) => reply.id));
      if (!stopped && ids.size !== known) onLength(ids.size);
      known = ids.size;
    } catch (error) {
      log.warn({ err: error, replyId: id }, 'the number of queued messages could not be read');
    }
  });
  const offChange = notifications.on(REPLIES, (payload) => {
    // Most notifications bring text of a reply that goes on.
    if (payload.includes('"text"')) return;
    const change = JSON.parse(payload) as ReplyChange;
    if (change.text === undefined && ids.has(change.id)) read();
  });
  const offResumed = notifications.on('resumed', read);
  read();
  return () => {
    stopped = true;
    offChange();
    offResumed();
  };
}

/**
 * Streams the reply to a message of the actor; a client that reconnects gets it from the beginning. While the message waits
 * for its turn, the stream has the number of messages before it.
 * @throws AppError MESSAGE_NOT_FOUND
 */
export async function streamReply(context: Context, actor: Actor, messageId: string): Promise<Subscribe> {
  const find = { where: { id: messageId }, include: { message: { include: { agent: true } } } };
  const reply = await context.database.as(tenantOf(actor), (tx) => tx.reply.findUnique(find));
  if (!reply) throw new AppError('MESSAGE_NOT_FOUND');
  return ({ send, end }: EventSink<ReplyFrame>) => {
    let leaveQueue: (() => void) | undefined;
    const unwatch = watchReply(
      context,
      messageId,
      ({ state, begunAt, text, kind, error, answer }) => {
        if (state === 'pending' && !begunAt && !isAbortCommand(reply.message.content, reply.message.agent.openclawVersion)) {
          leaveQueue ??= watchQueue(context, reply.message, (ahead) =>
            send('reply', ahead > 0 ? { type: 'queued', ahead } : { type: 'text', at: 0, text }),
          );
          return;
        }
        leaveQueue?.();
        if (state === 'pending' || text) send('reply', { type: 'text', at: 0, text });
        if (state === 'pending') return;
        if (state === 'done' && answer) send('reply', { type: 'done', message: messageView(answer) });
        else send('reply', { type: 'error', error: error ?? 'The agent failed to answer', kind: kind ?? 'agent' });
        end();
      },
      (at, text) => {
        leaveQueue?.();
        send('reply', { type: 'text', at, text });
      },
      reply,
    );
    return () => {
      leaveQueue?.();
      unwatch();
    };
  };
}
