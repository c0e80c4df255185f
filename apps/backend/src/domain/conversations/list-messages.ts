import type { ImageType, MessageView } from '@agentbot/contracts';
import type { Message, Prisma } from '../../generated/prisma/client.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { newestFirst } from './conversation.ts';
import { withImages } from './message-images.ts';

const MAX_CHAT_MESSAGES = 100;

/** What a message's view needs of its images, of its reply, and of the message that it answers. */
const withReply = {
  ...withImages,
  reply: { select: { state: true, begunAt: true, kind: true, error: true } },
  answers: { select: { kind: true } },
  // Decides which messages are abort commands.
  agent: { select: { openclawVersion: true } },
} as const;
type MessageRow = Message & Partial<Prisma.MessageGetPayload<{ include: typeof withReply }>>;

/** The state of a reply that is pending or has failed. */
function replyView(
  { state, begunAt, kind, error }: NonNullable<MessageRow['reply']>,
  { content, agent }: MessageRow,
): MessageView['reply'] {
  if (state === 'done') return undefined;
  if (state === 'pending') return { state: begunAt || isAbortCommand(content, agent?.openclawVersion) ? 'answering' : 'queued' };
  return { state: kind === 'stopped' ? 'stopped' : 'failed', kind: kind ?? 'agent', ...(error && { error }) };
}

/** A message as the API shows it. */
export function messageView(row: MessageRow): MessageView {
  const reply = row.reply && replyView(row.reply, row);
  return {
    id: row.id,
    agentId: row.agentId,
    sender: row.sender as MessageView['sender'],
    content: row.content,
    ...(row.images?.length && { images: row.images.map(({ id, type }) => ({ id, type: type as ImageType })) }),
    timestamp: row.createdAt.toISOString(),
    platform: row.platform,
    ...(reply && { reply }),
    ...(row.answers?.kind && { stopped: true }),
  };
}

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
    rows: await tx.message.findMany({ where, include: withReply, orderBy: newestFirst, take: page.limit, skip: page.offset }),
    total: await tx.message.count({ where }),
  }));
  return { messages: rows.map(messageView), total, ...page, status: 'ok' as const };
}

/** The last 100 messages of all the actor's agents, oldest first. */
export async function listChat({ database }: Context, actor: Actor) {
  const page = { include: withReply, orderBy: newestFirst, take: MAX_CHAT_MESSAGES };
  const rows = await database.as(tenantOf(actor), (tx) => tx.message.findMany(page));
  const messages = rows.reverse().map(messageView);
  return { messages, count: messages.length };
}
