import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type OperationKind } from '@agentbot/contracts';
import type { Job } from 'pg-boss';
import { withEntitledPlan } from '../domain/accounts/entitled-plan.ts';
import type { Context } from '../domain/context.ts';
import { tellFailedBackup } from '../domain/notices/agent-notices.ts';
import { listenForCancellation } from '../domain/operations/cancel-operation.ts';
import { operationTypes } from '../domain/operations/catalog.ts';
import { CancelledError, RolledBackError } from '../domain/operations/errors.ts';
import { keepsServing, readAgentBefore } from '../domain/operations/operation-columns.ts';
import { leavesAgent, type OperationJob, type Queue, queues } from '../domain/operations/operations.ts';
import { createSteps } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { isCrashRestart, planRestart } from './crash-restart.ts';
import { outageDeadline } from './engine-outage.ts';
import { workflows } from './workflow-registry.ts';

/** The maximum number of operations in flight per queue and process. */
const CONCURRENCY: Record<Queue, number> = { 'agent-operations': 4, 'slow-agent-operations': 2 };
/** The maximum number of an owner's slow operations in flight in all processes: nobody may take every place of the queue. */
const SLOW_PER_OWNER = 1;
/** A job without a heartbeat for this long is retried: its process crashed. This is the minimum of pg-boss. */
const HEARTBEAT_SECONDS = 10;
const MAX_ATTEMPTS = 3;
const ENGINE_POLL_MS = 500;

interface Outcome {
  state: 'succeeded' | 'failed' | 'cancelled';
  error: string | null;
  agent: AgentChange;
}

/** Ends an operation and changes its agent in one transaction. Does nothing for an operation that has already ended. */
async function settle(context: Context, operation: Operation, outcome: Outcome) {
  const { database, metrics, log } = context;
  const settled = await database.as('service', async (tx) => {
    const { count } = await tx.operation.updateMany({
      where: { id: operation.id, state: { in: ['queued', 'running'] } },
      data: { state: outcome.state, error: outcome.error, finishedAt: new Date() },
    });
    if (count === 0) return false;
    if (outcome.agent === 'removed') await tx.agent.deleteMany({ where: { id: operation.agentId } });
    else await tx.agent.updateMany({ where: { id: operation.agentId }, data: outcome.agent });
    if (outcome.state === 'failed') await tellFailedBackup(tx, context, operation, outcome.error);
    return true;
  });
  if (!settled) return;
  const { kind, createdAt } = operation;
  metrics.operations.observe({ kind, outcome: outcome.state }, (Date.now() - createdAt.getTime()) / 1000);
  log.info({ outcome: outcome.state, error: outcome.error }, 'an operation has ended');
}

async function run(workerContext: Context, job: Job<OperationJob>): Promise<void> {
  const { database } = workerContext;
  const claimed = await database.as('service', async (tx) => {
    const unfinished = { id: job.data.operationId, finishedAt: null };
    const { count } = await tx.operation.updateMany({ where: unfinished, data: { state: 'running' } });
    if (count === 0) return null;
    await tx.operation.updateMany({ where: { ...unfinished, startedAt: null }, data: { startedAt: new Date() } });
    const operation = await tx.operation.findUniqueOrThrow({ where: { id: unfinished.id } });
    const agent = await tx.agent.findUnique({ where: { id: operation.agentId } });
    return { operation, agent };
  });
  if (!claimed) return;
  const { operation, agent } = claimed;
  // Each log line of the operation carries its request id.
  const log = workerContext.log.child({
    requestId: operation.requestId,
    operationId: operation.id,
    agentId: operation.agentId,
    kind: operation.kind,
  });
  const context = { ...workerContext, log };
  log.info({ attempt: job.retryCount }, 'an operation begins');
  if (!agent) return settle(context, operation, { state: 'succeeded', error: null, agent: 'removed' });
  if (job.retryCount >= MAX_ATTEMPTS) {
    return settle(
      context,
      operation,
      failure(
        agent,
        new AppError('OPERATION_FAILED', 'The operation failed: the backend restarted several times during it. Try again.'),
        operation,
      ),
    );
  }

  const cancel = listenForCancellation(context, operation);
  try {
    const change = await work(context, operation, { job: job.signal, cancel: cancel.signal });
    await settle(context, operation, { state: 'succeeded', error: null, agent: change });
  } catch (error) {
    if (job.signal.aborted) throw error;
    // The backend itself still answers for this agent, so its new container must not run.
    if (keepsServing(operation)) {
      const report = (cause: unknown) => log.warn({ err: cause }, 'the container of a failed adoption could not be stopped');
      await context.host.stop(containerNames(agent.id).container).catch(report);
    }
    if (wasCancelled(error)) return settle(context, operation, await cancelled(context, operation, error));
    log.error({ err: error }, 'operation failed');
    await settle(
      context,
      operation,
      isCrashRestart(operation) ? await failedRestart(context, agent, error, operation) : failure(agent, error, operation),
    );
  } finally {
    cancel.end();
  }
}

/**
 * Runs an operation's workflow. When the engine becomes unavailable, waits for it and runs the workflow again, as after a crash
 * of this process. An operation that needs no engine is retried without waiting.
 */
async function work(context: Context, { id, kind }: Operation, signals: { job: AbortSignal; cancel: AbortSignal }): Promise<AgentChange> {
  const { database, host, log } = context;
  const { withoutDocker } = operationTypes[kind as OperationKind];
  let giveUpAt: number | undefined;
  for (;;) {
    const attemptStartedAt = Date.now();
    const operation = await database.as('service', (tx) => tx.operation.findUniqueOrThrow({ where: { id } }));
    const row = await database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: operation.agentId } }));
    const agent = await withEntitledPlan(context, row, kind as OperationKind, readAgentBefore(operation).plan);
    try {
      return await workflows[kind as OperationKind](context, agent, createSteps(database, operation, signals), operation);
    } catch (error) {
      const failedAt = Date.now();
      // An engine that timed out may respond to a ping by now.
      const unavailable = error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE';
      if (signals.job.aborted || signals.cancel.aborted) throw error;
      const responds = await host.ping();
      if (responds && !unavailable) throw error;
      giveUpAt = outageDeadline(giveUpAt, { attemptStartedAt, failedAt, responds });
      log.warn({ err: error, operationId: id, agentId: agent.id }, 'the engine is unavailable; the operation continues when it is back');
      do {
        if (signals.job.aborted || signals.cancel.aborted || Date.now() > giveUpAt) throw error;
        await sleep(ENGINE_POLL_MS);
      } while (!withoutDocker && !(await host.ping()));
    }
  }
}

/** The outcome of a cancelled operation: the agent as its rollback left it, or a stopped agent. */
async function cancelled(context: Context, operation: Operation, error: unknown): Promise<Outcome> {
  const { host, gateways, log } = context;
  const outcome = { state: 'cancelled' as const, error: 'The operation was cancelled' };
  if (error instanceof RolledBackError) return { ...outcome, agent: error.agent };
  if (keepsServing(operation)) return { ...outcome, agent: {} };
  await gateways.drop(operation.agentId);
  await host
    .stop(containerNames(operation.agentId).container)
    .catch((cause) => log.warn({ err: cause, agentId: operation.agentId }, 'the container of a cancelled operation could not be stopped'));
  return { ...outcome, agent: { state: 'stopped', stateReason: null, startedAt: null } };
}

const wasCancelled = (error: unknown) =>
  error instanceof CancelledError || (error instanceof RolledBackError && error.cause instanceof CancelledError);

/** The outcome of a failed automatic restart: another one is planned, or restarts end. */
async function failedRestart(context: Context, agent: Agent, error: unknown, operation: Operation) {
  const { database, host } = context;
  const { error: reason } = failure(agent, error, operation);
  const { giveUp, change } = await database.as('service', (tx) => planRestart(tx, context, agent.id, reason));
  if (giveUp) await host.stop(containerNames(agent.id).container).catch(() => undefined);
  return { state: 'failed' as const, error: reason, agent: change };
}

/** The outcome of a failed operation. */
function failure(agent: Agent, error: unknown, operation: Operation): Outcome & { error: string } {
  const message = error instanceof AppError ? error.message : 'An unexpected error stopped the operation';
  const inError = { state: 'error' as const, stateReason: message, startedAt: agent.startedAt };
  return {
    state: 'failed',
    error: message,
    agent: error instanceof RolledBackError ? error.agent : leavesAgent(operation) ? {} : inError,
  };
}

/** Creates the operation queues and starts a worker for each. */
export async function startWorker(context: Context): Promise<void> {
  const { boss } = context;
  const options = { heartbeatSeconds: HEARTBEAT_SECONDS, retryLimit: MAX_ATTEMPTS, retryDelay: 1, notify: true };
  for (const queue of queues) {
    await boss.createQueue(queue, options);
    await boss.updateQueue(queue, options);
    await boss.work<OperationJob>(
      queue,
      {
        pollingIntervalSeconds: 0.5,
        // Retries send no notification, so the worker polls too. Without bursts, each job of a backlog would wait for a poll.
        notifyPollingIntervalSeconds: 1,
        burstWhenBatchFull: true,
        localConcurrency: CONCURRENCY[queue],
        ...(queue === 'slow-agent-operations' && { groupConcurrency: SLOW_PER_OWNER }),
        heartbeatRefreshSeconds: 3,
      },
      async ([job]) => {
        if (job) await run(context, job);
      },
    );
  }
}
