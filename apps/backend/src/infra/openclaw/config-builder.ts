import { type Plan, plans } from '@agentbot/contracts';
import type { AgentSecrets } from '../crypto/agent-secrets.ts';
import type { ModelTarget } from './providers.ts';
import { type Dialect, dialectOf, isRelease } from './versions.ts';

/** Environment variables of the container that carry the agent's secrets. */
export const secretVariables = {
  OPENCLAW_GATEWAY_TOKEN: 'gatewayToken',
  AGENT_MODEL_API_KEY: 'apiKey',
  TELEGRAM_BOT_TOKEN: 'telegramToken',
  DISCORD_BOT_TOKEN: 'discordBotToken',
} as const satisfies Record<string, keyof AgentSecrets>;

/** What an agent's configuration is made of. */
export interface ConfigInput {
  /** Of OpenClaw, as the image says; one that is not known is built for as the nearest older one. */
  version: string;
  plan: Plan;
  /** The model it speaks with, and those it turns to next. */
  target: ModelTarget;
  fallbacks: ModelTarget[];
  /** Which secrets the agent has; their values never stand in the file. */
  has: Partial<Record<keyof AgentSecrets, boolean>>;
  ownerIds: string[];
  /** Skills that the owner switched: key to whether it is on. */
  skills: Record<string, boolean>;
  /** Where the agent's own interface is opened from. */
  origin: string;
}

/** The settings of one channel that versions write differently. */
const delivery = ({ streaming, retry }: Dialect, minDelayMs: number) => ({
  streaming: streaming('partial'),
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

/** The variable that carries a provider's key; the agent's own provider has one name whatever it is. */
export const keyVariable = (provider: string, own: string) =>
  provider === own ? 'AGENT_MODEL_API_KEY' : `AGENT_MODEL_API_KEY_${provider.toUpperCase()}`;

interface ProviderEntry {
  baseUrl: string;
  api: string;
  apiKey?: string | { source: 'env'; provider: string; id: string };
  models: { id: string; name: string }[];
}

/** One entry for each provider that is used, with its models. */
function modelProviders({ target, fallbacks, has }: ConfigInput) {
  const entries: Record<string, ProviderEntry> = {};
  for (const each of [target, ...fallbacks]) {
    const variable = keyVariable(each.provider, target.provider);
    entries[each.gatewayName] ??= {
      baseUrl: each.baseUrl,
      api: each.api,
      // The gateway refuses to call a model without a key, and an endpoint of one's own may want none.
      ...(has.apiKey || each.provider !== target.provider
        ? { apiKey: { source: 'env', provider: 'default', id: variable } }
        : each.provider === 'custom' && { apiKey: 'none' }),
      models: [],
    };
    entries[each.gatewayName]?.models.push({ id: each.model, name: each.model });
  }
  return entries;
}

/** The same with models that the version still takes. */
function withLivingModels(input: ConfigInput): ConfigInput {
  const { retired } = dialectOf(input.version);
  const living = (target: ModelTarget) => ({ ...target, model: retired[modelName(target)] ?? target.model });
  return { ...input, target: living(input.target), fallbacks: input.fallbacks.map(living) };
}

const modelName = ({ gatewayName, model }: ModelTarget) => `${gatewayName}/${model}`;

/**
 * An agent's `openclaw.json` for its version of OpenClaw: a pure function of its row. Secrets stand in it as references
 * to the container's environment.
 */
export function openclawConfig(given: ConfigInput) {
  const input = withLivingModels(given);
  const { target, fallbacks, has } = input;
  const plugins = ['memory-core', ...(has.telegramToken ? ['telegram'] : []), ...(has.discordBotToken ? ['discord'] : [])];
  return {
    // A gateway that has once written its configuration itself distrusts a later file without this, and restores its own.
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
    agents: { defaults: { model: { primary: modelName(target), fallbacks: fallbacks.map(modelName) }, heartbeat: { every: '0m' } } },
    tools: { profile: plans[input.plan].toolProfile, deny: ['browser', 'canvas'] },
    skills: { entries: Object.fromEntries(Object.entries(input.skills).map(([key, enabled]) => [key, { enabled }])) },
    messages: { groupChat: { mentionPatterns: ['@agent', 'agent'] } },
    channels: channels(input),
  };
}
