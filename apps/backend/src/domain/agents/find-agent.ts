import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';

/** The agent `agentId`; without an id the owner's newest running agent, else the newest agent. @throws AppError AGENT_NOT_FOUND */
export async function findDefaultAgent(tx: Transaction, ownerId: string, agentId: string | undefined): Promise<Agent> {
  const orderBy = { createdAt: 'desc' as const };
  const agent = agentId
    ? await tx.agent.findUnique({ where: { id: agentId } })
    : ((await tx.agent.findFirst({ where: { ownerId, state: 'running' }, orderBy })) ??
      (await tx.agent.findFirst({ where: { ownerId }, orderBy })));
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}

/**
 * The running agent `agentId`; without an id the owner's newest running agent.
 * @throws AppError AGENT_NOT_FOUND, OPERATION_FAILED when it is not running
 */
export async function findRunningAgent(tx: Transaction, ownerId: string, agentId: string | undefined): Promise<Agent> {
  const where = agentId ? { id: agentId } : { ownerId, state: 'running' as const };
  const agent = await tx.agent.findFirst({ where, orderBy: { createdAt: 'desc' } });
  if (!agent) throw new AppError('AGENT_NOT_FOUND', agentId ? undefined : 'No agent is running');
  if (agent.state !== 'running') throw new AppError('OPERATION_FAILED', `The agent is not running (${agent.state})`);
  return agent;
}

/** The actor's agent `agentId`, or null when the id is free. @throws AppError AGENT_NOT_FOUND when another account uses the id */
export async function findOwnAgent({ database }: Pick<Context, 'database'>, actor: Actor, agentId: string): Promise<Agent | null> {
  const own = await database.as(tenantOf(actor), (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  if (own) return own;
  // Ids are part of host names, so two ids that differ only in case are the same id.
  const [taken] = await database.as('service', (tx) => tx.$queryRaw<unknown[]>`SELECT 1 FROM agents WHERE lower(id) = lower(${agentId})`);
  if (taken) throw new AppError('AGENT_NOT_FOUND');
  return null;
}
