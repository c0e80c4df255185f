import type { InstallationHealth } from '@agentbot/contracts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Context } from '../context.ts';

const DAY_MS = 24 * 3_600_000;

interface DatabaseFacts {
  size: bigint;
  connections: bigint;
}

/** How the installation is: its engine, its database, its queue of operations, and what nobody owns. */
export async function getInstallationHealth(context: Pick<Context, 'database' | 'host' | 'config'>): Promise<InstallationHealth> {
  const { database, host, config } = context;
  const available = await host.available();
  // The engine may go between the two questions; then it is not available.
  const capacity = available ? await host.capacity().catch(() => undefined) : undefined;
  const asked = performance.now();
  const known = await database.as('service', async (tx) => {
    const [facts] = await tx.$queryRaw<DatabaseFacts[]>`
      SELECT pg_database_size(current_database()) AS size,
        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections`;
    const milliseconds = performance.now() - asked;
    const open = await tx.operation.groupBy({
      by: ['state'],
      where: { finishedAt: null },
      _count: true,
      _min: { createdAt: true },
    });
    const ended = await tx.operation.groupBy({
      by: ['state'],
      where: { finishedAt: { gte: new Date(Date.now() - DAY_MS) } },
      _count: true,
    });
    const states = await tx.agent.groupBy({ by: ['state'], _count: true, orderBy: { state: 'asc' } });
    const users = await tx.user.count({ where: { id: { not: SERVICE_ACCOUNT } } });
    const orphans = await tx.orphan.findMany({ orderBy: { foundAt: 'asc' }, take: 200 });
    return { facts, milliseconds, open, ended, states, users, orphans };
  });
  const queued = known.open.find(({ state }) => state === 'queued');
  const countOf = (list: { state: string; _count: number }[], wanted: string) => list.find(({ state }) => state === wanted)?._count ?? 0;
  const oldest = queued?._min.createdAt;
  return {
    at: new Date().toISOString(),
    docker: { available: capacity !== undefined, memoryBytes: capacity?.memoryBytes ?? null, cpus: capacity?.cpus ?? null },
    database: {
      sizeBytes: Number(known.facts?.size ?? 0),
      connections: Number(known.facts?.connections ?? 0),
      milliseconds: Math.round(known.milliseconds * 10) / 10,
    },
    queue: {
      queued: countOf(known.open, 'queued'),
      running: countOf(known.open, 'running'),
      oldestQueued: oldest ? Math.round((Date.now() - oldest.getTime()) / 1000) : null,
      succeededToday: countOf(known.ended, 'succeeded'),
      failedToday: countOf(known.ended, 'failed'),
    },
    users: known.users,
    agents: known.states.map(({ state, _count }) => ({ status: state, count: _count })),
    orphans: known.orphans.map(({ kind, name, foundAt }) => ({
      kind: kind as InstallationHealth['orphans'][number]['kind'],
      name,
      foundAt: foundAt.toISOString(),
    })),
    provisioning: config.PROVISIONING_ENABLED ? 'enabled' : 'disabled',
    image: config.OPENCLAW_IMAGE,
  };
}
