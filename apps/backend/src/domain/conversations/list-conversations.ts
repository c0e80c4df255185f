import type { ConversationView } from '@agentbot/contracts';
import type { ChatSession, Prisma } from '../../generated/prisma/client.ts';
import { contains } from '../../infra/database/contains.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';

export const withMessageCount = { _count: { select: { messages: true } } } as const;

/** A conversation as the API shows it. */
export const conversationView = (row: ChatSession & { _count: { messages: number } }): ConversationView => ({
  id: row.id,
  title: row.title,
  status: row.endedAt ? 'ended' : 'active',
  createdAt: row.createdAt.toISOString(),
  lastActivityAt: row.lastActivityAt.toISOString(),
  messageCount: row._count.messages,
  platform: row.platform,
});

/** A search in titles and messages. */
const matching = (search: string): Prisma.ChatSessionWhereInput => ({
  OR: [{ title: contains(search) }, { messages: { some: { content: contains(search) } } }],
});

/**
 * One page of an agent's conversations, the latest first. A gateway's session without messages is left out.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function listConversations(
  { database }: Pick<Context, 'database'>,
  actor: Actor,
  agentId: string,
  { search, limit, offset }: { search?: string | undefined; limit: number; offset: number },
) {
  await getAgent({ database }, actor, agentId);
  const shown = { OR: [{ gatewaySessionId: null }, { messages: { some: {} } }] };
  const where = { agentId, AND: [shown, search?.trim() ? matching(search.trim()) : {}] };
  const { rows, total } = await database.as(tenantOf(actor), async (tx) => ({
    rows: await tx.chatSession.findMany({
      where,
      orderBy: [{ lastActivityAt: 'desc' }, { id: 'desc' }],
      take: limit,
      skip: offset,
      include: withMessageCount,
    }),
    total: await tx.chatSession.count({ where }),
  }));
  return { conversations: rows.map(conversationView), total, limit, offset, status: 'ok' as const };
}
