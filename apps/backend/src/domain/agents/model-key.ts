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
import { credentialOf } from '../../infra/openclaw/providers.ts';

interface Choice {
  aiProvider: string;
  config: unknown;
}

/** Whom an agent's own key is sent to: its provider, or the server of its own endpoint. */
export function keyRecipient(agent: Choice): string {
  const { baseUrl } = readAgentConfig(agent);
  return agent.aiProvider === 'custom' && baseUrl ? new URL(baseUrl).origin : agent.aiProvider;
}

/**
 * Sees to it, when an agent's key would go to somebody else from now on, that the key stays behind: the new provider gets
 * the one that is given, or the agent's credential for it; an endpoint of the owner's own may have none.
 * @throws AppError INVALID_REQUEST for a provider without a key of its own
 */
export async function replaceKey(
  tx: Transaction,
  envelope: Envelope,
  agent: { id: string; ownerId: string },
  aiProvider: string,
  given: string | undefined,
): Promise<void> {
  const credential = credentialOf(aiProvider);
  const own: SecretName | undefined = credential && `apiKey:${credential}`;
  const secrets = await readAgentSecrets(tx, envelope, agent.id, ['apiKey', ...(own ? [own] : [])]);
  const key = given ?? (own && secrets[own]);
  if (!key && secrets.apiKey && aiProvider !== 'custom') {
    throw new AppError(
      'INVALID_REQUEST',
      `A change to ${aiProvider} needs its own apiKey: the key that the agent has was given for another provider and is not sent to this one`,
    );
  }
  await deleteAgentSecret(tx, agent, 'apiKey');
  if (own) await deleteAgentSecret(tx, agent, own);
  await writeAgentSecrets(tx, envelope, agent, { apiKey: key });
}

/**
 * An agent's secrets for a row of it that may be old by now: without its own key when that is meant for somebody else.
 * The secrets are read first, so a change in between is seen.
 */
export async function readSecretsFor(tx: Transaction, envelope: Envelope, agent: Choice & { id: string }): Promise<AgentSecrets> {
  const secrets = await readAgentSecrets(tx, envelope, agent.id);
  const now = await tx.agent.findUnique({ where: { id: agent.id }, select: { aiProvider: true, config: true } });
  if (now && keyRecipient(now) !== keyRecipient(agent)) delete secrets.apiKey;
  return secrets;
}
