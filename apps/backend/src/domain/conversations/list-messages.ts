import type { MessageView } from '@agentbot/contracts';
import type { Message } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';

const MAX_CHAT_MESSAGES = 100;

/** A message as the API shows it. */
export const messageView = (row: Message): MessageView => ({
  id: row.id,
  agentId: row.agentId,
  sender: row.sender as MessageView['sender'],
  content: row.content,
  timestamp: row.createdAt.toISOString(),
  platform: row.platform,
});

interface MessagePage {
  limit: number;
  offset: number;
  sessionId?: string | undefined;
}

/** One page of the messages of an agent or of one of its sessions, newest first. @throws AppError AGENT_NOT_FOUND */
export async function listMessages(context: Context, actor: Actor, agentId: string, { sessionId, ...page }: MessagePage) {
  await getAgent(context, actor, agentId);
  const where = { agentId, ...(sessionId && { sessionId }) };
  const { rows, total } = await context.database.as(tenantOf(actor), async (tx) => ({
    rows: await tx.message.findMany({ where, orderBy: { seq: 'desc' }, take: page.limit, skip: page.offset }),
    total: await tx.message.count({ where }),
  }));
  return { messages: rows.map(messageView), total, ...page, status: 'ok' as const };
}

/** The last 100 messages of all the actor's agents, oldest first. */
export async function listChat({ database }: Context, actor: Actor) {
  const rows = await database.as(tenantOf(actor), (tx) => tx.message.findMany({ orderBy: { seq: 'desc' }, take: MAX_CHAT_MESSAGES }));
  const messages = rows.reverse().map(messageView);
  return { messages, count: messages.length };
}
