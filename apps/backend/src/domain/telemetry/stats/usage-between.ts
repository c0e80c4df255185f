import type { ContainerUsage } from '../../../infra/docker/container-host.ts';
import type { GatheredUsage } from './usage-store.ts';

/** The increase of a counter; a smaller value means that a restart has reset it. */
const increase = (before: number, after: number) => (after >= before ? after - before : after);

/**
 * The usage of a container between two samples; `cpu` is a share of one CPU (1.5 is one and a half CPUs), sizes are in bytes.
 * @returns null when the second sample is not later, or the container was restarted
 */
export function usageBetween(before: ContainerUsage, after: ContainerUsage): GatheredUsage | null {
  const system = after.systemCpu - before.systemCpu;
  if (system <= 0 || after.cpu < before.cpu) return null;
  return {
    samples: 1,
    cpu: ((after.cpu - before.cpu) / system) * after.onlineCpus,
    memory: after.memory,
    memoryLimit: after.memoryLimit,
    received: increase(before.received, after.received),
    sent: increase(before.sent, after.sent),
    read: increase(before.read, after.read),
    written: increase(before.written, after.written),
    pids: after.pids,
  };
}
