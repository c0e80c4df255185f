import { AppError } from '@agentbot/contracts';
import { readAgentSecrets, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import { hasGateway, newGatewayToken } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { operationInProgress } from './operations.ts';
import { runEntitledOperation, runOperation } from './run-operation.ts';

/**
 * Returns the gateway token of the actor's agent, and creates it if it is missing. A restart gives a new token to the
 * agent's container, so the gateway always accepts the returned token.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function getAgentToken(context: Context, actor: Actor, id: string, requestId: string): Promise<string> {
  const { database, envelope } = context;
  const { token, apply } = await database.as(tenantOf(actor), async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    const { gatewayToken } = await readAgentSecrets(tx, envelope, id);
    if (gatewayToken) return { token: gatewayToken, apply: false };
    const newToken = newGatewayToken();
    await writeAgentSecrets(tx, envelope, agent, { gatewayToken: newToken });
    return { token: newToken, apply: agent.runtime === 'container' };
  });
  if (apply) await runOperation(context, actor, id, 'restart', requestId);
  return token;
}

/**
 * Replaces the gateway token of the actor's agent. A running agent is restarted with the new token, which ends the connections
 * to its gateway; the former token stays valid when that restart fails before the gateway stops. Another agent gets the new
 * token at its next start.
 * @returns the new token
 * @throws AppError AGENT_NOT_FOUND, OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED with the reason,
 * OPERATION_STILL_RUNNING
 */
export async function replaceAgentToken(context: Context, actor: Actor, id: string, requestId: string): Promise<string> {
  const { database, envelope } = context;
  const found = await getAgent(context, actor, id);
  if (hasGateway(found)) {
    // Allowed after a lapse too: until the agent is stopped, its owner may lock others out.
    const plan = readContainerSpec(found)?.plan;
    await runEntitledOperation(context, actor, found, 'restart', { requestId, input: { newToken: true }, plan });
    return getAgentToken(context, actor, id, requestId);
  }
  const token = await database.as(tenantOf(actor), async (tx) => {
    // An open operation may have read the former token. An operation that begins now waits for this lock.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    const agent = await tx.agent.findUnique({ where: { id } });
    if (!agent) throw new AppError('AGENT_NOT_FOUND');
    const open = await tx.operation.findFirst({ where: { agentId: id, finishedAt: null } });
    if (open) throw operationInProgress(open);
    if (hasGateway(agent)) throw new AppError('OPERATION_IN_PROGRESS');
    const newToken = newGatewayToken();
    await writeAgentSecrets(tx, envelope, agent, { gatewayToken: newToken });
    return newToken;
  });
  // The container of an agent in the state `error` may still run. The next connection uses the new token, so that this container
  // does not become ready.
  await context.gateways.drop(id);
  return token;
}
