import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { withoutCredentials } from '../../infra/openclaw/model-endpoint.ts';
import type { Context } from '../context.ts';

/** What a clone has of its own, whoever owns it. */
const ownSecrets: (keyof AgentSecrets)[] = ['gatewayToken', 'deviceKey', 'streamKey', 'walletKey'];

/**
 * What a clone gets of its parent: the whole configuration within one account; for somebody else nothing secret, and
 * nobody who may speak with the parent.
 */
export async function inherit({ database, envelope }: Pick<Context, 'database' | 'envelope'>, parent: Agent, ownerId: string) {
  const { cloneable: _, plan: _plan, ...config } = readAgentConfig(parent);
  if (parent.ownerId !== ownerId) {
    const { ownerIds: _ownerIds, ...shared } = config;
    return { config: { ...shared, ...(shared.baseUrl && { baseUrl: withoutCredentials(shared.baseUrl) }) }, secrets: {} };
  }
  const secrets = await database.as({ userId: ownerId }, (tx) => readAgentSecrets(tx, envelope, parent.id));
  for (const name of ownSecrets) delete secrets[name];
  return { config, secrets };
}
