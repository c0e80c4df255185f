import { AppError, type OperationKind, type OperationView } from '@agentbot/contracts';
import type { AgentState, Operation } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { operationTypes } from './catalog.ts';
import { readAgentBefore } from './operation-columns.ts';
import { operationView } from './operations.ts';

/** The Postgres notification channel for operations to cancel. The payload is the operation's id. */
export const CANCELLATIONS = 'cancellations';

const settledStates: AgentState[] = ['pending', 'running', 'stopped', 'error'];

/** The agent's state after the cancellation of an operation that never began. */
function stateBefore(operation: Operation): AgentState {
  const { state } = readAgentBefore(operation);
  return state && settledStates.includes(state) ? state : 'stopped';
}

/**
 * Cancels an operation. A queued one ends at once. A running one ends its current step, then compensates.
 * @throws AppError AGENT_NOT_FOUND, OPERATION_NOT_FOUND, OPERATION_NOT_CANCELLABLE
 */
export async function cancelOperation(context: Context, actor: Actor, agentId: string, id: string): Promise<OperationView> {
  const row = await context.database.as(tenantOf(actor), async (tx) => {
    const operation = await tx.operation.findFirst({ where: { id, agentId } });
    if (!operation) return null;
    if (operation.finishedAt) throw new AppError('OPERATION_NOT_CANCELLABLE', 'The operation has ended already');
    if (!operationTypes[operation.kind as OperationKind].cancellable) throw new AppError('OPERATION_NOT_CANCELLABLE');
    const now = new Date();
    const { count } = await tx.operation.updateMany({
      where: { id, state: 'queued' },
      data: { state: 'cancelled', error: 'The operation was cancelled before it began', cancelRequestedAt: now, finishedAt: now },
    });
    if (count) await tx.agent.updateMany({ where: { id: agentId }, data: { state: stateBefore(operation) } });
    else {
      await tx.operation.updateMany({ where: { id, finishedAt: null }, data: { cancelRequestedAt: now } });
      await tx.$executeRaw`SELECT pg_notify(${CANCELLATIONS}, ${id})`;
    }
    return tx.operation.findUniqueOrThrow({ where: { id }, include: { steps: { orderBy: { position: 'asc' } } } });
  });
  if (row) return operationView(row);
  await getAgent(context, actor, agentId);
  throw new AppError('OPERATION_NOT_FOUND');
}

/** Listens for the cancellation of a running operation. `signal` aborts when any process gets the request. */
export function listenForCancellation({ database, notifications, log }: Context, operation: Operation) {
  const cancel = new AbortController();
  // A notification before the listener started, or while its connection was down, is lost: read the row too.
  const readRequest = () =>
    void database
      .as('service', (tx) => tx.operation.findUnique({ where: { id: operation.id }, select: { cancelRequestedAt: true } }))
      .then((row) => row?.cancelRequestedAt && cancel.abort())
      .catch((error) =>
        log.warn({ err: error, operationId: operation.id }, 'the cancellation request could not be read; it may be missed'),
      );
  const off = notifications.on(CANCELLATIONS, (id) => id === operation.id && cancel.abort());
  const offResumed = notifications.on('resumed', readRequest);
  readRequest();
  return {
    signal: cancel.signal,
    end() {
      off();
      offResumed();
    },
  };
}
