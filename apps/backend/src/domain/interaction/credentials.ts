import type { Credential } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { deleteAgentSecret, type SecretName, writeAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { credentialOf } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { beginOperation } from '../operations/operations.ts';

const channelSecrets: Partial<Record<Credential, SecretName>> = {
  telegram: 'telegramToken',
  discord: 'discordBotToken',
  whatsapp: 'whatsappToken',
};

/** The secret that stores a credential: `apiKey` for the key of the agent's own provider, `apiKey:<name>` for its fallbacks. */
function secretName(agent: Agent, key: Credential): SecretName {
  const channel = channelSecrets[key];
  if (channel) return channel;
  return credentialOf(agent.aiProvider) === key ? 'apiKey' : `apiKey:${key}`;
}

/** Whether an agent has each credential; the values are not read. */
export async function configuredCredentials(tx: Transaction, agent: Agent): Promise<Record<Credential, boolean>> {
  const rows = await tx.agentSecret.findMany({ where: { agentId: agent.id }, select: { name: true } });
  const names = new Set(rows.map(({ name }) => name));
  const keys: Credential[] = ['anthropic', 'openai', 'openrouter', 'google', 'telegram', 'discord', 'whatsapp'];
  return Object.fromEntries(keys.map((key) => [key, names.has(secretName(agent, key))])) as Record<Credential, boolean>;
}

/**
 * Sets a credential, or deletes it when there is no value. A running container gets the change by a restart, which continues
 * after this function returns; a stopped one gets it at its next start.
 * @throws AppError OPERATION_IN_PROGRESS when another operation runs on the agent
 */
export async function setCredential(
  { boss, envelope }: Context,
  tx: Transaction,
  agent: Agent,
  key: Credential,
  value: string | undefined,
  requestId: string,
): Promise<void> {
  // The row lock keeps the provider from changing: a key must not be stored as the key of a new provider.
  await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agent.id} FOR UPDATE`;
  const name = secretName(await tx.agent.findUniqueOrThrow({ where: { id: agent.id } }), key);
  if (value) await writeAgentSecrets(tx, envelope, agent, { [name]: value });
  else await deleteAgentSecret(tx, agent, name);
  if (agent.runtime === 'container' && agent.state !== 'stopped') await beginOperation(tx, boss, agent, 'restart', { requestId });
}
