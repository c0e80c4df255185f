import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

/** The agent named, or the owner's newest running one, or their newest. @throws AppError AGENT_NOT_FOUND */
export async function findAnyAgent(tx: Transaction, ownerId: string, agentId: string | undefined): Promise<Agent> {
  const orderBy = { createdAt: 'desc' as const };
  const agent = agentId
    ? await tx.agent.findUnique({ where: { id: agentId } })
    : ((await tx.agent.findFirst({ where: { ownerId, state: 'running' }, orderBy })) ??
      (await tx.agent.findFirst({ where: { ownerId }, orderBy })));
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}
