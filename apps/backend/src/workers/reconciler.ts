import type { OperationKind } from '@agentbot/contracts';
import pLimit from 'p-limit';
import { deleteExpiredSessions } from '../domain/accounts/sessions.ts';
import { gatewayAddress } from '../domain/agents/gateway.ts';
import { exitReason } from '../domain/containers/exit-reason.ts';
import type { Context } from '../domain/context.ts';
import { beginOperation, leavesAgent, queueOf } from '../domain/operations/operations.ts';
import { isReady } from '../domain/provisioning/await-ready.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { deleteOldAnswers } from '../infra/idempotency/idempotency.ts';
import { pollLoop } from '../shared/poll-loop.ts';
import { runningState } from '../workflows/provision.ts';
import { planRestart, restartDueAgents } from './crash-restart.ts';

const RESTART_INTERVAL_MS = 1_000;
/** The engine's event stream is opened again after this pause. */
const WATCH_RETRY_MS = 2_000;
/** Younger operations have their job, or get it with this transaction. */
const MIN_AGE_MS = 15_000;
/** An agent whose container could not be made is not tried again for so long. */
const ADOPTION_PAUSE_MS = 10 * 60_000;
/** So many agents are looked at together: a machine that goes down ends all of them at once. */
const limitObservations = pLimit(4);

/**
 * Ends operations whose job is gone, so that no agent is stuck: it goes to `error` with the reason, unless it served on. The queue itself
 * knows which jobs go on and which were begun too long ago.
 */
async function endLostOperations({ database, boss, log }: Context) {
  const young = new Date(Date.now() - MIN_AGE_MS);
  const open = await database.as('service', (tx) => tx.operation.findMany({ where: { finishedAt: null, createdAt: { lt: young } } }));
  for (const operation of open) {
    const jobs = await boss.findJobs(queueOf(operation.kind as OperationKind), { data: { operationId: operation.id } });
    if (jobs.some((job) => ['created', 'retry', 'active'].includes(job.state))) continue;
    const error = 'The operation was interrupted and could not be resumed';
    const lost = await database.as('service', async (tx) => {
      // It may have ended, and its job with it, since it was read.
      const still = { id: operation.id, finishedAt: null };
      const { count } = await tx.operation.updateMany({ where: still, data: { state: 'failed', error, finishedAt: new Date() } });
      if (count && !leavesAgent(operation))
        await tx.agent.updateMany({ where: { id: operation.agentId }, data: { state: 'error', stateReason: error } });
      return count > 0;
    });
    if (lost) log.warn({ operationId: operation.id, agentId: operation.agentId }, error);
  }
}

/** What must be asked of an agent's container before its row is locked: why it ended, or whether it is ready after all. */
async function inspectAgent(context: Context, agentId: string): Promise<{ reason?: string; ready?: boolean }> {
  const container = await context.host.inspect(containerNames(agentId).container);
  const agent = await context.database.as('service', (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  if (agent?.runtime !== 'container') return {};
  if (agent.state === 'running' && !container?.running) return { reason: await exitReason(context, agentId, container) };
  const spec = agent.state === 'error' && container?.running ? readContainerSpec(agent) : null;
  if (!spec) return {};
  return { ready: await isReady(context, spec, await gatewayAddress(context, agentId, spec.bind)) };
}

/**
 * Writes down what the engine says of an agent's container. One that ended by itself is started again, unless that has
 * happened too often; one that runs though its agent is stopped is stopped, one that a crash left halted goes on, and one
 * that became ready after its time was over is taken as it is.
 */
async function observe(context: Context, agentId: string) {
  const { database, boss, host, gateways, log, config } = context;
  const { container: name } = containerNames(agentId);
  // Before the transaction, which holds a connection and must not wait for another.
  const { reason, ready } = await inspectAgent(context, agentId);
  const over = await database.as('service', async (tx) => {
    // An operation that ends meanwhile waits for this lock, so neither the row nor the container is older than the other.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agentId} FOR UPDATE`;
    const container = await host.inspect(name);
    const agent = await tx.agent.findUnique({ where: { id: agentId } });
    if (agent?.runtime !== 'container') return false;
    const working = await tx.operation.count({ where: { agentId, finishedAt: null } });
    const ended = reason !== undefined && agent.state === 'running' && !container?.running && !working;
    const planned = ended ? await planRestart(tx, config, agentId, reason) : null;
    const late = ready && agent.state === 'error' && container?.running && !working;
    // It may have ended and come back before anybody looked: the engine starts it again too.
    const startedAt = container?.running && agent.state === 'running' ? { startedAt: container.startedAt } : {};
    await tx.agent.update({
      where: { id: agentId },
      data: {
        observedState: container?.status ?? 'missing',
        observedAt: new Date(),
        ...startedAt,
        ...planned?.change,
        ...(late && { ...runningState(container), recoverAt: null }),
      },
    });
    if (container?.status === 'paused' && !working) await host.unpause(name);
    if (container?.running && agent.state === 'stopped' && !working) {
      log.warn({ agentId }, "a stopped agent's container runs; it is stopped");
      await beginOperation(tx, boss, agent, 'stop');
    }
    if (ended) log.warn({ agentId, exitCode: container?.exitCode, oomKilled: container?.oomKilled }, "an agent's container ended");
    if (late) log.info({ agentId }, 'an agent that had failed is ready after all');
    return planned?.giveUp ?? false;
  });
  if (over) {
    await gateways.drop(agentId);
    await host.stop(name);
  }
}

/** Gives a container to each agent that was provisioned while there was no Docker; it answers as before meanwhile. */
async function adoptAgentsWithoutContainer({ database, boss, log }: Context) {
  const agents = await database.as('service', (tx) =>
    tx.agent.findMany({ where: { runtime: 'api', state: 'running' }, select: { id: true } }),
  );
  for (const { id } of agents) {
    await database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
      const agent = await tx.agent.findFirst({ where: { id, runtime: 'api', state: 'running' } });
      const lately = { state: 'failed' as const, finishedAt: { gt: new Date(Date.now() - ADOPTION_PAUSE_MS) }, kind: 'provision' };
      if (!agent || (await tx.operation.count({ where: { agentId: id, OR: [{ finishedAt: null }, lately] } }))) return;
      log.info({ agentId: id }, 'Docker is back: the agent gets its container');
      await beginOperation(tx, boss, agent, 'provision', { goesOn: true });
    });
  }
}

/** Notes of all agents what the engine says of their containers, and looks closer at those that are not as they should be. */
async function observeAll(context: Context): Promise<void> {
  const { database, host, config } = context;
  const containers = new Map((await host.agents(config.INSTALLATION)).map((each) => [each.agentId, each]));
  const rows = await database.as('service', (tx) =>
    tx.agent.findMany({
      where: { runtime: 'container', state: { in: ['running', 'stopped', 'error'] } },
      select: { id: true, state: true, observedState: true },
    }),
  );
  const isAsBefore = ({ id, state, observedState }: (typeof rows)[number]) => {
    const { name, status = 'missing' } = containers.get(id) ?? {};
    // A name that was changed by hand is put right by a closer look.
    if (name && name !== containerNames(id).container) return false;
    return status === observedState && status !== 'paused' && (state === 'running') === (status === 'running');
  };
  const asBefore = rows.filter(isAsBefore).map(({ id }) => id);
  await database.as('service', (tx) => tx.agent.updateMany({ where: { id: { in: asBefore } }, data: { observedAt: new Date() } }));
  await limitObservations.map(
    rows.filter((row) => !isAsBefore(row)),
    ({ id }) => observe(context, id),
  );
}

/** @param wasAway whether the engine was away in the round before. @returns whether it is now */
async function reconcile(context: Context, wasAway: boolean): Promise<boolean> {
  await endLostOperations(context);
  await context.database.untenanted.usedAssertion.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await deleteExpiredSessions(context.database);
  await deleteOldAnswers(context);
  if (!(await context.host.available())) return true;
  if (wasAway) await context.boss.send('sweep', {});
  await context.ensureFirewall();
  await adoptAgentsWithoutContainer(context);
  await observeAll(context);
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
  let wasAway = false;
  async function round(): Promise<void> {
    wasAway = await reconcile(context, wasAway);
  }
  async function watchEvents(): Promise<void> {
    if (!(await host.available())) return;
    await host.watch(config.INSTALLATION, signal, (agentId) => void limitObservations(() => observe(context, agentId)).catch(report));
  }
  await Promise.all([
    pollLoop(signal, { intervalMs: config.RECONCILE_SECONDS * 1000 }, round, report),
    pollLoop(signal, { intervalMs: WATCH_RETRY_MS }, watchEvents, report),
    pollLoop(signal, { intervalMs: RESTART_INTERVAL_MS }, () => restartDueAgents(context), report),
  ]);
}
