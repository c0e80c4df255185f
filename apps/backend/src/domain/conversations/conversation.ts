import type { Message } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

interface Scope {
  agentId?: string;
  sessionId?: string;
}

/**
 * The last messages of a session or an agent, oldest first, each reply right after the message that it answers: a reply is
 * stored after the messages that were sent while it came.
 * @param last the message to end with; later ones and their replies are left out
 */
export async function conversation(tx: Transaction, scope: Scope, take: number, last?: Pick<Message, 'seq'>): Promise<Message[]> {
  const where = { ...scope, ...(last && { seq: { lte: last.seq } }) };
  const page = { orderBy: { seq: 'desc' as const }, take };
  const said = await tx.message.findMany({
    ...page,
    where: { ...where, sender: 'user' },
    include: { reply: { include: { answer: true } } },
  });
  // Said on a channel, or before replies had rows of their own.
  const unasked = await tx.message.findMany({ ...page, where: { ...where, sender: 'agent', answers: { is: null } } });
  const turns = said.map(({ reply, ...message }) => ({
    seq: message.seq,
    messages: [message, ...(reply?.answer && message.seq !== last?.seq ? [reply.answer] : [])],
  }));
  turns.push(...unasked.map((message) => ({ seq: message.seq, messages: [message] })));
  return turns
    .sort((one, other) => Number(one.seq - other.seq))
    .flatMap(({ messages }) => messages)
    .slice(-take);
}
