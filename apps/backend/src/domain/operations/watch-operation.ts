import { AppError, type OperationView } from '@agentbot/contracts';
import type { Operation } from '../../generated/prisma/client.ts';
import { type Actor, type Tenant, tenantOf } from '../../shared/actor.ts';
import { coalesce } from '../../shared/keyed-runner.ts';
import type { EventSink, Subscribe } from '../../shared/streams.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { operationView, type WholeOperation } from './operations.ts';

/** The Postgres notification channel for changed operations. The payload is the operation's id. */
export const OPERATIONS = 'operations';

type Slice = Pick<Context, 'database' | 'notifications' | 'log'>;

/**
 * Watches one operation, in whichever process it runs. `onChange` gets the operation with its steps at the beginning and
 * after each change, or null when the tenant may not see it.
 * @returns a function that ends the watch
 */
function watchOperation(
  { database, notifications, log }: Slice,
  tenant: Tenant,
  id: string,
  onChange: (row: WholeOperation | null) => void,
) {
  let ended = false;
  const { run: read } = coalesce(async () => {
    if (ended) return;
    try {
      const row = await database.as(tenant, (tx) =>
        tx.operation.findUnique({ where: { id }, include: { steps: { orderBy: { position: 'asc' } } } }),
      );
      if (!ended) onChange(row);
    } catch (error) {
      log.warn({ err: error, operationId: id }, 'an operation could not be read; the next change retries it');
    }
  });
  // Listens before the first read, so no change is missed between the two.
  const offChange = notifications.on(OPERATIONS, (changed) => changed === id && read());
  const offResumed = notifications.on('resumed', read);
  read();
  return () => {
    ended = true;
    offChange();
    offResumed();
  };
}

/** Waits for an operation's end for at most `timeoutMs`. @returns the operation, finished or not */
export function waitForOperation(context: Slice, tenant: Tenant, id: string, timeoutMs: number): Promise<Operation> {
  return new Promise((resolve, reject) => {
    let latest: Operation | null = null;
    const finish = () => {
      clearTimeout(timer);
      unwatch();
      if (latest) resolve(latest);
      else reject(new Error(`Operation ${id} could not be read`));
    };
    const timer = setTimeout(finish, timeoutMs);
    const unwatch = watchOperation(context, tenant, id, (row) => {
      latest = row;
      if (row?.finishedAt) finish();
    });
  });
}

/** One operation of an agent. @throws AppError AGENT_NOT_FOUND, OPERATION_NOT_FOUND */
export async function getOperation(context: Context, actor: Actor, agentId: string, id: string): Promise<OperationView> {
  const row = await context.database.as(tenantOf(actor), (tx) =>
    tx.operation.findFirst({ where: { id, agentId }, include: { steps: { orderBy: { position: 'asc' } } } }),
  );
  if (row) return operationView(row);
  await getAgent(context, actor, agentId);
  throw new AppError('OPERATION_NOT_FOUND');
}

/** Streams an operation: now, and after each change until its end. @throws AppError AGENT_NOT_FOUND, OPERATION_NOT_FOUND */
export async function streamOperation(context: Context, actor: Actor, agentId: string, id: string): Promise<Subscribe> {
  await getOperation(context, actor, agentId, id);
  return ({ send, end }: EventSink<OperationView>) =>
    watchOperation(context, tenantOf(actor), id, (row) => {
      if (row) send('operation', operationView(row));
      if (!row || row.finishedAt) end();
    });
}
