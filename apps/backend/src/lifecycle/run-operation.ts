import { AppError, type OperationKind } from '@agentbot/contracts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../http/actor.ts';
import { operationTypes } from '../jobs/catalog.ts';
import { beginOperation, waitForOperation } from '../jobs/operations.ts';

/**
 * Does one lifecycle operation on an agent of the actor and waits for its end.
 * @returns the agent afterwards, `null` when it was deleted
 * @throws AppError AGENT_NOT_FOUND, OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED with the reason
 */
export async function runOperation(
  context: Context,
  actor: Actor,
  agentId: string,
  kind: OperationKind,
  requestId: string,
): Promise<Agent | null> {
  const { database, boss, host } = context;
  const tenant = tenantOf(actor);
  const agent = await getAgent(context, actor, agentId);
  const { withoutDocker, deadlineMs } = operationTypes[kind];
  if (!withoutDocker && !(await host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  const operation = await database.as(tenant, (tx) => beginOperation(tx, boss, agent, kind, requestId));
  const outcome = await waitForOperation(database, tenant, operation.id, deadlineMs);
  if (outcome.state !== 'succeeded') throw new AppError('OPERATION_FAILED', outcome.error ?? 'The operation is still running');
  return database.as(tenant, (tx) => tx.agent.findUnique({ where: { id: agentId } }));
}

/** Starts an agent; one that runs already is left alone. */
export async function startAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  const agent = await getAgent(context, actor, agentId);
  if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  if (agent.state === 'running' && agent.runtime === 'container') {
    const state = await context.host.inspect(`openclaw-${agent.id}`);
    if (state?.running) return;
  }
  await runOperation(context, actor, agentId, 'start', requestId);
}

/** Deletes an agent; silent when the actor has none of that id. */
export async function deleteAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  await runOperation(context, actor, agentId, 'delete', requestId).catch((error) => {
    if (!(error instanceof AppError) || error.code !== 'AGENT_NOT_FOUND') throw error;
  });
}
