import { AppError, type OperationKind } from '@agentbot/contracts';
import type { Job } from 'pg-boss';
import type { Context } from '../context.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { type AgentChange, operationWork } from './operation-work.ts';
import { type OperationJob, QUEUE } from './operations.ts';
import { createSteps } from './steps.ts';
import { Undone } from './undone.ts';

const CONCURRENCY = 4;
/** A crash is noticed by the missing heartbeat (pg-boss's smallest), and the job taken up again. */
const HEARTBEAT_SECONDS = 10;
const MAX_ATTEMPTS = 3;

/** Ends an operation, and changes its agent, in one transaction; an operation that already ended stays as it was. */
async function settle({ database }: Context, operation: Operation, outcome: { error: string | null; agent: AgentChange }) {
  await database.as('service', async (tx) => {
    const { count } = await tx.operation.updateMany({
      where: { id: operation.id, state: { in: ['queued', 'running'] } },
      data: { state: outcome.error ? 'failed' : 'succeeded', error: outcome.error, finishedAt: new Date() },
    });
    if (count === 0) return;
    if (outcome.agent === 'removed') await tx.agent.deleteMany({ where: { id: operation.agentId } });
    else await tx.agent.updateMany({ where: { id: operation.agentId }, data: outcome.agent });
  });
}

async function run(context: Context, job: Job<OperationJob>): Promise<void> {
  const { database, log } = context;
  const found = await database.as('service', async (tx) => {
    const operation = await tx.operation.findUnique({ where: { id: job.data.operationId } });
    if (!operation || operation.finishedAt) return null;
    await tx.operation.update({ where: { id: operation.id }, data: { state: 'running', startedAt: operation.startedAt ?? new Date() } });
    const agent = await tx.agent.findUnique({ where: { id: operation.agentId } });
    return { operation, agent };
  });
  if (!found) return;
  const { operation, agent } = found;
  if (!agent) return settle(context, operation, { error: null, agent: 'removed' });
  if (job.retryCount >= MAX_ATTEMPTS) {
    return settle(
      context,
      operation,
      failure(agent, new AppError('OPERATION_FAILED', 'The backend was restarted too often while it worked on this')),
    );
  }

  try {
    const step = createSteps(database, operation, job.signal);
    const change = await operationWork[operation.kind as OperationKind](context, agent, step, operation);
    await settle(context, operation, { error: null, agent: change });
  } catch (error) {
    if (job.signal.aborted) throw error;
    log.error(
      { err: error, operationId: operation.id, agentId: agent.id, kind: operation.kind, requestId: operation.requestId },
      'operation failed',
    );
    await settle(context, operation, failure(agent, error));
  }
}

function failure(agent: Agent, error: unknown): { error: string; agent: AgentChange } {
  const sentence = error instanceof AppError ? error.message : 'An unexpected error stopped the operation';
  return {
    error: sentence,
    agent: error instanceof Undone ? error.agent : { state: 'error', stateReason: sentence, startedAt: agent.startedAt },
  };
}

/** Declares the queue and starts working on it. */
export async function startWorker(context: Context): Promise<void> {
  const { boss } = context;
  const options = { heartbeatSeconds: HEARTBEAT_SECONDS, retryLimit: MAX_ATTEMPTS, retryDelay: 1, notify: true };
  await boss.createQueue(QUEUE, options);
  await boss.updateQueue(QUEUE, options);
  await boss.work<OperationJob>(
    QUEUE,
    { pollingIntervalSeconds: 0.5, localConcurrency: CONCURRENCY, heartbeatRefreshSeconds: 3 },
    async ([job]) => {
      if (job) await run(context, job);
    },
  );
}
