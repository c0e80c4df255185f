import { AppError } from '@agentbot/contracts';
import { readAgentSecrets, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { newGatewayToken } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { runOperation } from './run-operation.ts';

/**
 * The token of the actor's agent's gateway. Where there is none, one is made, and an agent with a container gets it by
 * a restart, so that the token is always the one the gateway accepts.
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
    const made = newGatewayToken();
    await writeAgentSecrets(tx, envelope, agent, { gatewayToken: made });
    return { token: made, apply: agent.runtime === 'container' };
  });
  if (apply) await runOperation(context, actor, id, 'restart', requestId);
  return token;
}
