import type { InstallationHealth } from '@agentbot/contracts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { getReadiness } from './get-readiness.ts';
import { getSetup } from './get-setup.ts';

const DAY_MS = 24 * 3_600_000;

interface DatabaseSize {
  size: bigint;
  connections: bigint;
}

/** The health of the installation: engine, database, operation queue, and resources without an owner. */
export async function getInstallationHealth(
  context: Pick<Context, 'database' | 'host' | 'config' | 'clock' | 'firewall' | 'log' | 'backups'>,
): Promise<InstallationHealth> {
  const { database, host, config, clock } = context;
  const available = await host.available();
  // The engine may stop between the two calls; then it counts as unavailable.
  const capacity = available ? await host.capacity().catch(() => undefined) : undefined;
  const startedAt = performance.now();
  const snapshot = await database.as('service', async (tx) => {
    const [size] = await tx.$queryRaw<DatabaseSize[]>`
      SELECT pg_database_size(current_database()) AS size,
        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections`;
    const milliseconds = performance.now() - startedAt;
    const open = await tx.operation.groupBy({
      by: ['state'],
      where: { finishedAt: null },
      _count: true,
      _min: { createdAt: true },
    });
    const finished = await tx.operation.groupBy({
      by: ['state'],
      where: { finishedAt: { gte: msAgo(clock, DAY_MS) } },
      _count: true,
    });
    const states = await tx.agent.groupBy({ by: ['state'], _count: true, orderBy: { state: 'asc' } });
    const users = await tx.user.count({ where: { id: { not: SERVICE_ACCOUNT } } });
    const orphans = await tx.orphan.findMany({ orderBy: { foundAt: 'asc' }, take: 200 });
    return { size, milliseconds, open, finished, states, users, orphans };
  });
  const queued = snapshot.open.find(({ state }) => state === 'queued');
  const countOf = (groups: { state: string; _count: number }[], name: string) => groups.find(({ state }) => state === name)?._count ?? 0;
  const oldest = queued?._min.createdAt;
  return {
    at: clock.now().toISOString(),
    docker: { available: capacity !== undefined, memoryBytes: capacity?.memoryBytes ?? null, cpus: capacity?.cpus ?? null },
    database: {
      sizeBytes: Number(snapshot.size?.size ?? 0),
      connections: Number(snapshot.size?.connections ?? 0),
      milliseconds: Math.round(snapshot.milliseconds * 10) / 10,
    },
    queue: {
      queued: countOf(snapshot.open, 'queued'),
      running: countOf(snapshot.open, 'running'),
      oldestQueued: oldest ? Math.round((clock.now().getTime() - oldest.getTime()) / 1000) : null,
      succeededToday: countOf(snapshot.finished, 'succeeded'),
      failedToday: countOf(snapshot.finished, 'failed'),
    },
    users: snapshot.users,
    agents: snapshot.states.map(({ state, _count }) => ({ status: state, count: _count })),
    orphans: snapshot.orphans.map(({ kind, name, foundAt }) => ({
      kind: kind as InstallationHealth['orphans'][number]['kind'],
      name,
      foundAt: foundAt.toISOString(),
    })),
    provisioning: config.PROVISIONING_ENABLED ? 'enabled' : 'disabled',
    image: config.OPENCLAW_IMAGE,
    readiness: (await getReadiness(context)).parts,
    setup: await getSetup(context),
  };
}
