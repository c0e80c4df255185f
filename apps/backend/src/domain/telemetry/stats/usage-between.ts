import type { ContainerUsage } from '../../../infra/docker/container-host.ts';
import type { GatheredUsage } from './usage-store.ts';

/** A counter that begins again at zero was reset by a restart. */
const moved = (before: number, after: number) => (after >= before ? after - before : after);

/**
 * What a container used between two samples; `cpu` is the share of one CPU, 1.5 one and a half.
 * @returns null when the second sample is not later, or of a restarted container
 */
export function usageBetween(before: ContainerUsage, after: ContainerUsage): GatheredUsage | null {
  const system = after.systemCpu - before.systemCpu;
  if (system <= 0 || after.cpu < before.cpu) return null;
  return {
    samples: 1,
    cpu: ((after.cpu - before.cpu) / system) * after.onlineCpus,
    memory: after.memory,
    memoryLimit: after.memoryLimit,
    received: moved(before.received, after.received),
    sent: moved(before.sent, after.sent),
    read: moved(before.read, after.read),
    written: moved(before.written, after.written),
    pids: after.pids,
  };
}
