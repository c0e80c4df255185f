import { AppError, type Plan, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { AgentContainerSpec, VolumeSize } from '../../infra/docker/container-host.ts';
import { MAX_FILES } from '../../infra/docker/volume-meter.ts';
import type { Context } from '../context.ts';

const GIB = 1024 ** 3;
/** An archive reads holes of sparse files like data, while the agent is paused. */
const MAX_HOLES_BYTES = GIB / 2;

/** A number of bytes in GiB: `2.5 GiB`. */
export const inGib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;

/**
 * Why an agent's data is past the limit of its plan, as a sentence for its owner; null when it is within the limit.
 * Data that the agent itself made impossible to measure counts as past it.
 */
export function diskProblem(size: VolumeSize, plan: Plan): string | null {
  const { diskBytes: limit } = plans[plan];
  const { realBytes, apparentBytes, files, unreadable } = size;
  if (realBytes > limit) return `The agent's data uses ${inGib(realBytes)} of disk, more than the ${inGib(limit)} that its plan allows`;
  if (apparentBytes > limit) {
    return `The agent's files have a length of ${inGib(apparentBytes)}, more than the ${inGib(limit)} that its plan allows: sparse files count in full`;
  }
  if (unreadable > 0) {
    return `The agent's data has folders that cannot be read (${unreadable}), so its size is unknown: the agent must make them readable, or delete them`;
  }
  return files >= MAX_FILES ? "The agent's data has more files than are counted: the maximum is 1,000,000" : null;
}

/** Why an agent's data cannot be archived, as a sentence for its owner; null when it can. */
export function archiveProblem(size: VolumeSize, plan: Plan): string | null {
  const problem = diskProblem(size, plan);
  if (problem) return problem;
  if (!size.complete) return "The agent's data could not be measured in time, so it was not archived. Try again later";
  const holes = size.apparentBytes - size.realBytes;
  if (holes <= MAX_HOLES_BYTES) return null;
  return `The agent's data has sparse files with ${inGib(holes)} of holes, which an archive reads in full: the maximum is ${inGib(MAX_HOLES_BYTES)}`;
}

/** How long an agent may run past its limit, so that its owner can let it delete files. */
const GRACE_MS = 15 * 60_000;

/** When an agent that runs past its limit is stopped; null within the limit. A start begins a new grace period. */
export function stopsAt({ diskProblemSince: since, startedAt }: Pick<Agent, 'diskProblemSince' | 'startedAt'>): Date | null {
  return since && new Date(Math.max(since.getTime(), startedAt?.getTime() ?? 0) + GRACE_MS);
}

/** Why the platform stopped an agent that was past its limit, as a sentence for its owner. */
export const stoppedByLimit = ({ diskProblem }: Pick<Agent, 'diskProblem'>) =>
  `${diskProblem}. The platform stopped the agent. Start it and let it delete files within ${GRACE_MS / 60_000} minutes, or change its plan`;

/**
 * Measures one agent's data now.
 * @returns its size, undefined without a volume; and the free bytes where the engine keeps volumes
 * @throws AppError DOCKER_UNAVAILABLE; OPERATION_FAILED when the measurement fails
 */
export async function measureData({ host }: Pick<Context, 'host'>, spec: AgentContainerSpec, signal: AbortSignal) {
  const { agentId, ownerId, names, image } = spec;
  const { sizes, freeBytes } = await host.measureVolumes(image, [{ volume: names.volume, agentId, ownerId }], signal).catch((cause) => {
    throw cause instanceof AppError ? cause : new AppError('OPERATION_FAILED', "The agent's data could not be measured", { cause });
  });
  return { size: sizes.get(agentId), freeBytes };
}

/** Refuses to archive data past the limit of the agent's plan. @throws AppError OPERATION_FAILED */
export function requireArchivable(size: VolumeSize, { plan }: Pick<Agent, 'plan'>): void {
  const problem = archiveProblem(size, plan);
  if (problem) throw new AppError('OPERATION_FAILED', problem);
}
