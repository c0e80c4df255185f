import type { AgentConfigChange } from '@agentbot/contracts';
import type { Database, Transaction } from '../database/database.ts';
import type { Envelope } from './envelope.ts';

/** The secrets of an agent; each is stored sealed, in its own row. */
export type SecretName =
  | 'apiKey'
  | `apiKey:${string}`
  | 'telegramToken'
  | 'discordBotToken'
  | 'whatsappToken'
  | 'slackBotToken'
  | 'slackAppToken'
  | 'gatewayToken'
  | 'deviceKey'
  | 'streamKey'
  | 'walletKey';
export type AgentSecrets = { [name in SecretName]?: string | undefined };

/** Splits a configuration into its public fields (`open`) and its secrets, which are stored sealed. */
export function splitConfig<C extends AgentConfigChange>(config: C) {
  const { apiKey, telegramToken, discordBotToken, whatsappToken, slackBotToken, slackAppToken, ...open } = config;
  return { open, secrets: { apiKey, telegramToken, discordBotToken, whatsappToken, slackBotToken, slackAppToken } };
}

const context = (agentId: string, name: string) => `agent_secrets|${agentId}|${name}`;

/** Upserts secrets of an agent by name; an empty value changes nothing. */
export async function writeAgentSecrets(
  tx: Transaction,
  envelope: Envelope,
  agent: { id: string; ownerId: string },
  secrets: AgentSecrets,
): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) {
    if (!value) continue;
    const sealed = envelope.seal(value, context(agent.id, name));
    await tx.agentSecret.upsert({
      where: { agentId_name: { agentId: agent.id, name } },
      create: { agentId: agent.id, name, ownerId: agent.ownerId, sealed },
      update: { sealed },
    });
  }
}

/** Deletes one secret of an agent; does nothing when it has none of that name. */
export async function deleteAgentSecret(tx: Transaction, agent: { id: string }, name: SecretName): Promise<void> {
  await tx.agentSecret.deleteMany({ where: { agentId: agent.id, name } });
}

/**
 * Reads secrets of an agent in clear text. They may leave this process only for that agent's own container.
 * @param names all secrets by default
 * @throws Error when a secret was sealed with a key that is not configured
 */
export async function readAgentSecrets(tx: Transaction, envelope: Envelope, agentId: string, names?: SecretName[]): Promise<AgentSecrets> {
  const rows = await tx.agentSecret.findMany({ where: { agentId, ...(names && { name: { in: names } }) } });
  return Object.fromEntries(rows.map((row) => [row.name, envelope.open(row.sealed, context(agentId, row.name))]));
}

/** The secret values to redact from text. Those under six characters are skipped: they would match ordinary text. */
export const secretValues = (secrets: AgentSecrets): string[] =>
  Object.values(secrets).filter((value): value is string => (value ?? '').length >= 6);

/** Reads an agent's secret values, to redact them from the agent's own output. */
export async function agentSecretValues(
  { database, envelope }: { database: Database; envelope: Envelope },
  agentId: string,
): Promise<string[]> {
  return secretValues(await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId)));
}
