import type { Context } from '../domain/context.ts';
import { collectLog } from '../domain/telemetry/logs/collect-log.ts';
import { deleteOldLogs } from '../domain/telemetry/logs/log-store.ts';
import { createLogWriter } from '../domain/telemetry/logs/log-writer.ts';
import { collectUsage, sampleUsage } from '../domain/telemetry/stats/collect-usage.ts';
import { deleteOldUsage } from '../domain/telemetry/stats/usage-store.ts';
import { createUsageWriter } from '../domain/telemetry/stats/usage-writer.ts';
import { runAsLeader } from '../infra/database/lease.ts';
import { createKeyedRunner } from '../shared/keyed-runner.ts';
import { pause, pollLoop } from '../shared/poll-loop.ts';

const ROUND_MS = 30_000;
const RETRY_MS = 2_000;
const CLEANUP_INTERVAL_MS = 60 * 60_000;
/** So many are begun at once; each asks the database and the engine. */
const BATCH = 10;
/** How long a sample of the stats stream, which has one every second, counts as what is used now. */
const FRESH_MS = 10_000;

/** Follows the logs and figures of all agents on the engine, until aborted. */
async function follow(context: Context, lease: string, signal: AbortSignal): Promise<void> {
  const { host, config, log, database } = context;
  const report = (error: unknown, agentId?: string) => {
    if (!signal.aborted) log.warn({ err: error, agentId }, 'an agent could not be followed; trying again');
  };
  let sampling = false;
  const logs = createLogWriter({ context, lease });
  const usage = createUsageWriter(context, () => (sampling ? config.STATS_SWEEP_SECONDS * 3_000 : FRESH_MS));
  const followed = createKeyedRunner((agentId) => collectLog(context, logs, agentId, signal), signal, report);
  const measured = createKeyedRunner((agentId) => collectUsage(host, usage, agentId, signal, () => sampling), signal, report);

  /** Begins with those that nobody follows; the first time also with the stopped ones, which may have said something since. */
  let first = true;
  async function round(): Promise<void> {
    const agents = await host.agents(config.INSTALLATION);
    const running = agents.filter((agent) => agent.running);
    sampling = running.length > config.STATS_STREAMS;
    const wanted = first ? agents : running;
    for (let i = 0; i < wanted.length && !signal.aborted; i += BATCH) {
      for (const { agentId } of wanted.slice(i, i + BATCH)) followed.start(agentId);
      await pause(10, signal);
    }
    if (!sampling) for (const { agentId } of running) measured.start(agentId);
    first = false;
  }
  function onChange(agentId: string): void {
    followed.restart(agentId);
    sampling ||= measured.count() >= config.STATS_STREAMS;
    if (!sampling) measured.restart(agentId);
  }
  async function watchEvents(): Promise<void> {
    if (await host.available()) await host.watch(config.INSTALLATION, signal, onChange);
  }
  async function readUsage(): Promise<void> {
    if (sampling) await sampleUsage(host, usage, config.INSTALLATION);
  }
  await Promise.all([
    pollLoop(signal, { intervalMs: ROUND_MS, retryMs: RETRY_MS }, round, report),
    pollLoop(signal, { intervalMs: RETRY_MS }, watchEvents, report),
    pollLoop(signal, { intervalMs: config.STATS_SWEEP_SECONDS * 1000 }, readUsage, report),
    pollLoop(signal, { intervalMs: CLEANUP_INTERVAL_MS }, () => Promise.all([deleteOldLogs(database), deleteOldUsage(database)]), report),
    usage.run(signal),
  ]);
  await Promise.all([followed.ended(), measured.ended()]);
  await logs.close();
}

/** Follows all agents whenever this process is the one that does it for its installation, until aborted. */
export async function collectTelemetry(context: Context, signal: AbortSignal): Promise<void> {
  const lease = `follow ${context.config.INSTALLATION}`;
  await runAsLeader(context, lease, signal, (held) => follow(context, lease, held));
}
