import { type Plan, plans } from '@agentbot/contracts';
import { type Dialect, dialectOf, isRelease } from '@agentbot/openclaw-image/versions';
import type { AgentSecrets } from '../crypto/agent-secrets.ts';
import type { ModelTarget } from './providers.ts';

/** Environment variables of the container that carry the agent's secrets: variable → name of the secret. */
export const secretVariables = {
  OPENCLAW_GATEWAY_TOKEN: 'gatewayToken',
  AGENT_MODEL_API_KEY: 'apiKey',
  TELEGRAM_BOT_TOKEN: 'telegramToken',
  DISCORD_BOT_TOKEN: 'discordBotToken',
} as const satisfies Record<string, keyof AgentSecrets>;

/** The input of an agent's configuration. */
export interface ConfigInput {
  /** The image's OpenClaw version; an unknown version gets the configuration of the nearest older known one. */
  version: string;
  plan: Plan;
  /** The agent's model; `fallbacks` are tried in order when it fails. */
  target: ModelTarget;
  fallbacks: ModelTarget[];
  /** Tells for each secret whether the agent has it; the file never contains the values. */
  has: Partial<Record<keyof AgentSecrets, boolean>>;
  ownerIds: string[];
  /** Skills that the owner switched on or off: key → whether the skill is on. */
  skills: Record<string, boolean>;
  /** The origin from which browsers open the agent's own interface. */
  origin: string;
}

/** Channel settings whose form depends on the OpenClaw version. */
const delivery = ({ streaming, retry }: Dialect, minDelayMs: number) => ({
  streaming: streaming === 'object' ? { mode: 'partial' } : 'partial',
  ...(retry && { retry: { attempts: 3, minDelayMs, maxDelayMs: 30_000, jitter: 0.1 } }),
});

function channels({ version, has, ownerIds }: ConfigInput) {
  const dialect = dialectOf(version);
  const direct = ownerIds.length ? { dmPolicy: 'allowlist', allowFrom: ownerIds } : { dmPolicy: 'pairing' };
  const groups = { '*': { requireMention: true } };
  return {
    defaults: {
      groupPolicy: 'allowlist',
      ...(dialect.channelHeartbeat && { heartbeat: { showOk: false, showAlerts: true, useIndicator: true } }),
    },
    ...(has.telegramToken && {
      telegram: {
        enabled: true,
        botToken: '${TELEGRAM_BOT_TOKEN}',
        ...direct,
        groups,
        historyLimit: 50,
        replyToMode: 'first',
        ...delivery(dialect, 400),
      },
    }),
    ...(has.discordBotToken && {
      discord: {
        enabled: true,
        token: '${DISCORD_BOT_TOKEN}',
        ...direct,
        dm: { enabled: true, groupEnabled: false },
        historyLimit: 20,
        ...delivery(dialect, 500),
      },
    }),
    ...(has.whatsappToken && { whatsapp: { enabled: true, ...direct, groups, sendReadReceipts: true } }),
  };
}

/** The environment variable with a provider's key. The agent's own provider always uses `AGENT_MODEL_API_KEY`. */
export const keyVariable = (provider: string, ownProvider: string) =>
  provider === ownProvider ? 'AGENT_MODEL_API_KEY' : `AGENT_MODEL_API_KEY_${provider.toUpperCase()}`;

interface ProviderEntry {
  baseUrl: string;
  api: string;
  apiKey?: string | { source: 'env'; provider: string; id: string };
  models: { id: string; name: string }[];
}

/** One entry per used provider, with its models. */
function modelProviders({ target, fallbacks, has }: ConfigInput) {
  const entries: Record<string, ProviderEntry> = {};
  for (const each of [target, ...fallbacks]) {
    const variable = keyVariable(each.provider, target.provider);
    entries[each.gatewayName] ??= {
      baseUrl: each.baseUrl,
      api: each.api,
      // The gateway refuses to call a model without a key, but a custom endpoint may need none.
      ...(has.apiKey || each.provider !== target.provider
        ? { apiKey: { source: 'env', provider: 'default', id: variable } }
        : each.provider === 'custom' && { apiKey: 'none' }),
      models: [],
    };
    entries[each.gatewayName]?.models.push({ id: each.model, name: each.model });
  }
  return entries;
}

/** Replaces models that the OpenClaw version no longer accepts. */
function replaceRetiredModels(input: ConfigInput): ConfigInput {
  const { retired } = dialectOf(input.version);
  const replace = (target: ModelTarget) => ({ ...target, model: retired[modelName(target)] ?? target.model });
  return { ...input, target: replace(input.target), fallbacks: input.fallbacks.map(replace) };
}

/** The text that OpenClaw reads as this one: it puts environment variables into a configuration's strings, except after `$$`. */
const literal = (text: string) => text.replace(/\$(?=\{[A-Z_][A-Z0-9_]*\})/g, '$$$$');

/** Prevents that the name of a model reads a variable of the gateway's environment. */
const withLiteralModel = (target: ModelTarget) => ({ ...target, model: literal(target.model) });

const modelName = ({ gatewayName, model }: ModelTarget) => `${gatewayName}/${model}`;

/**
 * Builds an agent's `openclaw.json` for its OpenClaw version. A pure function; secrets appear only as references to the
 * container's environment.
 */
export function openclawConfig(originalInput: ConfigInput) {
  const supported = replaceRetiredModels(originalInput);
  const input = { ...supported, target: withLiteralModel(supported.target), fallbacks: supported.fallbacks.map(withLiteralModel) };
  const { target, fallbacks, has } = input;
  const { toolProfile, replyMinutes } = plans[input.plan];
  const plugins = ['memory-core', ...(has.telegramToken ? ['telegram'] : []), ...(has.discordBotToken ? ['discord'] : [])];
  return {
    // After a gateway has written its configuration itself, it rejects a file without this field and restores its own.
    ...(isRelease(input.version) && { meta: { lastTouchedVersion: input.version } }),
    gateway: {
      mode: 'local',
      bind: 'lan',
      port: 18_789,
      auth: { mode: 'token', token: '${OPENCLAW_GATEWAY_TOKEN}' },
      controlUi: { allowedOrigins: [input.origin] },
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
    },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    logging: { consoleStyle: 'json' },
    plugins: { allow: has.whatsappToken ? [...plugins, 'whatsapp'] : plugins },
    models: { providers: modelProviders(input) },
    agents: {
      defaults: {
        model: { primary: modelName(target), fallbacks: fallbacks.map(modelName) },
        heartbeat: { every: '0m' },
        timeoutSeconds: replyMinutes * 60,
      },
    },
    tools: { profile: toolProfile, deny: ['browser', 'canvas'] },
    skills: { entries: Object.fromEntries(Object.entries(input.skills).map(([key, enabled]) => [key, { enabled }])) },
    messages: { groupChat: { mentionPatterns: ['@agent', 'agent'] } },
    channels: channels(input),
  };
}
