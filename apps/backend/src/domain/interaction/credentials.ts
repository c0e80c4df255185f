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

/** Where an agent keeps a credential: its own provider's key is the one it speaks with, others serve its fallbacks. */
function secretName(agent: Agent, key: Credential): SecretName {
  const channel = channelSecrets[key];
  if (channel) return channel;
  return credentialOf(agent.aiProvider) === key ? 'apiKey' : `apiKey:${key}`;
}

/** Which credentials an agent has; never the values. */
export async function configuredCredentials(tx: Transaction, agent: Agent): Promise<Record<Credential, boolean>> {
  const rows = await tx.agentSecret.findMany({ where: { agentId: agent.id }, select: { name: true } });
  const names = new Set(rows.map(({ name }) => name));
  const keys: Credential[] = ['anthropic', 'openai', 'openrouter', 'google', 'telegram', 'discord', 'whatsapp'];
  return Object.fromEntries(keys.map((key) => [key, names.has(secretName(agent, key))])) as Record<Credential, boolean>;
}

/**
 * Sets a credential, or without a value takes it away; an agent that runs in a container gets it by a restart, which goes
 * on after this returns; one that is stopped, when it is started.
 * @throws AppError OPERATION_IN_PROGRESS when the agent is being worked on
 */
export async function setCredential(
  { boss, envelope }: Context,
  tx: Transaction,
  agent: Agent,
  key: Credential,
  value: string | undefined,
  requestId: string,
): Promise<void> {
  // Its provider may be changing: the key must not come to stand for the new one's.
  await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agent.id} FOR UPDATE`;
  const name = secretName(await tx.agent.findUniqueOrThrow({ where: { id: agent.id } }), key);
  if (value) await writeAgentSecrets(tx, envelope, agent, { [name]: value });
  else await deleteAgentSecret(tx, agent, name);
  if (agent.runtime === 'container' && agent.state !== 'stopped') await beginOperation(tx, boss, agent, 'restart', { requestId });
}
