import type { AgentConfig } from '@agentbot/contracts';
import type { Transaction } from '../database/database.ts';
import type { Envelope } from './envelope.ts';

/** The secrets an agent may have; each stands sealed in a row of its own. */
export type SecretName = 'apiKey' | 'telegramToken' | 'discordBotToken' | 'whatsappToken' | 'gatewayToken' | 'deviceKey' | 'streamKey';
export type AgentSecrets = { [name in SecretName]?: string | undefined };

/** Parts what may be shown of a configuration from what is stored sealed. */
export function splitConfig(config: AgentConfig) {
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

/** All secrets of an agent, in clear; they must not leave the process but into that agent's own container. */
export async function readAgentSecrets(tx: Transaction, envelope: Envelope, agentId: string): Promise<AgentSecrets> {
  const rows = await tx.agentSecret.findMany({ where: { agentId } });
  return Object.fromEntries(rows.map((row) => [row.name, envelope.open(row.sealed, context(agentId, row.name))]));
}
