import type { Context } from '../../domain/context.ts';
import { deleteConversation } from '../../domain/conversations/delete-conversation.ts';
import { listConversations } from '../../domain/conversations/list-conversations.ts';
import { renameConversation } from '../../domain/conversations/rename-conversation.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/conversations.ts. */
export function conversationsHandlers(context: Context) {
  return {
    listConversations: ({ actor, params, query }) => listConversations(context, actor, params.id, query),
    renameConversation: async ({ actor, params, body }) => ({
      conversation: await renameConversation(context, actor, params, body.title),
      status: 'updated',
    }),
    deleteConversation: async ({ actor, params }) => {
      await deleteConversation(context, actor, params);
      return { id: params.conversationId, deleted: true };
    },
  } satisfies Partial<Handlers>;
}
