import { AppError, type ConversationView } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { conversationView, withMessageCount } from './list-conversations.ts';

/** Gives a conversation another title. @throws AppError AGENT_NOT_FOUND, SESSION_NOT_FOUND */
export async function renameConversation(
  { database }: Pick<Context, 'database'>,
  actor: Actor,
  { id: agentId, conversationId: id }: { id: string; conversationId: string },
  title: string,
): Promise<ConversationView> {
  await getAgent({ database }, actor, agentId);
  return database.as(tenantOf(actor), async (tx) => {
    const { count } = await tx.chatSession.updateMany({ where: { id, agentId }, data: { title } });
    if (!count) throw new AppError('SESSION_NOT_FOUND');
    return conversationView(await tx.chatSession.findUniqueOrThrow({ where: { id }, include: withMessageCount }));
  });
}
