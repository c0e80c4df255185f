import { AppError, type Page } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent, Prisma } from '../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../http/actor.ts';

type Slice = Pick<Context, 'database'>;

const cursorOf = (agent: Agent) => Buffer.from(`${agent.createdAt.getTime()}.${agent.id}`).toString('base64url');

/** The rows after a cursor, in the list's order. @throws AppError INVALID_REQUEST for a cursor that no list gave */
function after(cursor: string): Prisma.AgentWhereInput {
  const [, time, id] = /^(\d{1,15})\.([A-Za-z0-9_-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!time || !id) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  const createdAt = new Date(Number(time));
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

/**
 * The agents an actor may see, newest first; all of them unless a page is asked for.
 * @returns `next` is the cursor of the page that follows, if there is one
 */
export async function listAgents(
  { database }: Slice,
  actor: Actor,
  { limit, cursor }: Page = {},
  where: Prisma.AgentWhereInput = {},
): Promise<{ agents: Agent[]; next?: string }> {
  const agents = await database.as(tenantOf(actor), (tx) =>
    tx.agent.findMany({
      where: cursor ? { AND: [where, after(cursor)] } : where,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      ...(limit && { take: limit + 1 }),
    }),
  );
  if (!limit || agents.length <= limit) return { agents };
  const page = agents.slice(0, limit);
  return { agents: page, next: cursorOf(page.at(-1) as Agent) };
}

/** One agent the actor may see. @throws AppError AGENT_NOT_FOUND, for another's as for none */
export async function getAgent({ database }: Slice, actor: Actor, id: string): Promise<Agent> {
  const agent = await database.as(tenantOf(actor), (tx) => tx.agent.findUnique({ where: { id } }));
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}
