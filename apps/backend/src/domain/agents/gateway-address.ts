import type { Context } from '../../app/create-context.ts';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';

/** Where an agent's gateway listens on this machine, with the token and key that open it. */
export async function gatewayAddress(
  { database, envelope }: Pick<Context, 'database' | 'envelope'>,
  agentId: string,
  bind: { address: string; gateway: number },
) {
  const { gatewayToken = '', deviceKey = '' } = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId));
  return { url: `ws://${bind.address}:${bind.gateway}`, token: gatewayToken, deviceKey };
}
