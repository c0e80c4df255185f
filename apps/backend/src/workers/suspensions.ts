import { isPaidClone } from '../domain/accounts/entitlements.ts';
import { PAID_STATUSES } from '../domain/accounts/subscription-status.ts';
import { hasLapsed } from '../domain/billing/lapse.ts';
import type { Context } from '../domain/context.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import type { Agent } from '../generated/prisma/client.ts';

/** Stops an agent for a lapse, or brings back one that was stopped for it; one that is being worked on, or whose engine is away, waits for the next round. */
async function suspendOrResume({ database, boss }: Context, id: string, ownerLapsed: boolean, hasDocker: boolean): Promise<void> {
  await database.as('service', async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent || agent.state === 'deleting') return;
    const lapsed = ownerLapsed && !isPaidClone(agent);
    const change = (data: { suspendedAt?: Date | null; recoverAt?: null; state?: Agent['state']; startedAt?: Date | null }) =>
      tx.agent.update({ where: { id }, data });
    if (lapsed && !agent.suspendedAt) await change({ suspendedAt: new Date(), recoverAt: null });
    if (agent.runtime !== 'api' && !hasDocker) return;
    if (await tx.operation.count({ where: { agentId: id, finishedAt: null } })) return;
    const stopped = agent.state === 'stopped';
    if (lapsed && !stopped) {
      // One that the backend itself answers for has nothing to stop.
      if (agent.runtime === 'api') await change({ state: 'stopped', startedAt: null });
      else await beginOperation(tx, boss, agent, 'stop', { input: { cause: 'lapse' } });
    }
    if (lapsed || !agent.suspendedAt) return;
    await change({ suspendedAt: null });
    if (!stopped) return;
    if (agent.runtime === 'api') await change({ state: 'running', startedAt: new Date() });
    else await beginOperation(tx, boss, agent, 'start', { input: { cause: 'renewal' } });
  });
}

/**
 * Makes an account's agents follow its subscription: after a lapse those that run are stopped, with all they have; after a
 * renewal exactly those are started again. Agents that are paid for by themselves run on.
 */
export async function applySubscription(context: Context, ownerId: string): Promise<void> {
  const lapsed = await hasLapsed(context, ownerId);
  const suspended = { suspendedAt: { not: null } };
  const state = { in: ['running', 'provisioning', 'updating', 'error'] as Agent['state'][] };
  const where = { ownerId, ...(lapsed ? { OR: [{ state }, suspended] } : suspended) };
  const agents = await context.database.as('service', (tx) => tx.agent.findMany({ where, select: { id: true } }));
  const hasDocker = agents.length > 0 && (await context.host.available());
  for (const { id } of agents) await suspendOrResume(context, id, lapsed, hasDocker);
}

/** Takes up what a webhook could not finish: agents that were being worked on, a process that died, plans granted by hand. */
export async function reconcileSuspensions(context: Context): Promise<void> {
  const owners = await context.database.as(
    'service',
    (tx) => tx.$queryRaw<{ ownerId: string }[]>`
      SELECT DISTINCT a.owner_id AS "ownerId" FROM agents a JOIN users u ON u.id = a.owner_id
      CROSS JOIN LATERAL (SELECT u.plan IS NOT NULL OR u.is_admin OR EXISTS (SELECT 1 FROM subscriptions s
        WHERE s.owner_id = u.id AND s.plan IS NOT NULL AND s.status = ANY(${PAID_STATUSES}))
        -- As isPaidClone has it.
        OR (a.parent_id IS NOT NULL AND a.plan = 'solo') AS paid) entitlement
      WHERE (paid AND a.suspended_at IS NOT NULL)
        OR (NOT paid AND a.state NOT IN ('pending', 'stopped', 'deleting') AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.owner_id = u.id))`,
  );
  for (const { ownerId } of owners) await applySubscription(context, ownerId);
}
