import type { OperationKind } from '@agentbot/contracts';
import type { Operation } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { cancelOperation } from '../operations/cancel-operation.ts';
import { operationTypes } from '../operations/catalog.ts';
import { beginOperation } from '../operations/operations.ts';

/** Begins to delete an agent, unless it has an operation in flight. @returns the operation in flight */
function beginDelete({ database, boss }: Context, id: string): Promise<Operation | null> {
  return database.as('service', async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) return null;
    const open = await tx.operation.findFirst({ where: { agentId: id, finishedAt: null } });
    return open ?? beginOperation(tx, boss, agent, 'delete', { input: { cause: 'account' } });
  });
}

/** Begins to delete every agent of a closing account, and cancels what delays that. @returns the ids of the delete operations */
export async function deleteAgentsOf(context: Context, ownerId: string): Promise<string[]> {
  const agents = await context.database.as('service', (tx) => tx.agent.findMany({ where: { ownerId }, select: { id: true } }));
  const deleting: string[] = [];
  for (const { id } of agents) {
    const operation = await beginDelete(context, id);
    if (operation?.kind === 'delete') deleting.push(operation.id);
    else if (operation && !operation.cancelRequestedAt && operationTypes[operation.kind as OperationKind].cancellable) {
      await cancelOperation(context, { kind: 'service', facade: 'backend' }, id, operation.id).catch((error) =>
        context.log.info({ err: error, agentId: id }, 'an operation of a closing account ends by itself'),
      );
    }
  }
  return deleting;
}

/** Removes the row of a closing account without agents, and its rows that no foreign key removes. @returns whether it is gone */
export function removeRow({ database }: Pick<Context, 'database'>, id: string): Promise<boolean> {
  return database.as('service', async (tx) => {
    // Waits for a transaction that inserts an agent of this account: the count below sees it.
    const [closing] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM users WHERE id = ${id} AND closing_at IS NOT NULL FOR UPDATE`;
    if (!closing || (await tx.agent.count({ where: { ownerId: id } }))) return false;
    await tx.operation.deleteMany({ where: { ownerId: id } });
    await tx.idempotencyKey.deleteMany({ where: { ownerId: id } });
    await tx.user.delete({ where: { id } });
    return true;
  });
}

/** Resumes the deletion of accounts after a crash, after a failed operation, or when an earlier operation of an agent has ended. */
export async function removeClosedAccounts(context: Context): Promise<void> {
  const closing = await context.database.as('service', (tx) =>
    tx.user.findMany({ where: { closingAt: { not: null } }, select: { id: true } }),
  );
  for (const { id } of closing) {
    await deleteAgentsOf(context, id);
    if (await removeRow(context, id)) context.log.info({ userId: id }, 'a closed account is deleted');
  }
}
