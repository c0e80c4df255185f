import { AppError } from '@agentbot/contracts';
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
/** The number of agents that start together: each start queries the database and the engine. */
const BATCH = 10;
/** A sample of the stats stream is fresh for this long; the stream sends one every second. */
const STREAM_FRESH_MS = 10_000;

/** Follows the logs and usage of all agents on the engine, until aborted. */
async function follow(context: Context, lease: string, signal: AbortSignal): Promise<void> {
  const { host, config, log } = context;
  let engineIsAway = false;
  const report = (error: unknown, agentId?: string) => {
    const isOutage = error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE';
    // One line per outage: every loop retries every two seconds.
    if (!signal.aborted && !(isOutage && engineIsAway)) log.warn({ err: error, agentId }, 'following an agent failed; it is retried');
    engineIsAway ||= isOutage;
  };
  let sampling = false;
  const logs = createLogWriter({ context, lease });
  const usage = createUsageWriter(context, () => (sampling ? config.STATS_SWEEP_SECONDS * 3_000 : STREAM_FRESH_MS));
  const logRunner = createKeyedRunner((agentId) => collectLog(context, logs, agentId, signal), signal, report);
  const usageRunner = createKeyedRunner((agentId) => collectUsage(host, usage, agentId, signal, () => sampling), signal, report);

  /** The first round includes stopped agents: they may have written lines since they were last followed. */
  let isFirstRound = true;
  async function round(): Promise<void> {
    const agents = await host.agents(config.INSTALLATION);
    engineIsAway = false;
    const running = agents.filter((agent) => agent.running);
    sampling = running.length > config.STATS_STREAMS;
    const targets = isFirstRound ? agents : running;
    for (let i = 0; i < targets.length && !signal.aborted; i += BATCH) {
      for (const { agentId } of targets.slice(i, i + BATCH)) logRunner.start(agentId);
      await pause(10, signal);
    }
    if (!sampling) for (const { agentId } of running) usageRunner.start(agentId);
    isFirstRound = false;
  }
  function onChange(agentId: string): void {
    logRunner.restart(agentId);
    sampling ||= usageRunner.count() >= config.STATS_STREAMS;
    if (!sampling) usageRunner.restart(agentId);
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
    pollLoop(signal, { intervalMs: CLEANUP_INTERVAL_MS }, () => Promise.all([deleteOldLogs(context), deleteOldUsage(context)]), report),
    usage.run(signal),
  ]);
  await Promise.all([logRunner.ended(), usageRunner.ended()]);
  await logs.close();
}

/** Follows all agents of the installation while this process holds the lease, until aborted. */
export async function collectTelemetry(context: Context, signal: AbortSignal): Promise<void> {
  const lease = `follow ${context.config.INSTALLATION}`;
  await runAsLeader(context, lease, signal, (leaseSignal) => follow(context, lease, leaseSignal));
}
