import { AppError } from '@agentbot/contracts';
import type { Agent, ChatSession } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { newestFirst } from './conversation.ts';

const MEMORY_MESSAGES = 10;
const MEMORY_CHARACTERS = 100;

const roleOf = (sender: string) => (sender === 'user' ? ('user' as const) : ('assistant' as const));

const sessionView = (session: ChatSession & { _count: { messages: number } }) => ({
  id: session.id,
  status: session.endedAt ? ('ended' as const) : ('active' as const),
  messageCount: session._count.messages,
  createdAt: session.createdAt.getTime(),
  lastActivity: session.lastActivityAt.getTime(),
});

/** An agent's sessions, the latest first; at most 100. */
export async function listSessions(tx: Transaction, agent: Agent) {
  const rows = await tx.chatSession.findMany({
    where: { agentId: agent.id },
    orderBy: { lastActivityAt: 'desc' },
    take: 100,
    include: { _count: { select: { messages: true } } },
  });
  return { sessions: rows.map(sessionView) };
}

/** One session with all its messages, oldest first. @throws AppError SESSION_NOT_FOUND */
export async function wholeSession(tx: Transaction, agent: Agent, id: string) {
  const row = await tx.chatSession.findFirst({
    where: { id, agentId: agent.id },
    include: { _count: { select: { messages: true } }, messages: { orderBy: [{ turn: 'asc' }, { seq: 'asc' }] } },
  });
  if (!row) throw new AppError('SESSION_NOT_FOUND');
  const messages = row.messages.map((message) => ({
    id: message.id,
    role: roleOf(message.sender),
    content: message.content,
    timestamp: message.createdAt.getTime(),
  }));
  return { ...sessionView(row), messages };
}

/** The last ten messages of the active session, oldest first, each cut to a hundred characters. */
export async function recentMemory(tx: Transaction, agent: Agent) {
  const session = await tx.chatSession.findFirst({ where: { agentId: agent.id, endedAt: null }, orderBy: { lastActivityAt: 'desc' } });
  if (!session) return { memory: [] };
  const rows = await tx.message.findMany({ where: { sessionId: session.id }, orderBy: newestFirst, take: MEMORY_MESSAGES });
  const cut = (text: string) => [...text].slice(0, MEMORY_CHARACTERS).join('');
  return { memory: rows.reverse().map(({ sender, content }) => ({ role: roleOf(sender), content: cut(content) })) };
}
