import type { OperationKind } from '@agentbot/contracts';
import pLimit from 'p-limit';
import { deleteExpiredSessions } from '../domain/accounts/sessions.ts';
import { gatewayAddress } from '../domain/agents/gateway.ts';
import { exitReason } from '../domain/containers/exit-reason.ts';
import type { Context } from '../domain/context.ts';
import { tellFailedBackup } from '../domain/notices/agent-notices.ts';
import { beginOperation, leavesAgent, queueOf } from '../domain/operations/operations.ts';
import { isReady } from '../domain/provisioning/await-ready.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { UNREACHABLE } from '../infra/docker/container-host.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { deleteOldAnswers } from '../infra/idempotency/idempotency.ts';
import { msAgo } from '../shared/clock.ts';
import { pollLoop } from '../shared/poll-loop.ts';
import { runningState } from '../workflows/provision.ts';
import { planRestart, restartDueAgents } from './crash-restart.ts';
import { drainNodes } from './node-drain.ts';

const RESTART_INTERVAL_MS = 1_000;
const DRAIN_INTERVAL_MS = 3_000;
/** The pause before the engine's event stream is opened again. */
const WATCH_RETRY_MS = 2_000;
/** Younger operations are not checked: their job exists, or the same transaction creates it. */
const MIN_AGE_MS = 15_000;
/** The pause after a failed adoption of an agent. */
const ADOPTION_RETRY_MS = 10 * 60_000;
/** The maximum number of concurrent observations: when a machine goes down, all its containers exit at once. */
const limitObservations = pLimit(4);

/**
 * Ends operations whose job is gone, so that no agent is stuck. The agent goes to `error` with the reason, unless it kept serving.
 * The queue itself knows which jobs are alive and which have expired.
 */
export async function endLostOperations(context: Context) {
  const { database, boss, clock, log } = context;
  const maxCreatedAt = msAgo(clock, MIN_AGE_MS);
  const unfinished = await database.as('service', (tx) =>
    tx.operation.findMany({ where: { finishedAt: null, createdAt: { lt: maxCreatedAt } } }),
  );
  for (const operation of unfinished) {
    const jobs = await boss.findJobs(queueOf(operation.kind as OperationKind), { data: { operationId: operation.id } });
    if (jobs.some((job) => ['created', 'retry', 'active'].includes(job.state))) continue;
    const error = 'The operation was interrupted and could not be resumed. Try again.';
    const lost = await database.as('service', async (tx) => {
      // The operation may have ended since it was read.
      const stillUnfinished = { id: operation.id, finishedAt: null };
      const { count } = await tx.operation.updateMany({
        where: stillUnfinished,
        data: { state: 'failed', error, finishedAt: clock.now() },
      });
      if (count && !leavesAgent(operation))
        await tx.agent.updateMany({ where: { id: operation.agentId }, data: { state: 'error', stateReason: error } });
      if (count) await tellFailedBackup(tx, context, operation, error);
      return count > 0;
    });
    if (lost) log.warn({ operationId: operation.id, agentId: operation.agentId }, 'an operation lost its job; it has failed');
  }
}

/** Whether an agent is in error because its node could not be used; its container may run again when the node is back. */
const wasUnreachable = ({ state, observedState }: Pick<Agent, 'state' | 'observedState'>) =>
  state === 'error' && observedState === UNREACHABLE;

/** Inspects an agent's container before the agent's row is locked: why it exited, or whether it became ready late. */
async function inspectAgent(context: Context, agentId: string): Promise<{ reason?: string; ready?: boolean }> {
  const container = await context.host.inspect(containerNames(agentId).container);
  const agent = await context.database.as('service', (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  if (agent?.runtime !== 'container' || container?.problem) return {};
  const isOver = agent.state === 'running' || wasUnreachable(agent);
  if (isOver && !container?.running) return { reason: await exitReason(context, agentId, container) };
  const spec = agent.state === 'error' && container?.running ? readContainerSpec(agent) : null;
  if (!spec) return {};
  return { ready: await isReady(context, spec, await gatewayAddress(context, agentId, spec.bind)) };
}

/**
 * Records the state of an agent's container and corrects it. A container that exited is restarted, up to a maximum. The container
 * of a stopped agent is stopped. A container that a crash left paused is unpaused. An agent in `error` whose container became
 * ready after the timeout is running again.
 */
async function observe(context: Context, agentId: string) {
  const { database, boss, host, gateways, log, clock } = context;
  const { container: name } = containerNames(agentId);
  // Runs before the transaction: inside it, a second database connection could cause a deadlock of the pool.
  const { reason, ready } = await inspectAgent(context, agentId);
  const giveUp = await database.as('service', async (tx) => {
    // An operation that ends now waits for this lock, so the row and the container are read in a consistent state.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agentId} FOR UPDATE`;
    const container = await host.inspect(name);
    const agent = await tx.agent.findUnique({ where: { id: agentId } });
    if (agent?.runtime !== 'container') return false;
    const busy = await tx.operation.count({ where: { agentId, finishedAt: null } });
    const shouldRun = agent.state === 'running' || wasUnreachable(agent);
    const ended = reason !== undefined && shouldRun && !container?.running && !container?.problem && !busy;
    const lost = container?.problem && agent.state === 'running' && !busy;
    const planned = ended ? await planRestart(tx, context, agentId, reason) : null;
    const readyLate = ready && agent.state === 'error' && container?.running && !busy;
    // The engine may have restarted the container since the last observation.
    const startedAt = container?.running && agent.state === 'running' ? { startedAt: container.startedAt } : {};
    await tx.agent.update({
      where: { id: agentId },
      data: {
        observedState: container?.status ?? 'missing',
        observedAt: clock.now(),
        ...startedAt,
        ...planned?.change,
        ...(lost && { state: 'error', stateReason: container.problem, startedAt: null }),
        ...(readyLate && { ...runningState(container), recoverAt: null }),
      },
    });
    if (container?.status === 'paused' && !busy) await host.unpause(name);
    if (container?.running && agent.state === 'stopped' && !busy) {
      log.warn({ agentId }, 'the container of a stopped agent is running; it is stopped');
      await beginOperation(tx, boss, agent, 'stop');
    }
    if (ended) log.warn({ agentId, exitCode: container?.exitCode, oomKilled: container?.oomKilled }, "an agent's container exited");
    if (lost) log.warn({ agentId, reason: container.problem }, "an agent's node cannot be used");
    if (readyLate) log.info({ agentId }, 'an agent in error became ready after its timeout; it is running');
    return planned?.giveUp ?? false;
  });
  if (giveUp) {
    await gateways.drop(agentId);
    await host.stop(name);
  }
}

/** Provisions a container for each agent that was created without Docker. The backend serves the agent until then. */
export async function adoptAgentsWithoutContainer({ database, boss, clock, log }: Context) {
  const agents = await database.as('service', (tx) =>
    tx.agent.findMany({ where: { runtime: 'api', state: 'running' }, select: { id: true } }),
  );
  for (const { id } of agents) {
    await database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
      const agent = await tx.agent.findFirst({ where: { id, runtime: 'api', state: 'running' } });
      const failedRecently = { state: 'failed' as const, finishedAt: { gt: msAgo(clock, ADOPTION_RETRY_MS) }, kind: 'provision' };
      if (!agent || (await tx.operation.count({ where: { agentId: id, OR: [{ finishedAt: null }, failedRecently] } }))) return;
      log.info({ agentId: id }, 'Docker is available again: an agent gets its container');
      await beginOperation(tx, boss, agent, 'provision', { keepsServing: true });
    });
  }
}

/** Records the container states of all agents, and observes each agent whose state changed or is wrong. */
async function observeAll(context: Context): Promise<void> {
  const { database, host, config, clock } = context;
  const containers = new Map((await host.agents(config.INSTALLATION)).map((container) => [container.agentId, container]));
  const rows = await database.as('service', (tx) =>
    tx.agent.findMany({
      where: { runtime: 'container', state: { in: ['running', 'stopped', 'error'] } },
      select: { id: true, state: true, observedState: true },
    }),
  );
  const isUnchanged = ({ id, state, observedState }: (typeof rows)[number]) => {
    const { name, status = 'missing' } = containers.get(id) ?? {};
    // The observation restores a name that was changed by hand.
    if (name && name !== containerNames(id).container) return false;
    return status === observedState && status !== 'paused' && (state === 'running') === (status === 'running');
  };
  const unchanged = rows.filter(isUnchanged).map(({ id }) => id);
  await database.as('service', (tx) => tx.agent.updateMany({ where: { id: { in: unchanged } }, data: { observedAt: clock.now() } }));
  await limitObservations.map(
    rows.filter((row) => !isUnchanged(row)),
    ({ id }) => observe(context, id),
  );
}

/** Deletes used assertions and sessions that have expired, and answers that are no longer kept. */
export async function deleteExpired(context: Pick<Context, 'database' | 'clock'>): Promise<void> {
  const { database, clock } = context;
  await database.untenanted.usedAssertion.deleteMany({ where: { expiresAt: { lt: clock.now() } } });
  await deleteExpiredSessions(context);
  await deleteOldAnswers(context);
}

/** Runs one round. @param wasUnavailable whether the engine was unavailable in the last round. @returns whether it is now */
async function reconcile(context: Context, wasUnavailable: boolean): Promise<boolean> {
  await endLostOperations(context);
  await deleteExpired(context);
  if (!(await context.host.available())) return true;
  if (wasUnavailable) await context.boss.send('sweep', {});
  await context.firewall.ensure();
  await adoptAgentsWithoutContainer(context);
  await observeAll(context);
  return false;
}

/**
 * Compares the desired state with the actual state, and corrects it: at start, on the engine's events, and every
 * RECONCILE_SECONDS, until aborted. A failed round is logged; the next one retries.
 */
export async function runReconciler(context: Context, signal: AbortSignal): Promise<void> {
  const { host, config, log } = context;
  const report = (error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'reconciling failed; the next round retries');
  };
  let engineUnavailable = false;
  async function round(): Promise<void> {
    engineUnavailable = await reconcile(context, engineUnavailable);
  }
  async function watchEvents(): Promise<void> {
    if (!(await host.available())) return;
    await host.watch(config.INSTALLATION, signal, (agentId) => void limitObservations(() => observe(context, agentId)).catch(report));
  }
  await Promise.all([
    pollLoop(signal, { intervalMs: config.RECONCILE_SECONDS * 1000 }, round, report),
    pollLoop(signal, { intervalMs: WATCH_RETRY_MS }, watchEvents, report),
    pollLoop(signal, { intervalMs: RESTART_INTERVAL_MS }, () => restartDueAgents(context), report),
    ...(context.swarm ? [pollLoop(signal, { intervalMs: DRAIN_INTERVAL_MS }, () => drainNodes(context), report)] : []),
  ]);
}
