import { AppError } from '@agentbot/contracts';
import { readAgentSecrets, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { newGatewayToken } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { runOperation } from './run-operation.ts';

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
