import { type AgentConfig, AppError } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { SecretName } from '../../infra/crypto/agent-secrets.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { fallbackTargets, keySecret, modelTarget } from '../../infra/openclaw/providers.ts';

/** The domains that each channel's client calls, by the secret that enables the channel. */
const channelDomains = {
  telegramToken: ['api.telegram.org'],
  discordBotToken: ['discord.com', '*.discord.com', 'discord.gg', '*.discord.gg', '*.discordapp.com', '*.discordapp.net'],
  whatsappToken: ['*.whatsapp.com', '*.whatsapp.net'],
  // The sockets are on wss-primary.slack.com and its likes; files of messages on files.slack.com and slack-edge.com.
  slackBotToken: ['slack.com', '*.slack.com', '*.slack-edge.com'],
} satisfies Partial<Record<SecretName, string[]>>;

const configuredDomains = (agent: { config: unknown }) => readAgentConfig(agent).allowedDomains ?? [];

/** Whether the agent's egress is limited to listed domains. */
export const hasAllowedDomains = (agent: { config: unknown }): boolean => configuredDomains(agent).length > 0;

/** Refuses `allowedDomains` when the egress proxy, which enforces the list, is off. @throws AppError INVALID_REQUEST */
export function validateAllowedDomains(
  given: Pick<AgentConfig, 'allowedDomains'> | undefined,
  { EGRESS_PORT }: Pick<Config, 'EGRESS_PORT'>,
): void {
  if (!EGRESS_PORT && given?.allowedDomains?.length) {
    throw new AppError('INVALID_REQUEST', 'This installation cannot enforce allowedDomains: its operator must set EGRESS_PORT first');
  }
}

interface ModelChoice {
  model: string;
  aiProvider: string;
  config: unknown;
}

/**
 * The domains that an agent may reach: its own list and those of its channels, and of its models when its container does not call
 * them through the model gateway.
 * @param secrets names of the agent's stored secrets
 * @param callsProviders whether the container calls its providers itself, as those of earlier versions do
 * @returns patterns like `api.example.com`, `*.example.com` or `api.example.com:8443`
 */
export function allowedDomains(
  agent: ModelChoice,
  secrets: ReadonlySet<string>,
  config: Parameters<typeof modelTarget>[1],
  callsProviders: boolean,
): string[] {
  const fallbacks = fallbackTargets(agent, config, (provider) => secrets.has(keySecret(provider, agent.aiProvider)));
  return [
    ...configuredDomains(agent),
    ...(callsProviders ? [modelTarget(agent, config), ...fallbacks].map(({ baseUrl }) => new URL(baseUrl).host) : []),
    ...Object.entries(channelDomains).flatMap(([name, domains]) => (secrets.has(name) ? domains : [])),
  ];
}

/**
 * The port on which the patterns allow a host; undefined when they do not allow it.
 * @param defaultPort the scheme's port, for patterns without a port
 * @param requestedPort the port of the request, when it is known
 */
export function allowedPort(patterns: string[], host: string, defaultPort: number, requestedPort?: number): number | undefined {
  for (const pattern of patterns) {
    const [name, port = String(defaultPort)] = pattern.split(':') as [string, string?];
    const matches = name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
    if (matches && (requestedPort === undefined || requestedPort === Number(port))) return Number(port);
  }
  return undefined;
}
