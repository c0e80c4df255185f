import type { Context } from '../domain/context.ts';
import { followLog } from '../domain/telemetry/logs/follow-log.ts';
import { forgetOldLogs } from '../domain/telemetry/logs/log-store.ts';
import { createLogWriter } from '../domain/telemetry/logs/log-writer.ts';
import { followUsage, sweepUsage } from '../domain/telemetry/stats/follow-usage.ts';
import { forgetOldUsage } from '../domain/telemetry/stats/usage-store.ts';
import { createUsageWriter } from '../domain/telemetry/stats/usage-writer.ts';
import { underLease } from '../infra/database/lease.ts';
import { createKeyedRunner } from '../shared/keyed-runner.ts';
import { pause, pollLoop } from '../shared/poll-loop.ts';

const ROUND_MS = 30_000;
const RETRY_MS = 2_000;
const FORGET_MS = 60 * 60_000;
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
  let sweeping = false;
  const logs = createLogWriter({ context, lease });
  const usage = createUsageWriter(context, () => (sweeping ? config.STATS_SWEEP_SECONDS * 3_000 : FRESH_MS));
  const followed = createKeyedRunner((agentId) => followLog(context, logs, agentId, signal), signal, report);
  const measured = createKeyedRunner((agentId) => followUsage(host, usage, agentId, signal, () => sweeping), signal, report);

  /** Begins with those that nobody follows; the first time also with the stopped ones, which may have said something since. */
  let first = true;
  async function round(): Promise<void> {
    const agents = await host.agents(config.INSTALLATION);
    const running = agents.filter((agent) => agent.running);
    sweeping = running.length > config.STATS_STREAMS;
    const wanted = first ? agents : running;
    for (let i = 0; i < wanted.length && !signal.aborted; i += BATCH) {
      for (const { agentId } of wanted.slice(i, i + BATCH)) followed.start(agentId);
      await pause(10, signal);
    }
    if (!sweeping) for (const { agentId } of running) measured.start(agentId);
    first = false;
  }
  function onChange(agentId: string): void {
    followed.restart(agentId);
    sweeping ||= measured.count() >= config.STATS_STREAMS;
    if (!sweeping) measured.restart(agentId);
  }
  async function watchEvents(): Promise<void> {
    if (await host.available()) await host.watch(config.INSTALLATION, signal, onChange);
  }
  async function readUsage(): Promise<void> {
    if (sweeping) await sweepUsage(host, usage, config.INSTALLATION);
  }
  await Promise.all([
    pollLoop(signal, { intervalMs: ROUND_MS, retryMs: RETRY_MS }, round, report),
    pollLoop(signal, { intervalMs: RETRY_MS }, watchEvents, report),
    pollLoop(signal, { intervalMs: config.STATS_SWEEP_SECONDS * 1000 }, readUsage, report),
    pollLoop(signal, { intervalMs: FORGET_MS }, () => Promise.all([forgetOldLogs(database), forgetOldUsage(database)]), report),
    usage.run(signal),
  ]);
  await Promise.all([followed.ended(), measured.ended()]);
  await logs.close();
}

/** Follows all agents whenever this process is the one that does it for its installation, until aborted. */
export async function followAgents(context: Context, signal: AbortSignal): Promise<void> {
  const lease = `follow ${context.config.INSTALLATION}`;
  await underLease(context, lease, signal, (held) => follow(context, lease, held));
}
