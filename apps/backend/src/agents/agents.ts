import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../http/actor.ts';

type Slice = Pick<Context, 'database'>;

/** The agents an actor may see, newest first. */
export function listAgents({ database }: Slice, actor: Actor): Promise<Agent[]> {
  return database.as(tenantOf(actor), (tx) => tx.agent.findMany({ orderBy: { createdAt: 'desc' } }));
}

/** One agent the actor may see. @throws AppError AGENT_NOT_FOUND, for another's as for none */
export async function getAgent({ database }: Slice, actor: Actor, id: string): Promise<Agent> {
  const agent = await database.as(tenantOf(actor), (tx) => tx.agent.findUnique({ where: { id } }));
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}
