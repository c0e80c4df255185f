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
  slack: 'slackBotToken',
};

/** The secret that stores a credential: `apiKey` for the key of the agent's own provider, `apiKey:<name>` for its fallbacks. */
function secretName(agent: Agent, key: Credential): SecretName {
  const channel = channelSecrets[key];
  if (channel) return channel;
  return credentialOf(agent.aiProvider) === key ? 'apiKey' : `apiKey:${key}`;
}

/** Whether an agent has each credential; the values are not read. `slack` is there only if the agent has it. */
export async function configuredCredentials(tx: Transaction, agent: Agent): Promise<Partial<Record<Credential, boolean>>> {
  const rows = await tx.agentSecret.findMany({ where: { agentId: agent.id }, select: { name: true } });
  const names = new Set(rows.map(({ name }) => name));
  const keys: Credential[] = ['anthropic', 'openai', 'openrouter', 'google', 'telegram', 'discord', 'whatsapp'];
  const configured = Object.fromEntries(keys.map((key) => [key, names.has(secretName(agent, key))]));
  return { ...configured, ...(names.has('slackBotToken') && { slack: true }) };
}

interface CredentialChange {
  key: Credential;
  value: string | undefined;
  /** Slack's second token. */
  appToken: string | undefined;
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
  { key, value, appToken }: CredentialChange,
  requestId: string,
): Promise<void> {
  // The row lock keeps the provider from changing: a key must not be stored as the key of a new provider.
  await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agent.id} FOR UPDATE`;
  const name = secretName(await tx.agent.findUniqueOrThrow({ where: { id: agent.id } }), key);
  const secrets = { [name]: value, ...(key === 'slack' && { slackAppToken: appToken }) };
  if (value) await writeAgentSecrets(tx, envelope, agent, secrets);
  else for (const each of Object.keys(secrets) as SecretName[]) await deleteAgentSecret(tx, agent, each);
  if (agent.runtime === 'container' && agent.state !== 'stopped') await beginOperation(tx, boss, agent, 'restart', { requestId });
}
