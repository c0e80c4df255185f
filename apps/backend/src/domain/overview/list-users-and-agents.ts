import type { AdminAgentView, Page, UserView } from '@agentbot/contracts';
import type { AgentState } from '../../generated/prisma/client.ts';
import { contains } from '../../infra/database/contains.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { afterCursor, cursorOf } from '../../shared/page-cursor.ts';
import { isAdministrator, isAdministratorBySetting } from '../accounts/accounts.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'config'>;
type Search = Page & { q?: string | undefined };

const DEFAULT_LIMIT = 50;
const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }] as const;

/** Splits rows that were read with `limit + 1` into the page and the cursor of the next page. */
function pageOf<Row extends { createdAt: Date; id: string }>(rows: Row[], limit: number) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, next: rows.length > limit && last ? cursorOf(last) : null };
}

/** A page of the installation's accounts, newest first. @throws AppError INVALID_REQUEST for a malformed cursor */
export async function listUsers({ database, config }: Slice, { limit = DEFAULT_LIMIT, cursor, q }: Search) {
  const rows = await database.as('service', (tx) =>
    tx.user.findMany({
      where: {
        id: { not: SERVICE_ACCOUNT },
        AND: [afterCursor(cursor), q ? { OR: [{ email: contains(q) }, { name: contains(q) }] } : {}],
      },
      orderBy: [...newestFirst],
      take: limit + 1,
      include: { _count: { select: { agents: true } } },
    }),
  );
  const { page, next } = pageOf(rows, limit);
  const users = page.map(
    (row): UserView => ({
      id: row.id,
      email: row.email,
      name: row.name,
      admin: isAdministrator(config, row),
      adminBySetting: isAdministratorBySetting(config, row),
      blocked: row.blockedAt !== null,
      closing: row.closingAt !== null,
      plan: row.plan,
      agentCount: row._count.agents,
      createdAt: row.createdAt.toISOString(),
    }),
  );
  return { users, next, status: 'ok' as const };
}

/** A page of the agents of all accounts, newest first. @throws AppError INVALID_REQUEST for a malformed cursor */
export async function listAllAgents(
  { database }: Slice,
  { limit = DEFAULT_LIMIT, cursor, q, state }: Search & { state?: AgentState | undefined },
) {
  const rows = await database.as('service', (tx) =>
    tx.agent.findMany({
      where: {
        ...(state && { state }),
        AND: [afterCursor(cursor), q ? { OR: [{ id: contains(q) }, { name: contains(q) }, { owner: { email: contains(q) } }] } : {}],
      },
      orderBy: [...newestFirst],
      take: limit + 1,
      include: { owner: { select: { email: true } } },
    }),
  );
  const { page, next } = pageOf(rows, limit);
  const agents = page.map(
    (row): AdminAgentView => ({
      id: row.id,
      name: row.name,
      ownerEmail: row.owner.email,
      status: row.state,
      reason: row.state === 'error' ? row.stateReason : null,
      plan: row.plan,
      model: row.model,
      image: row.image,
      observed: row.observedState && row.observedAt ? { state: row.observedState, at: row.observedAt.toISOString() } : null,
      createdAt: row.createdAt.toISOString(),
    }),
  );
  return { agents, next, status: 'ok' as const };
}
