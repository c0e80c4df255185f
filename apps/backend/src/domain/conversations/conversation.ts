import type { Message } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

interface Scope {
  agentId?: string;
  sessionId?: string;
}

/**
 * The last messages of a session or an agent, oldest first. Each reply follows its message, although a message that was sent
 * before the reply was complete has a lower `seq` than the reply.
 * @param last the message to end with; later messages and their replies are left out
 */
export async function conversation(tx: Transaction, scope: Scope, take: number, last?: Pick<Message, 'seq'>): Promise<Message[]> {
  const where = { ...scope, ...(last && { seq: { lte: last.seq } }) };
  const page = { orderBy: { seq: 'desc' as const }, take };
  const userMessages = await tx.message.findMany({
    ...page,
    where: { ...where, sender: 'user' },
    include: { reply: { include: { answer: true } } },
  });
  // Agent messages without a reply row: from a channel, or older than the replies table.
  const withoutReplyRow = await tx.message.findMany({ ...page, where: { ...where, sender: 'agent', answers: { is: null } } });
  const turns = userMessages.map(({ reply, ...message }) => ({
    seq: message.seq,
    messages: [message, ...(reply?.answer && message.seq !== last?.seq ? [reply.answer] : [])],
  }));
  turns.push(...withoutReplyRow.map((message) => ({ seq: message.seq, messages: [message] })));
  return turns
    .sort((a, b) => Number(a.seq - b.seq))
    .flatMap(({ messages }) => messages)
    .slice(-take);
}
