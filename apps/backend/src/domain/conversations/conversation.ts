import type { Message } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

interface Scope {
  agentId?: string;
  sessionId?: string;
}

/** The order of a conversation, newest first. Each reply follows its message, although later messages may be stored before it. */
export const newestFirst = [{ turn: 'desc' as const }, { seq: 'desc' as const }];

/**
 * The last messages of a session or an agent, oldest first.
 * @param last the message to end with; later messages and their replies are left out
 */
export async function conversation(tx: Transaction, scope: Scope, take: number, last?: Pick<Message, 'seq'>): Promise<Message[]> {
  const upToLast = last && { turn: { lte: last.seq }, NOT: { turn: last.seq, sender: 'agent' } };
  return (await tx.message.findMany({ where: { ...scope, ...upToLast }, orderBy: newestFirst, take })).reverse();
}
