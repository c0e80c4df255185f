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
 * Writes down what containers use: the last sample of each, and sums for the minute's and the hour's means.
 * @param freshMs how long a sample counts as what is used now
 */
export function createUsageWriter({ database, log }: Pick<Context, 'database' | 'log'>, freshMs: () => number) {
  const before = new Map<string, ContainerUsage>();
  /** Agents of which Postgres has refused a sample: the log says it once. */
  const refused = new Set<string>();
  let last = new Map<string, LastUsage>();
  let gathered = new Map<string, GatheredUsage>();

  const only = <T>(agentId: string, all: Map<string, T>) => new Map([...all].filter(([each]) => each === agentId));

  /** Stores samples together; agent by agent, when Postgres refuses the data of one. */
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
      if (!refused.has(agentId)) log.warn({ err: error, agentId }, "Postgres refuses an agent's usage");
      refused.add(agentId);
    }
  }

  async function write(): Promise<void> {
    const [samples, sums] = [last, gathered];
    if (samples.size === 0) return;
    [last, gathered] = [new Map(), new Map()];
    await store(samples, sums);
  }

  return {
    add(agentId: string, usage: ContainerUsage): void {
      const previous = before.get(agentId);
      before.set(agentId, usage);
      const between = previous && usageBetween(previous, usage);
      last.set(agentId, { ...usage, cpu: between?.cpu ?? null });
      if (between) gathered.set(agentId, sum(gathered.get(agentId), between));
    },
    /** An agent's container has stopped: nothing is used now. */
    async end(agentId: string): Promise<void> {
      before.delete(agentId);
      refused.delete(agentId);
      last.delete(agentId);
      await deleteSamples(database, agentId);
    },
    /** Writes every second, until aborted. A write that fails is a gap in the history, not more. */
    async run(signal: AbortSignal): Promise<void> {
      const report = (error: unknown) => log.warn({ err: error }, 'usage could not be stored');
      await pollLoop(signal, { intervalMs: WRITE_MS }, write, report);
      // What was gathered since the last write.
      await write().catch(report);
    },
  };
}

export type UsageWriter = ReturnType<typeof createUsageWriter>;
