import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type OperationKind } from '@agentbot/contracts';
import type { Job } from 'pg-boss';
import { withEntitledPlan } from '../domain/accounts/entitled-plan.ts';
import type { Context } from '../domain/context.ts';
import { listenForCancellation } from '../domain/operations/cancel-operation.ts';
import { operationTypes } from '../domain/operations/catalog.ts';
import { CancelledError, RolledBackError } from '../domain/operations/errors.ts';
import { goesOn, readAgentBefore } from '../domain/operations/operation-columns.ts';
import { leavesAgent, type OperationJob, type Queue, queues } from '../domain/operations/operations.ts';
import { createSteps } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { isCrashRestart, planRestart } from './crash-restart.ts';
import { workflows } from './workflow-registry.ts';

/** So many operations of each queue a process does at a time. */
const CONCURRENCY: Record<Queue, number> = { 'agent-operations': 4, 'slow-agent-operations': 2 };
/** A crash is noticed by the missing heartbeat (pg-boss's smallest), and the job taken up again. */
const HEARTBEAT_SECONDS = 10;
const MAX_ATTEMPTS = 3;
/** How long an operation waits for an engine that went away. */
const ENGINE_TIMEOUT_MS = 2 * 60_000;
const ENGINE_POLL_MS = 500;

interface Outcome {
  state: 'succeeded' | 'failed' | 'cancelled';
  error: string | null;
  agent: AgentChange;
}

/** Ends an operation, and changes its agent, in one transaction; an operation that already ended stays as it was. */
async function settle({ database, metrics, log }: Context, operation: Operation, outcome: Outcome) {
  const settled = await database.as('service', async (tx) => {
    const { count } = await tx.operation.updateMany({
      where: { id: operation.id, state: { in: ['queued', 'running'] } },
      data: { state: outcome.state, error: outcome.error, finishedAt: new Date() },
    });
    if (count === 0) return false;
    if (outcome.agent === 'removed') await tx.agent.deleteMany({ where: { id: operation.agentId } });
    else await tx.agent.updateMany({ where: { id: operation.agentId }, data: outcome.agent });
    return true;
  });
  if (!settled) return;
  const { kind, createdAt } = operation;
  metrics.operations.observe({ kind, outcome: outcome.state }, (Date.now() - createdAt.getTime()) / 1000);
  log.info({ outcome: outcome.state, error: outcome.error }, 'an operation has ended');
}

async function run(all: Context, job: Job<OperationJob>): Promise<void> {
  const { database } = all;
  const found = await database.as('service', async (tx) => {
    const open = { id: job.data.operationId, finishedAt: null };
    const { count } = await tx.operation.updateMany({ where: open, data: { state: 'running' } });
    if (count === 0) return null;
    await tx.operation.updateMany({ where: { ...open, startedAt: null }, data: { startedAt: new Date() } });
    const operation = await tx.operation.findUniqueOrThrow({ where: { id: open.id } });
    const agent = await tx.agent.findUnique({ where: { id: operation.agentId } });
    return { operation, agent };
  });
  if (!found) return;
  const { operation, agent } = found;
  // Every line that follows says which request asked for it.
  const log = all.log.child({
    requestId: operation.requestId,
    operationId: operation.id,
    agentId: operation.agentId,
    kind: operation.kind,
  });
  const context = { ...all, log };
  log.info({ attempt: job.retryCount }, 'an operation begins');
  if (!agent) return settle(context, operation, { state: 'succeeded', error: null, agent: 'removed' });
  if (job.retryCount >= MAX_ATTEMPTS) {
    return settle(
      context,
      operation,
      failure(agent, new AppError('OPERATION_FAILED', 'The backend was restarted too often while it worked on this'), operation),
    );
  }

  const cancel = listenForCancellation(context, operation);
  try {
    const change = await work(context, operation, { job: job.signal, cancel: cancel.signal });
    await settle(context, operation, { state: 'succeeded', error: null, agent: change });
  } catch (error) {
    if (job.signal.aborted) throw error;
    // Its container must not answer beside the backend.
    if (goesOn(operation)) {
      const left = (cause: unknown) => log.warn({ err: cause }, 'a container that was not adopted could not be stopped');
      await context.host.stop(containerNames(agent.id).container).catch(left);
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
 * Does an operation's work. When the engine goes away in the middle, waits for it to come back and does the work again, as
 * after a crash of this process; what can do without an engine goes on at once.
 */
async function work(context: Context, { id, kind }: Operation, signals: { job: AbortSignal; cancel: AbortSignal }): Promise<AgentChange> {
  const { database, host, log } = context;
  const { withoutDocker } = operationTypes[kind as OperationKind];
  const tooLate = Date.now() + ENGINE_TIMEOUT_MS;
  for (;;) {
    const operation = await database.as('service', (tx) => tx.operation.findUniqueOrThrow({ where: { id } }));
    const row = await database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: operation.agentId } }));
    const agent = await withEntitledPlan(context, row, kind as OperationKind, readAgentBefore(operation).plan);
    try {
      return await workflows[kind as OperationKind](context, agent, createSteps(database, operation, signals), operation);
    } catch (error) {
      // One that was too slow to answer may answer by now.
      const away = error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE';
      if (signals.job.aborted || signals.cancel.aborted || (!away && (await host.ping()))) throw error;
      log.warn({ err: error, operationId: id, agentId: agent.id }, 'the engine went away; the operation goes on when it is back');
      do {
        if (signals.job.aborted || signals.cancel.aborted || Date.now() > tooLate) throw error;
        await sleep(ENGINE_POLL_MS);
      } while (!withoutDocker && !(await host.ping()));
    }
  }
}

/** What is left when an operation was given up: what its work put right, or an agent that is stopped. */
async function cancelled(context: Context, operation: Operation, error: unknown): Promise<Outcome> {
  const { host, gateways, log } = context;
  const outcome = { state: 'cancelled' as const, error: 'The operation was cancelled' };
  if (error instanceof RolledBackError) return { ...outcome, agent: error.agent };
  if (goesOn(operation)) return { ...outcome, agent: {} };
  await gateways.drop(operation.agentId);
  await host
    .stop(containerNames(operation.agentId).container)
    .catch((cause) => log.warn({ err: cause, agentId: operation.agentId }, 'the container of a cancelled operation could not be stopped'));
  return { ...outcome, agent: { state: 'stopped', stateReason: null, startedAt: null } };
}

const wasCancelled = (error: unknown) =>
  error instanceof CancelledError || (error instanceof RolledBackError && error.cause instanceof CancelledError);

/** A start that nobody asked for has failed: it is tried again later, or never. */
async function failedRestart({ database, host, config }: Context, agent: Agent, error: unknown, operation: Operation) {
  const { error: reason } = failure(agent, error, operation);
  const { giveUp, change } = await database.as('service', (tx) => planRestart(tx, config, agent.id, reason));
  if (giveUp) await host.stop(containerNames(agent.id).container).catch(() => undefined);
  return { state: 'failed' as const, error: reason, agent: change };
}

function failure(agent: Agent, error: unknown, operation: Operation): Outcome & { error: string } {
  const sentence = error instanceof AppError ? error.message : 'An unexpected error stopped the operation';
  const inError = { state: 'error' as const, stateReason: sentence, startedAt: agent.startedAt };
  return {
    state: 'failed',
    error: sentence,
    agent: error instanceof RolledBackError ? error.agent : leavesAgent(operation) ? {} : inError,
  };
}

/** Declares the queues and starts working on them. */
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
        // A job that is tried again is not told of; and without a burst, each job of a backlog waits for a poll.
        notifyPollingIntervalSeconds: 1,
        burstWhenBatchFull: true,
        localConcurrency: CONCURRENCY[queue],
        heartbeatRefreshSeconds: 3,
      },
      async ([job]) => {
        if (job) await run(context, job);
      },
    );
  }
}
