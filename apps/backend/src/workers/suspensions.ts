import { isPaidClone } from '../domain/accounts/entitlements.ts';
import { PAID_STATUSES } from '../domain/accounts/subscription-status.ts';
import { hasLapsed } from '../domain/billing/lapse.ts';
import type { Context } from '../domain/context.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import type { Agent } from '../generated/prisma/client.ts';

/** Why the agents of an account are suspended. */
interface Owner {
  blocked: boolean;
  lapsed: boolean;
}

/** Suspends or resumes an agent. While it has an operation in flight, or no engine, it waits for the next round. */
async function suspendOrResume({ database, boss, clock }: Context, id: string, owner: Owner, hasDocker: boolean): Promise<void> {
  await database.as('service', async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent || agent.state === 'deleting') return;
    const suspends = owner.blocked || (owner.lapsed && !isPaidClone(agent));
    const change = (data: { suspendedAt?: Date | null; recoverAt?: null; state?: Agent['state']; startedAt?: Date | null }) =>
      tx.agent.update({ where: { id }, data });
    if (suspends && !agent.suspendedAt) await change({ suspendedAt: clock.now(), recoverAt: null });
    if (agent.runtime !== 'api' && !hasDocker) return;
    if (await tx.operation.count({ where: { agentId: id, finishedAt: null } })) return;
    const stopped = agent.state === 'stopped';
    if (suspends && !stopped) {
      // The backend itself serves this agent: there is no container to stop.
      if (agent.runtime === 'api') await change({ state: 'stopped', startedAt: null });
      else await beginOperation(tx, boss, agent, 'stop', { input: { cause: owner.blocked ? 'block' : 'lapse' } });
    }
    if (suspends || !agent.suspendedAt) return;
    await change({ suspendedAt: null });
    if (!stopped) return;
    if (agent.runtime === 'api') await change({ state: 'running', startedAt: clock.now() });
    else await beginOperation(tx, boss, agent, 'start', { input: { cause: 'renewal' } });
  });
}

/**
 * Applies an account's subscription and its block to its agents. After a lapse the running agents are suspended and keep their
 * data; after a renewal exactly these agents are resumed. Clones that were paid for separately keep running through a lapse. A block
 * suspends all agents, until its end.
 */
export async function applySubscription(context: Context, ownerId: string): Promise<void> {
  const owner = { blocked: (await context.accounts.find(ownerId)).blocked, lapsed: await hasLapsed(context, ownerId) };
  const suspended = { suspendedAt: { not: null } };
  const state = { in: ['running', 'provisioning', 'updating', 'error'] as Agent['state'][] };
  const where = { ownerId, ...(owner.blocked || owner.lapsed ? { OR: [{ state }, suspended] } : suspended) };
  const agents = await context.database.as('service', (tx) => tx.agent.findMany({ where, select: { id: true } }));
  const hasDocker = agents.length > 0 && (await context.host.available());
  for (const { id } of agents) await suspendOrResume(context, id, owner, hasDocker);
}

/** Finishes the work of webhooks that were interrupted or met an operation in flight, and applies plans and blocks of administrators. */
export async function reconcileSuspensions(context: Context): Promise<void> {
  const owners = await context.database.as(
    'service',
    (tx) => tx.$queryRaw<{ ownerId: string }[]>`
      SELECT DISTINCT a.owner_id AS "ownerId" FROM agents a JOIN users u ON u.id = a.owner_id
      CROSS JOIN LATERAL (SELECT u.plan IS NOT NULL OR u.is_admin OR EXISTS (SELECT 1 FROM subscriptions s
        WHERE s.owner_id = u.id AND s.plan IS NOT NULL AND s.status = ANY(${PAID_STATUSES}))
        -- The same rule as isPaidClone.
        OR (a.parent_id IS NOT NULL AND a.plan = 'solo') AS paid) entitlement
      CROSS JOIN LATERAL (SELECT u.blocked_at IS NOT NULL OR (NOT paid
        AND (u.plan_withdrawn_at IS NOT NULL OR EXISTS (SELECT 1 FROM subscriptions s WHERE s.owner_id = u.id))) AS suspends) owner
      WHERE (NOT suspends AND a.suspended_at IS NOT NULL)
        OR (suspends AND a.state NOT IN ('pending', 'stopped', 'deleting'))`,
  );
  for (const { ownerId } of owners) await applySubscription(context, ownerId);
}
