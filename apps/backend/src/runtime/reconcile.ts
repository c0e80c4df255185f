import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { forgetOldAnswers } from '../http/idempotency.ts';
import { operationTypes } from '../jobs/catalog.ts';
import { beginOperation, QUEUE } from '../jobs/operations.ts';
import { containerNames } from './agent-container.ts';
import { plannedRecovery, recoverDue } from './recover.ts';
import { whyItEnded } from './why-it-ended.ts';

const RECOVERY_INTERVAL_MS = 1_000;
/** How long past its deadline an operation may stand open before it counts as lost. */
const GRACE_MS = 2 * 60_000;

/**
 * Ends operations whose job is gone or was begun too long ago, so that no agent is stuck: the agent goes to `error` with the
 * reason. One that waits for its turn is not lost, however long the queue.
 */
async function endLostOperations({ database, boss, log }: Context) {
  const open = await database.as('service', (tx) => tx.operation.findMany({ where: { finishedAt: null } }));
  for (const operation of open) {
    const limit = operationTypes[operation.kind as keyof typeof operationTypes].deadlineMs + GRACE_MS;
    const jobs = await boss.findJobs(QUEUE, { data: { operationId: operation.id } });
    const alive = jobs.some((job) => ['created', 'retry', 'active'].includes(job.state));
    const inTime = !operation.startedAt || Date.now() - operation.startedAt.getTime() < limit;
    if (alive && inTime) continue;
    const error = 'The operation was interrupted and could not be resumed';
    const lost = await database.as('service', async (tx) => {
      // It may have ended, and its job with it, since it was read.
      const still = { id: operation.id, finishedAt: null };
      const { count } = await tx.operation.updateMany({ where: still, data: { state: 'failed', error, finishedAt: new Date() } });
      if (count) await tx.agent.updateMany({ where: { id: operation.agentId }, data: { state: 'error', stateReason: error } });
      return count > 0;
    });
    if (lost) log.warn({ operationId: operation.id, agentId: operation.agentId }, error);
  }
}

/**
 * Writes down what the engine says of an agent's container. One that ended by itself is started again, unless that has
 * happened too often; one that runs though its agent is stopped is stopped, and one that a crash left halted goes on.
 */
async function observe(context: Context, agentId: string) {
  const { database, boss, host, gateways, log } = context;
  const { container: name } = containerNames(agentId);
  const over = await database.as('service', async (tx) => {
    // An operation that ends meanwhile waits for this lock, so neither the row nor the container is older than the other.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agentId} FOR UPDATE`;
    const container = await host.inspect(name);
    const agent = await tx.agent.findUnique({ where: { id: agentId } });
    if (agent?.runtime !== 'container') return false;
    const working = await tx.operation.count({ where: { agentId, finishedAt: null } });
    const ended = agent.state === 'running' && !container?.running && !working;
    const planned = ended ? await plannedRecovery(tx, agentId, await whyItEnded(context, agentId, container)) : null;
    // It may have ended and come back before anybody looked: the engine starts it again too.
    const startedAt = container?.running && agent.state === 'running' ? { startedAt: container.startedAt } : {};
    await tx.agent.update({
      where: { id: agentId },
      data: { observedState: container?.status ?? 'missing', observedAt: new Date(), ...startedAt, ...planned?.change },
    });
    if (container?.status === 'paused' && !working) await host.goOn(name);
    if (container?.running && agent.state === 'stopped' && !working) {
      log.warn({ agentId }, "a stopped agent's container runs; it is stopped");
      await beginOperation(tx, boss, agent, 'stop');
    }
    if (ended) log.warn({ agentId, exitCode: container?.exitCode, oomKilled: container?.oomKilled }, "an agent's container ended");
    return planned?.giveUp ?? false;
  });
  if (over) {
    await gateways.drop(agentId);
    await host.stop(name);
  }
}

/** Gives a container to each agent that was provisioned while there was no Docker. */
async function adoptContainerless({ database, boss, log }: Context) {
  await database.as('service', async (tx) => {
    const agents = await tx.agent.findMany({ where: { runtime: 'api', state: 'running' } });
    for (const agent of agents) {
      if (await tx.operation.count({ where: { agentId: agent.id, finishedAt: null } })) continue;
      log.info({ agentId: agent.id }, 'Docker is back: the agent gets its container');
      await beginOperation(tx, boss, agent, 'provision');
    }
  });
}

/** @param wasAway whether the engine was away in the round before. @returns whether it is now */
async function reconcileOnce(context: Context, wasAway: boolean): Promise<boolean> {
  await endLostOperations(context);
  await context.database.untenanted.usedAssertion.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await forgetOldAnswers(context);
  if (!(await context.host.available())) return true;
  if (wasAway) await context.boss.send('sweep', {});
  await context.guardHost();
  await adoptContainerless(context);
  const rows = await context.database.as('service', (tx) =>
    tx.agent.findMany({ where: { runtime: 'container', state: { in: ['running', 'stopped'] } }, select: { id: true } }),
  );
  for (const { id } of rows) await observe(context, id);
  return false;
}

/**
 * Compares what should be with what is: at start, on the engine's events, and every RECONCILE_SECONDS, until aborted. One failed
 * round is logged and the next one tried.
 */
export async function runReconciler(context: Context, signal: AbortSignal): Promise<void> {
  const { host, config, log } = context;
  const report = (error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'reconciling failed; trying again');
  };
  const rounds = async () => {
    let away = false;
    while (!signal.aborted) {
      away = await reconcileOnce(context, away).catch((error) => {
        report(error);
        return away;
      });
      await sleep(config.RECONCILE_SECONDS * 1000, undefined, { signal }).catch(() => undefined);
    }
  };
  const events = async () => {
    while (!signal.aborted) {
      if (await host.available()) {
        await host.watch(config.INSTALLATION, signal, (agentId) => void observe(context, agentId).catch(report)).catch(report);
      }
      await sleep(2_000, undefined, { signal }).catch(() => undefined);
    }
  };
  const recoveries = async () => {
    while (!signal.aborted) {
      await recoverDue(context).catch(report);
      await sleep(RECOVERY_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([rounds(), events(), recoveries()]);
}
