import { isDeepStrictEqual } from 'node:util';
import { AppError, type OperationKind, type OperationView, type Plan } from '@agentbot/contracts';
import { fromPrisma, type PgBoss } from 'pg-boss';
import type { Agent, Operation, OperationStep, Prisma } from '../../generated/prisma/client.ts';
import type { Database, Transaction } from '../../infra/database/database.ts';
import { isUniqueViolation } from '../../infra/database/database.ts';
import type { Tenant } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { afterCursor, cursorOf } from '../../shared/page-cursor.ts';
import type { Context } from '../context.ts';
import { operationTypes } from './catalog.ts';
import { type AgentBefore, keepsServing, readOpenInput } from './operation-columns.ts';

/** Slow operations have their own queue: an operation of seconds must not wait for one of an hour. */
export const queues = ['agent-operations', 'slow-agent-operations'] as const;
export type Queue = (typeof queues)[number];

/** The queue for the jobs of one kind of operation. */
export const queueOf = (kind: OperationKind): Queue => (operationTypes[kind].slow ? 'slow-agent-operations' : 'agent-operations');

/** Whether the loss or failure of an operation leaves its agent's state unchanged. */
export const leavesAgent = (operation: Pick<Operation, 'id' | 'agentBefore' | 'kind'>) =>
  keepsServing(operation) || operationTypes[operation.kind as OperationKind].leavesAgent === true;

export interface OperationJob {
  operationId: string;
}

interface BeginOptions {
  requestId?: string;
  input?: Prisma.InputJsonObject;
  /** The agent keeps serving while the operation is in flight. */
  keepsServing?: boolean;
  /** The plan that the entitlement check allowed; the operation may create a container for it. */
  plan?: Plan | undefined;
}

/**
 * Writes an operation and its job in the caller's transaction, and sets the agent's state to that of the operation.
 * @throws AppError OPERATION_IN_PROGRESS when the agent has an open operation
 */
export async function beginOperation(
  tx: Transaction,
  boss: PgBoss,
  agent: Agent,
  kind: OperationKind,
  { requestId, input = {}, keepsServing = false, plan }: BeginOptions = {},
): Promise<Operation> {
  const { during, deadlineMs } = operationTypes[kind];
  const operation = await tx.operation
    .create({
      data: {
        id: newId('op'),
        agentId: agent.id,
        ownerId: agent.ownerId,
        kind,
        requestId: requestId ?? null,
        input,
        agentBefore: {
          state: agent.state,
          image: agent.image,
          ...(plan && { plan }),
          ...(keepsServing && { keepsServing }),
        } satisfies AgentBefore,
      },
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('OPERATION_IN_PROGRESS') : error;
    });
  if (during && !keepsServing)
    await tx.agent.update({ where: { id: agent.id }, data: { state: during, stateReason: null, recoverAt: null } });
  await boss.send(queueOf(kind), { operationId: operation.id } satisfies OperationJob, {
    db: fromPrisma(tx),
    expireInSeconds: Math.ceil(deadlineMs / 1000) + 60,
    group: { id: agent.ownerId },
  });
  return operation;
}

/** Whether the inputs are equal. Their `cause` does not count. */
const sameInput = (open: Operation, input: Prisma.InputJsonObject = {}) => {
  const { cause: _openCause, ...openInput } = readOpenInput(open);
  const { cause: _cause, ...newInput } = input;
  return isDeepStrictEqual(openInput, newInput);
};

/**
 * Begins an operation, or returns the open operation of the same kind and input.
 * @throws AppError OPERATION_IN_PROGRESS, with the open operation in its details, when that one differs
 */
export async function beginOrReuseOperation(
  { database, boss }: Pick<Context, 'database' | 'boss'>,
  tenant: Tenant,
  agent: Agent,
  kind: OperationKind,
  options: BeginOptions,
): Promise<Operation> {
  for (let retries = 0; ; retries++) {
    try {
      return await database.as(tenant, (tx) => beginOperation(tx, boss, agent, kind, options));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'OPERATION_IN_PROGRESS') throw error;
      const open = await database.as(tenant, (tx) => tx.operation.findFirst({ where: { agentId: agent.id, finishedAt: null } }));
      if (open?.kind === kind && sameInput(open, options.input)) return open;
      if (open) throw operationInProgress(open);
      // The open operation has ended since: retry.
      if (retries === 3) throw error;
    }
  }
}

/** The error for an agent with an open operation. Its details name that operation. */
export const operationInProgress = ({ id, kind, createdAt }: Operation) =>
  new AppError('OPERATION_IN_PROGRESS', undefined, { details: { operation: { id, kind, createdAt: createdAt.toISOString() } } });

/** One page of an agent's operations, newest first. @returns `next` is the cursor of the next page, missing on the last page */
export async function listOperations(
  database: Database,
  tenant: Tenant,
  agentId: string,
  { limit, cursor, kind }: { limit: number; cursor?: string | undefined; kind?: OperationKind | undefined },
): Promise<{ operations: OperationView[]; next?: string }> {
  const rows = await database.as(tenant, (tx) =>
    tx.operation.findMany({
      where: { agentId, ...(kind && { kind }), ...afterCursor(cursor) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
      include: { steps: { orderBy: { position: 'asc' } } },
    }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const operations = page.map(operationView);
  return rows.length > limit && last ? { operations, next: cursorOf(last) } : { operations };
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

export type WholeOperation = Operation & { steps: OperationStep[] };

/** An operation as its agent's owner sees it. */
export function operationView(row: WholeOperation): OperationView {
  return {
    id: row.id,
    kind: row.kind as OperationKind,
    state: row.state,
    error: row.error,
    cancelRequested: row.cancelRequestedAt !== null,
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    steps: row.steps.map((step) => ({
      name: step.name,
      state: step.state,
      detail: step.detail,
      startedAt: step.startedAt.toISOString(),
      deadlineAt: step.deadlineAt.toISOString(),
      finishedAt: iso(step.finishedAt),
    })),
  };
}
