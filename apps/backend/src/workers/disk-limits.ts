import { plans } from '@agentbot/contracts';
import { diskProblem, stopsAt } from '../domain/containers/disk-limit.ts';
import type { Context } from '../domain/context.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { VolumeSize } from '../infra/docker/container-host.ts';
import { containerNames } from '../infra/docker/layout.ts';

/** The maximum number of volumes that one container measures. */
const BATCH = 25;
/** An agent that uses this many times its limit is stopped at once: it may fill the disk before its grace period ends. */
const MAX_EXCESS = 2;

/** The input of the stop of an agent that is past its limit. */
const STOP = { cause: 'disk-limit' } as const;

interface Finding {
  agent: Pick<Agent, 'id' | 'plan'>;
  size: VolumeSize;
  problem: string | null;
}

/** Records the sizes in one statement. */
async function record({ database, clock }: Context, findings: Finding[]): Promise<void> {
  await database.as(
    'service',
    (tx) => tx.$executeRaw`
      UPDATE agents a SET disk_bytes = v.real_bytes, disk_apparent_bytes = v.apparent_bytes, disk_measured_at = ${clock.now()}::timestamptz,
        disk_problem = v.problem,
        disk_problem_since = CASE WHEN v.problem IS NULL THEN NULL ELSE coalesce(a.disk_problem_since, ${clock.now()}::timestamptz) END
      FROM unnest(${findings.map(({ agent }) => agent.id)}::text[], ${findings.map(({ size }) => size.realBytes)}::bigint[],
        ${findings.map(({ size }) => size.apparentBytes)}::bigint[], ${findings.map(({ problem }) => problem)}::text[])
        AS v(id, real_bytes, apparent_bytes, problem)
      WHERE a.id = v.id`,
  );
}

/** Stops an agent whose grace period has ended, or that is far past its limit. An agent with an operation waits for the next round. */
async function stopIfDue({ database, boss, clock, log }: Context, { agent: { id }, size }: Finding): Promise<void> {
  await database.as('service', async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id, state: 'running', runtime: 'container' } });
    if (!agent) return;
    const end = stopsAt(agent);
    const isDue = size.realBytes > MAX_EXCESS * plans[agent.plan].diskBytes || (end && end <= clock.now());
    if (!isDue || (await tx.operation.count({ where: { agentId: id, finishedAt: null } }))) return;
    log.warn({ agentId: id, ...size }, 'an agent is past its limit of disk; it is stopped');
    await beginOperation(tx, boss, agent, 'stop', { input: STOP });
  });
}

/**
 * Measures the data of all running agents, tells owners of those past their limit, and stops these after a grace period. Agents of
 * one image are measured together in a container of that image: no image gets to read the data of another's agents.
 */
export async function enforceDiskLimits(context: Context): Promise<void> {
  const { database, host, config, log, closing } = context;
  if (!(await host.available())) return;
  const agents = await database.as('service', (tx) =>
    tx.agent.findMany({
      where: { state: 'running', runtime: 'container' },
      select: { id: true, ownerId: true, plan: true, image: true },
      orderBy: { id: 'asc' },
    }),
  );
  const byImage = Map.groupBy(agents, ({ image }) => image ?? config.OPENCLAW_IMAGE);
  for (const [image, all] of byImage) {
    for (let i = 0; i < all.length && !closing.aborted; i += BATCH) {
      const batch = all.slice(i, i + BATCH);
      const volumes = batch.map(({ id, ownerId }) => ({ volume: containerNames(id).volume, agentId: id, ownerId }));
      try {
        const { sizes } = await host.measureVolumes(image, volumes, closing);
        const findings = batch.flatMap((agent): Finding[] => {
          const size = sizes.get(agent.id);
          const problem = size ? diskProblem(size, agent.plan) : null;
          // An incomplete size is recorded only if it is past the limit already.
          return size && (size.complete || problem) ? [{ agent, size, problem }] : [];
        });
        if (findings.length > 0) await record(context, findings);
        for (const finding of findings) if (finding.problem) await stopIfDue(context, finding);
      } catch (error) {
        if (!closing.aborted) log.warn({ err: error, image }, 'agents could not be measured; the next run retries it');
      }
    }
  }
}
