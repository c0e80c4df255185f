import type Docker from 'dockerode';
import type { ContainerUsage } from './container-host.ts';

/** Converts the engine's statistics of a container to a usage sample. @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats */
export function usageOf(stats: Docker.ContainerStats): ContainerUsage {
  const { cpu_stats: cpu, memory_stats: memory, networks = {}, blkio_stats: blocks, pids_stats: pids } = stats;
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const blockBytes = (kind: string) => {
    const entries = (blocks?.io_service_bytes_recursive ?? []) as { op: string; value: number }[];
    return sum(entries.flatMap(({ op, value }) => (op.toLowerCase() === kind ? value : [])));
  };
  const details = (memory.stats ?? {}) as unknown as Record<string, number>;
  // The reclaimable page cache has a different name in cgroup v2 and v1.
  const cache = details.inactive_file ?? details.total_inactive_file ?? 0;
  return {
    cpu: cpu.cpu_usage.total_usage,
    systemCpu: cpu.system_cpu_usage ?? 0,
    onlineCpus: cpu.online_cpus || cpu.cpu_usage.percpu_usage?.length || 1,
    memory: memory.usage - Math.min(cache, memory.usage),
    memoryLimit: memory.limit,
    received: sum(Object.values(networks).map(({ rx_bytes }) => rx_bytes)),
    sent: sum(Object.values(networks).map(({ tx_bytes }) => tx_bytes)),
    read: blockBytes('read'),
    written: blockBytes('write'),
    pids: pids?.current ?? 0,
  };
}
