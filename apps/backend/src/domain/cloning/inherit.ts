import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { withoutCredentials } from '../../infra/openclaw/model-endpoint.ts';
import type { Context } from '../context.ts';

/** Secrets that a clone never inherits. */
const perAgentSecrets: (keyof AgentSecrets)[] = ['gatewayToken', 'deviceKey', 'streamKey', 'walletKey'];

/**
 * The configuration and secrets that a clone inherits. Within one account that is the whole configuration and the secrets.
 * Another account gets no secrets, no credentials in `baseUrl` and no `ownerIds`, the users who may talk to the parent.
 */
export async function inherit({ database, envelope }: Pick<Context, 'database' | 'envelope'>, parent: Agent, ownerId: string) {
  const { cloneable: _, plan: _plan, ...config } = readAgentConfig(parent);
  if (parent.ownerId !== ownerId) {
    const { ownerIds: _ownerIds, ...shared } = config;
    return { config: { ...shared, ...(shared.baseUrl && { baseUrl: withoutCredentials(shared.baseUrl) }) }, secrets: {} };
  }
  const secrets = await database.as({ userId: ownerId }, (tx) => readAgentSecrets(tx, envelope, parent.id));
  for (const name of perAgentSecrets) delete secrets[name];
  return { config, secrets };
}
