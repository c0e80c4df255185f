import { AppError } from '@agentbot/contracts';
import {
  type AgentSecrets,
  deleteAgentSecret,
  readAgentSecrets,
  type SecretName,
  writeAgentSecrets,
} from '../../infra/crypto/agent-secrets.ts';
import type { Envelope } from '../../infra/crypto/envelope.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { credentialOf, isKnown } from '../../infra/openclaw/providers.ts';
import { keyedProviders } from '../provider-keys/stored-keys.ts';

interface ProviderChoice {
  aiProvider: string;
  config: unknown;
}

/** The recipient of an agent's own key: its provider, or the origin of its custom endpoint. */
export function keyRecipient(agent: ProviderChoice): string {
  const { baseUrl } = readAgentConfig(agent);
  return agent.aiProvider === 'custom' && baseUrl ? new URL(baseUrl).origin : agent.aiProvider;
}

/**
 * Replaces the agent's key when the key's recipient changes: the old key must never reach the new recipient. The new key is
 * `newKey`, else the agent's stored credential for the provider; without both, the account's key
 * serves the agent, or the installation's. A custom endpoint may have no key.
 * @param shared the providers whose key of the installation the account may use
 * @throws AppError INVALID_REQUEST when the new provider has no key
 */
export async function replaceKey(
  tx: Transaction,
  envelope: Envelope,
  agent: { id: string; ownerId: string },
  aiProvider: string,
  newKey: string | undefined,
  shared: ReadonlySet<string>,
): Promise<void> {
  const credential = credentialOf(aiProvider);
  const credentialName: SecretName | undefined = credential && `apiKey:${credential}`;
  const secrets = await readAgentSecrets(tx, envelope, agent.id, ['apiKey', ...(credentialName ? [credentialName] : [])]);
  const key = newKey ?? (credentialName && secrets[credentialName]);
  const isKeyless = !key && secrets.apiKey && isKnown(aiProvider);
  if (isKeyless && !shared.has(aiProvider) && !(await keyedProviders(tx, agent.ownerId)).has(aiProvider)) {
    throw new AppError(
      'INVALID_REQUEST',
      `A change to ${aiProvider} needs an apiKey for it: the agent's stored key belongs to another provider and is not sent to this one`,
    );
  }
  await deleteAgentSecret(tx, agent, 'apiKey');
  if (credentialName) await deleteAgentSecret(tx, agent, credentialName);
  await writeAgentSecrets(tx, envelope, agent, { apiKey: key });
}

/**
 * The secrets for a row that may be stale. They omit the agent's own key when its recipient has changed since the row was
 * read. The secrets are read before the current row, so that a change in between is detected.
 */
export async function readSecretsFor(tx: Transaction, envelope: Envelope, agent: ProviderChoice & { id: string }): Promise<AgentSecrets> {
  const secrets = await readAgentSecrets(tx, envelope, agent.id);
  const current = await tx.agent.findUnique({ where: { id: agent.id }, select: { aiProvider: true, config: true } });
  if (current && keyRecipient(current) !== keyRecipient(agent)) delete secrets.apiKey;
  return secrets;
}
