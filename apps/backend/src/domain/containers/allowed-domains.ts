import { type AgentConfig, AppError } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { SecretName } from '../../infra/crypto/agent-secrets.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { fallbackTargets, keySecret, modelTarget } from '../../infra/openclaw/providers.ts';

/** What a channel's own client asks, by the secret that opens the channel. */
const channelDomains: Partial<Record<SecretName, string[]>> = {
  telegramToken: ['api.telegram.org'],
  discordBotToken: ['discord.com', '*.discord.com', 'discord.gg', '*.discord.gg', '*.discordapp.com', '*.discordapp.net'],
  whatsappToken: ['*.whatsapp.com', '*.whatsapp.net'],
};

const listed = (agent: { config: unknown }) => readAgentConfig(agent).allowedDomains ?? [];

/** Whether an agent may reach certain domains only. */
export const hasAllowedDomains = (agent: { config: unknown }): boolean => listed(agent).length > 0;

/** @throws AppError INVALID_REQUEST for a list of domains on an installation that could not hold an agent to it */
export function validateAllowedDomains(
  given: Pick<AgentConfig, 'allowedDomains'> | undefined,
  { EGRESS_PORT }: Pick<Config, 'EGRESS_PORT'>,
): void {
  if (!EGRESS_PORT && given?.allowedDomains?.length) {
    throw new AppError('INVALID_REQUEST', 'This installation cannot hold an agent to allowedDomains: its operator has to set EGRESS_PORT');
  }
}

interface Choice {
  model: string;
  aiProvider: string;
  config: unknown;
}

/**
 * What an agent may reach: its list, and what it cannot do without, its models and its channels.
 * @param secrets names of those that it has
 * @returns patterns like `api.example.com`, `*.example.com` or `api.example.com:8443`
 */
export function allowedDomains(agent: Choice, secrets: ReadonlySet<string>, config: Parameters<typeof modelTarget>[1]): string[] {
  const fallbacks = fallbackTargets(agent, config, (provider) => secrets.has(keySecret(provider, agent.aiProvider)));
  return [
    ...listed(agent),
    ...[modelTarget(agent, config), ...fallbacks].map(({ baseUrl }) => new URL(baseUrl).host),
    ...Object.entries(channelDomains).flatMap(([name, domains]) => (secrets.has(name) ? (domains ?? []) : [])),
  ];
}

/**
 * The port on which a host may be reached, if it may.
 * @param usual the scheme's own port, for patterns without one
 * @param asked the port that was asked for, where that is known
 */
export function allowedPort(patterns: string[], host: string, usual: number, asked?: number): number | undefined {
  for (const pattern of patterns) {
    const [name = '', port = String(usual)] = pattern.split(':');
    const matches = name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
    if (matches && (asked === undefined || asked === Number(port))) return Number(port);
  }
  return undefined;
}
