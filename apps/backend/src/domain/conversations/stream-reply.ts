import { AppError, type ReplyFrame } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import type { EventSink, Subscribe } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { messageView } from './list-messages.ts';
import { watchReply } from './watch-reply.ts';

/**
 * Streams the reply to a message of the actor; a client that reconnects gets it from the beginning.
 * @throws AppError MESSAGE_NOT_FOUND
 */
export async function streamReply(context: Context, actor: Actor, messageId: string): Promise<Subscribe> {
  const reply = await context.database.as(tenantOf(actor), (tx) => tx.reply.findUnique({ where: { id: messageId } }));
  if (!reply) throw new AppError('MESSAGE_NOT_FOUND');
  return ({ send, end }: EventSink<ReplyFrame>) =>
    watchReply(
      context,
      messageId,
      ({ state, text, error, answer }) => {
        if (state === 'pending' || text) send('reply', { type: 'text', at: 0, text });
        if (state === 'pending') return;
        send(
          'reply',
          answer ? { type: 'done', message: messageView(answer) } : { type: 'error', error: error ?? 'The agent failed to answer' },
        );
        end();
      },
      (at, text) => send('reply', { type: 'text', at, text }),
    );
}
