import { expect, test } from '@jest/globals';
import { usageOf } from './engine-usage.ts';

/** A container's statistics as engine API 1.41 sends them, with numbers that differ in every field. */
const stats = {
  cpu_stats: { cpu_usage: { total_usage: 5_000, percpu_usage: [1, 2, 3] }, system_cpu_usage: 90_000, online_cpus: 2 },
  memory_stats: { usage: 300, limit: 1_000, stats: { inactive_file: 120, file: 150 } },
  networks: { eth0: { rx_bytes: 10, tx_bytes: 2 }, eth1: { rx_bytes: 30, tx_bytes: 5 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { op: 'Read', value: 100 },
      { op: 'Write', value: 7 },
      { op: 'read', value: 1 },
      { op: 'Sync', value: 50 },
    ],
  },
  pids_stats: { current: 12 },
};
const read = (change: object = {}) => usageOf({ ...stats, ...change } as never);

test('usageOf reads each figure from its own field and adds up networks and devices', () => {
  expect(read()).toEqual({
    cpu: 5_000,
    systemCpu: 90_000,
    onlineCpus: 2,
    // The engine's own `docker stats` shows usage without the inactive file cache, which the kernel can reclaim.
    memory: 180,
    memoryLimit: 1_000,
    received: 40,
    sent: 7,
    read: 101,
    written: 7,
    pids: 12,
  });
});

test.each([
  ['of cgroup v1', { usage: 300, limit: 1_000, stats: { total_inactive_file: 20 } }, 280],
  ['without a cache', { usage: 300, limit: 1_000 }, 300],
  ['with a cache above its usage', { usage: 300, limit: 1_000, stats: { inactive_file: 400 } }, 0],
])('usageOf subtracts the reclaimable cache %s', (_case, memory_stats, expected) => {
  expect(read({ memory_stats }).memory).toBe(expected);
});

test('usageOf counts the CPUs of an engine that does not send online_cpus', () => {
  expect(read({ cpu_stats: { ...stats.cpu_stats, online_cpus: 0 } }).onlineCpus).toBe(3);
  const { percpu_usage: _, ...cpu_usage } = stats.cpu_stats.cpu_usage;
  expect(read({ cpu_stats: { ...stats.cpu_stats, online_cpus: 0, cpu_usage } }).onlineCpus).toBe(1);
});

test('usageOf reads a container without networks, block devices and processes as zero', () => {
  expect(read({ networks: undefined, blkio_stats: {}, pids_stats: {} })).toMatchObject({
    received: 0,
    sent: 0,
    read: 0,
    written: 0,
    pids: 0,
  });
  expect(read({ pids_stats: undefined }).pids).toBe(0);
});
