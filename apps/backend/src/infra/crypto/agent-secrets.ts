import type { AgentConfigChange } from '@agentbot/contracts';
import type { Database, Transaction } from '../database/database.ts';
import type { Envelope } from './envelope.ts';

/** The secrets an agent may have; each stands sealed in a row of its own. */
export type SecretName =
  | 'apiKey'
  | `apiKey:${string}`
  | 'telegramToken'
  | 'discordBotToken'
  | 'whatsappToken'
  | 'gatewayToken'
  | 'deviceKey'
  | 'streamKey'
  | 'walletKey';
export type AgentSecrets = { [name in SecretName]?: string | undefined };

/** Parts what may be shown of a configuration from what is stored sealed. */
export function splitConfig<C extends AgentConfigChange>(config: C) {
  const { apiKey, telegramToken, discordBotToken, whatsappToken, ...open } = config;
  return { open, secrets: { apiKey, telegramToken, discordBotToken, whatsappToken } };
}

const context = (agentId: string, name: string) => `agent_secrets|${agentId}|${name}`;

/** Stores the given secrets of an agent, replacing those of the same name. */
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

/** Takes one secret of an agent away, if there is one. */
export async function deleteAgentSecret(tx: Transaction, agent: { id: string }, name: SecretName): Promise<void> {
  await tx.agentSecret.deleteMany({ where: { agentId: agent.id, name } });
}

/**
 * Secrets of an agent in clear, all of them unless names are given; they must not leave the process but into that agent's own
 * container.
 */
export async function readAgentSecrets(tx: Transaction, envelope: Envelope, agentId: string, names?: SecretName[]): Promise<AgentSecrets> {
  const rows = await tx.agentSecret.findMany({ where: { agentId, ...(names && { name: { in: names } }) } });
  return Object.fromEntries(rows.map((row) => [row.name, envelope.open(row.sealed, context(agentId, row.name))]));
}

/** What to take out of words that may repeat a secret; too short ones would take words apart. */
export const secretValues = (secrets: AgentSecrets): string[] =>
  Object.values(secrets).filter((value): value is string => (value ?? '').length >= 6);

/** The values of an agent's secrets, for taking them out of what the agent says. */
export async function agentSecretValues(
  { database, envelope }: { database: Database; envelope: Envelope },
  agentId: string,
): Promise<string[]> {
  return secretValues(await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId)));
}
