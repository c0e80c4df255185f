import { type Plan, plans } from '@agentbot/contracts';
import { type Dialect, dialectOf, isRelease } from '@agentbot/openclaw-image/versions';
import type { AgentSecrets } from '../crypto/agent-secrets.ts';
import { readsImages } from './image-input.ts';
import type { ModelTarget } from './providers.ts';

/** Environment variables of the container that carry the agent's secrets: variable → name of the secret. The virtual key derives from the gateway token. */
export const secretVariables = {
  OPENCLAW_GATEWAY_TOKEN: 'gatewayToken',
  AGENT_MODEL_API_KEY: 'virtualKey',
  TELEGRAM_BOT_TOKEN: 'telegramToken',
  DISCORD_BOT_TOKEN: 'discordBotToken',
  SLACK_BOT_TOKEN: 'slackBotToken',
  SLACK_APP_TOKEN: 'slackAppToken',
} as const satisfies Record<string, keyof AgentSecrets | 'virtualKey'>;

/** The input of an agent's configuration. */
export interface ConfigInput {
  /** The image's OpenClaw version; an unknown version gets the configuration of the nearest older known one. */
  version: string;
  plan: Plan;
  /** The base URL of the model gateway, as the container reaches it. */
  modelGateway: string;
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

const TEN_YEARS_MINUTES = 10 * 365 * 24 * 60;

const partialStreaming = ({ streaming }: Dialect) => (streaming === 'object' ? { mode: 'partial' } : 'partial');

/** Channel settings whose form depends on the OpenClaw version. */
const delivery = (dialect: Dialect, minDelayMs: number) => ({
  streaming: partialStreaming(dialect),
  ...(dialect.retry && { retry: { attempts: 3, minDelayMs, maxDelayMs: 30_000, jitter: 0.1 } }),
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
    ...(has.slackBotToken && {
      slack: {
        enabled: true,
        mode: 'socket',
        botToken: '${SLACK_BOT_TOKEN}',
        appToken: '${SLACK_APP_TOKEN}',
        ...direct,
        dm: { enabled: true, groupEnabled: false },
        groupPolicy: 'allowlist',
        // Without this list OpenClaw answers in no channel.
        ...(ownerIds.length && { channels: { '*': { requireMention: true, users: ownerIds } } }),
        historyLimit: 50,
        streaming: partialStreaming(dialect),
        // OpenClaw's default is a character, which Slack refuses.
        ackReaction: 'eyes',
      },
    }),
    ...(has.whatsappToken && { whatsapp: { enabled: true, ...direct, groups, sendReadReceipts: true } }),
  };
}

interface ProviderEntry {
  baseUrl: string;
  api: string;
  apiKey: { source: 'env'; provider: 'default'; id: 'AGENT_MODEL_API_KEY' };
  models: { id: string; name: string; input: ('text' | 'image')[] }[];
}

/** One entry per used provider, with its models. Each is reached through the model gateway, with the agent's virtual key. */
function modelProviders({ modelGateway, target, fallbacks }: ConfigInput) {
  const entries: Record<string, ProviderEntry> = {};
  for (const { provider, gatewayName, api, model } of [target, ...fallbacks]) {
    entries[gatewayName] ??= {
      baseUrl: `${modelGateway}/${gatewayName}`,
      api,
      apiKey: { source: 'env', provider: 'default', id: 'AGENT_MODEL_API_KEY' },
      models: [],
    };
    // Without `input`, the gateway leaves out images.
    const input: ('text' | 'image')[] = readsImages({ provider, model }) ? ['text', 'image'] : ['text'];
    entries[gatewayName]?.models.push({ id: model, name: model, input });
  }
  return entries;
}

/** A model as an OpenClaw version accepts it: some versions know another name for it. */
export const acceptedModel = (target: ModelTarget, version: string): ModelTarget => ({
  ...target,
  model: dialectOf(version).retired[modelName(target)] ?? target.model,
});

/** The text that OpenClaw reads as this one: it puts environment variables into a configuration's strings, except after `$$`. */
const literal = (text: string) => text.replace(/\$(?=\{[A-Z_][A-Z0-9_]*\})/g, '$$$$');

/** Prevents that the name of a model reads a variable of the gateway's environment. */
const withLiteralModel = (target: ModelTarget) => ({ ...target, model: literal(target.model) });

const modelName = ({ gatewayName, model }: ModelTarget) => `${gatewayName}/${model}`;

/**
 * Builds an agent's `openclaw.json` for its OpenClaw version. A pure function; secrets appear only as references to the
 * container's environment.
 */
export function openclawConfig(given: ConfigInput) {
  const written = (target: ModelTarget) => withLiteralModel(acceptedModel(target, given.version));
  const input = { ...given, target: written(given.target), fallbacks: given.fallbacks.map(written) };
  const { target, fallbacks, has } = input;
  const { toolProfile, replyMinutes } = plans[input.plan];
  const plugins = [
    'memory-core',
    ...(has.telegramToken ? ['telegram'] : []),
    ...(has.discordBotToken ? ['discord'] : []),
    ...(has.whatsappToken ? ['whatsapp'] : []),
    ...(has.slackBotToken ? ['slack'] : []),
  ];
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
    plugins: { allow: plugins },
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
    // Versions before 2026.8 begin each session anew at four in the morning: the agent forgets what its conversation still shows.
    session: { reset: { mode: 'idle', idleMinutes: TEN_YEARS_MINUTES } },
    messages: { groupChat: { mentionPatterns: ['@agent', 'agent'] } },
    channels: channels(input),
  };
}
