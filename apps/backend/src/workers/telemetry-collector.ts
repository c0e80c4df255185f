import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../domain/context.ts';
import { followLog } from '../domain/telemetry/logs/follow-log.ts';
import { forgetOldLogs } from '../domain/telemetry/logs/log-store.ts';
import { createLogWriter } from '../domain/telemetry/logs/log-writer.ts';
import { followUsage, sweepUsage } from '../domain/telemetry/stats/follow-usage.ts';
import { forgetOldUsage } from '../domain/telemetry/stats/usage-store.ts';
import { createUsageWriter } from '../domain/telemetry/stats/usage-writer.ts';
import { underLease } from '../infra/database/lease.ts';
import { onePerAgent } from '../shared/keyed-runner.ts';

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
  const followed = onePerAgent((agentId) => followLog(context, logs, agentId, signal), signal, report);
  const measured = onePerAgent((agentId) => followUsage(host, usage, agentId, signal, () => sweeping), signal, report);

  /** Begins with those that nobody follows; the first time also with the stopped ones, which may have said something since. */
  async function round(first: boolean): Promise<void> {
    const agents = await host.agents(config.INSTALLATION);
    const running = agents.filter((agent) => agent.running);
    sweeping = running.length > config.STATS_STREAMS;
    const wanted = first ? agents : running;
    for (let i = 0; i < wanted.length && !signal.aborted; i += BATCH) {
      for (const { agentId } of wanted.slice(i, i + BATCH)) followed.begin(agentId);
      await sleep(10);
    }
    if (!sweeping) for (const { agentId } of running) measured.begin(agentId);
  }
  const rounds = async () => {
    for (let first = true; !signal.aborted; ) {
      const done = await round(first).then(
        () => true,
        (error) => report(error),
      );
      if (done) first = false;
      await sleep(done ? ROUND_MS : RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const events = async () => {
    while (!signal.aborted) {
      if (await host.available()) {
        const onChange = (agentId: string) => {
          followed.again(agentId);
          sweeping ||= measured.count() >= config.STATS_STREAMS;
          if (!sweeping) measured.again(agentId);
        };
        await host.watch(config.INSTALLATION, signal, onChange).catch(report);
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const sweeps = async () => {
    while (!signal.aborted) {
      if (sweeping) await sweepUsage(host, usage, config.INSTALLATION).catch(report);
      await sleep(config.STATS_SWEEP_SECONDS * 1000, undefined, { signal }).catch(() => undefined);
    }
  };
  const forgetting = async () => {
    while (!signal.aborted) {
      await Promise.all([forgetOldLogs(database), forgetOldUsage(database)]).catch((error) => report(error));
      await sleep(FORGET_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([rounds(), events(), sweeps(), forgetting(), usage.run(signal)]);
  await Promise.all([followed.ended(), measured.ended()]);
  await logs.close();
}

/** Follows all agents whenever this process is the one that does it for its installation, until aborted. */
export async function followAgents(context: Context, signal: AbortSignal): Promise<void> {
  const lease = `follow ${context.config.INSTALLATION}`;
  await underLease(context, lease, signal, (held) => follow(context, lease, held));
}
