import { AppError, type Page } from '@agentbot/contracts';
import type { Agent, Prisma } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { afterCursor, cursorOf } from '../../shared/page-cursor.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database'>;

/**
 * The agents that the actor may see, newest first; all of them without `limit`.
 * @returns `next` is the cursor of the next page, absent on the last page
 */
export async function listAgents(
  { database }: Slice,
  actor: Actor,
  { limit, cursor }: Page = {},
  where: Prisma.AgentWhereInput = {},
): Promise<{ agents: Agent[]; next?: string }> {
  const agents = await database.as(tenantOf(actor), (tx) =>
    tx.agent.findMany({
      where: { AND: [where, afterCursor(cursor)] },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      ...(limit && { take: limit + 1 }),
    }),
  );
  if (!limit || agents.length <= limit) return { agents };
  const page = agents.slice(0, limit);
  return { agents: page, next: cursorOf(page.at(-1) as Agent) };
}

/** One agent. @throws AppError AGENT_NOT_FOUND when it does not exist or the actor may not see it */
export async function getAgent({ database }: Slice, actor: Actor, id: string): Promise<Agent> {
  const agent = await database.as(tenantOf(actor), (tx) => tx.agent.findUnique({ where: { id } }));
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}
