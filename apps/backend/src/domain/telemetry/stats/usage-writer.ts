import { isRefusedData } from '../../../infra/database/refused-data.ts';
import type { ContainerUsage } from '../../../infra/docker/container-host.ts';
import { pollLoop } from '../../../shared/poll-loop.ts';
import type { Context } from '../../context.ts';
import { usageBetween } from './usage-between.ts';
import { deleteSamples, type GatheredUsage, type LastUsage, writeSamples } from './usage-store.ts';

const WRITE_MS = 1_000;

const sum = (a: GatheredUsage | undefined, b: GatheredUsage): GatheredUsage =>
  a
    ? {
        samples: a.samples + b.samples,
        cpu: a.cpu + b.cpu,
        memory: a.memory + b.memory,
        memoryLimit: b.memoryLimit,
        received: a.received + b.received,
        sent: a.sent + b.sent,
        read: a.read + b.read,
        written: a.written + b.written,
        pids: a.pids + b.pids,
      }
    : b;

/**
 * Stores the containers' usage: the last sample of each, and sums for the means per minute and per hour.
 * @param freshMs the age in milliseconds at which a sample becomes stale
 */
export function createUsageWriter({ database, log }: Pick<Context, 'database' | 'log'>, freshMs: () => number) {
  const previousSamples = new Map<string, ContainerUsage>();
  /** Agents with a sample that Postgres refused; each is logged once. */
  const refused = new Set<string>();
  let pendingSamples = new Map<string, LastUsage>();
  let pendingSums = new Map<string, GatheredUsage>();

  const only = <T>(agentId: string, all: Map<string, T>) => new Map([...all].filter(([id]) => id === agentId));

  /** Stores the samples together, or agent by agent when Postgres refuses the data. */
  async function store(samples: Map<string, LastUsage>, sums: Map<string, GatheredUsage>): Promise<void> {
    try {
      await database.as('service', (tx) => writeSamples(tx, samples, sums, freshMs()));
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      if (samples.size > 1) {
        for (const agentId of samples.keys()) await store(only(agentId, samples), only(agentId, sums));
        return;
      }
      const [agentId = ''] = samples.keys();
      if (!refused.has(agentId)) log.warn({ err: error, agentId }, "Postgres refused an agent's usage");
      refused.add(agentId);
    }
  }

  async function write(): Promise<void> {
    const [samples, sums] = [pendingSamples, pendingSums];
    if (samples.size === 0) return;
    [pendingSamples, pendingSums] = [new Map(), new Map()];
    await store(samples, sums);
  }

  return {
    add(agentId: string, usage: ContainerUsage): void {
      const previous = previousSamples.get(agentId);
      previousSamples.set(agentId, usage);
      const between = previous && usageBetween(previous, usage);
      pendingSamples.set(agentId, { ...usage, cpu: between?.cpu ?? null });
      if (between) pendingSums.set(agentId, sum(pendingSums.get(agentId), between));
    },
    /** Deletes the last sample of an agent whose container has stopped. */
    async end(agentId: string): Promise<void> {
      previousSamples.delete(agentId);
      refused.delete(agentId);
      pendingSamples.delete(agentId);
      await deleteSamples({ database }, agentId);
    },
    /** Stores the samples every second, until aborted. A failed write only leaves a gap in the history. */
    async run(signal: AbortSignal): Promise<void> {
      const report = (error: unknown) => log.warn({ err: error }, 'usage could not be stored');
      await pollLoop(signal, { intervalMs: WRITE_MS }, write, report);
      // The samples since the last write.
      await write().catch(report);
    },
  };
}

export type UsageWriter = ReturnType<typeof createUsageWriter>;
