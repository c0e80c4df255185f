import type { Agent, Operation } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { Tenant } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { beginOperation } from '../operations/operations.ts';
import { waitForOperation } from '../operations/watch-operation.ts';

interface Begun {
  agent: Agent;
  operation: Operation;
}
interface Options {
  kind: 'provision' | 'clone';
  requestId: string;
}

/**
 * Writes an agent's row, its operation and its job in one transaction.
 * @param makeAgent inserts the row, or returns the row of an earlier attempt of the same request; then that attempt's
 *   operation is returned too
 */
export function beginProvisioning(
  { database, boss }: Pick<Context, 'database' | 'boss'>,
  tenant: Tenant,
  { kind, requestId }: Options,
  makeAgent: (tx: Transaction) => Promise<Agent>,
): Promise<Begun> {
  return database.as(tenant, async (tx) => {
    const agent = await makeAgent(tx);
    const earlier = await tx.operation.findFirst({ where: { agentId: agent.id, kind }, orderBy: { createdAt: 'desc' } });
    return { agent, operation: earlier ?? (await beginOperation(tx, boss, agent, kind, { requestId, plan: agent.plan })) };
  });
}

/**
 * Waits at most `timeoutMs` for the end of an agent's first operation. After the timeout the job continues.
 * @returns the present agent, null if it has been deleted, and the error of a failed operation
 */
export async function awaitProvisioning(
  context: Pick<Context, 'database' | 'notifications' | 'log'>,
  tenant: Tenant,
  { agent, operation }: Begun,
  timeoutMs: number,
): Promise<{ agent: Agent | null; error: string | null }> {
  const { error } = await waitForOperation(context, tenant, operation.id, timeoutMs);
  return { agent: await context.database.as(tenant, (tx) => tx.agent.findUnique({ where: { id: agent.id } })), error };
}
