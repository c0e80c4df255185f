import type { Context } from '../../domain/context.ts';
import { cancelReply } from '../../domain/conversations/cancel-reply.ts';
import { listChat, listMessages } from '../../domain/conversations/list-messages.ts';
import { readMessageImage } from '../../domain/conversations/message-images.ts';
import { sendMessage } from '../../domain/conversations/send-message.ts';
import { streamReply } from '../../domain/conversations/stream-reply.ts';
import { newId } from '../../shared/ids.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/chat.ts. */
export function chatHandlers(context: Context) {
  return {
    sendMessage: async ({ actor, body, resourceName, auditAgent }) => {
      const { message, reply } = await sendMessage(context, actor, body, newId('msg', resourceName));
      auditAgent(message.agentId);
      const { id, content, topic, createdAt } = message;
      return { id, message: content, topic: topic ?? 'general', status: 'sent', timestamp: createdAt.toISOString(), reply };
    },
    streamReply: ({ actor, params }) => streamReply(context, actor, params.messageId),
    cancelReply: ({ actor, params }) => cancelReply(context, actor, params.messageId),
    readMessageImage: ({ actor, params }) => readMessageImage(context, actor, params.id, params.imageId),
    listChat: ({ actor }) => listChat(context, actor),
    listMessages: ({ actor, params, query }) => listMessages(context, actor, params.id, query),
  } satisfies Partial<Handlers>;
}
