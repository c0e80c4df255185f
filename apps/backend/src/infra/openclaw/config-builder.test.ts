import { settingsIn } from '@agentbot/contracts/test/agents-api';
import { describe, expect, test } from '@jest/globals';
import { acceptedModel, type ConfigInput, openclawConfig, secretVariables } from './config-builder.ts';
import { configShape } from './config-shape.ts';

const anthropic = {
  provider: 'anthropic',
  api: 'anthropic-messages',
  baseUrl: 'https://api.anthropic.com',
  gatewayName: 'anthropic',
  model: 'claude-opus-4-6',
} as const;
const openai = {
  provider: 'openai',
  api: 'openai-completions',
  baseUrl: 'https://api.openai.com/v1',
  gatewayName: 'openai',
  model: 'gpt-4o',
} as const;
const custom = { provider: 'custom', api: 'openai-completions', baseUrl: 'http://m/v1', gatewayName: 'custom', model: 'm' } as const;
const gemini = {
  provider: 'gemini',
  api: 'google-generative-ai',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  gatewayName: 'google',
  model: 'gemini-2.0-flash',
} as const;

const input: ConfigInput = {
  version: '2026.3.13',
  plan: 'solo',
  modelGateway: 'http://models.agentbot.internal:10100',
  target: anthropic,
  fallbacks: [openai],
  has: { apiKey: true },
  ownerIds: ['42'],
  skills: { weather: false, github: true },
  origin: 'http://a.agents.localhost:10000',
};
const everyChannel = {
  apiKey: true,
  telegramToken: true,
  discordBotToken: true,
  whatsappToken: true,
  slackBotToken: true,
  slackAppToken: true,
};
const virtualKey = { source: 'env', provider: 'default', id: 'AGENT_MODEL_API_KEY' };

test('openclawConfig builds the whole file of an agent without channels', () => {
  expect(openclawConfig(input)).toEqual({
    meta: { lastTouchedVersion: '2026.3.13' },
    gateway: {
      mode: 'local',
      bind: 'lan',
      port: 18_789,
      auth: { mode: 'token', token: '${OPENCLAW_GATEWAY_TOKEN}' },
      controlUi: { allowedOrigins: ['http://a.agents.localhost:10000'] },
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
    },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    logging: { consoleStyle: 'json' },
    plugins: { allow: ['memory-core'] },
    models: {
      providers: {
        anthropic: {
          baseUrl: 'http://models.agentbot.internal:10100/anthropic',
          api: 'anthropic-messages',
          apiKey: virtualKey,
          models: [{ id: 'claude-opus-4-6', name: 'claude-opus-4-6', input: ['text', 'image'] }],
        },
        openai: {
          baseUrl: 'http://models.agentbot.internal:10100/openai',
          api: 'openai-completions',
          apiKey: virtualKey,
          models: [{ id: 'gpt-4o', name: 'gpt-4o', input: ['text', 'image'] }],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-4o'] },
        heartbeat: { every: '0m' },
        timeoutSeconds: 600,
      },
    },
    tools: { profile: 'messaging', deny: ['browser', 'canvas'] },
    skills: { entries: { weather: { enabled: false }, github: { enabled: true } } },
    // Ten years of 365 days.
    session: { reset: { mode: 'idle', idleMinutes: 5_256_000 } },
    messages: { groupChat: { mentionPatterns: ['@agent', 'agent'] } },
    channels: {
      defaults: { groupPolicy: 'allowlist', heartbeat: { showOk: false, showAlerts: true, useIndicator: true } },
    },
  });
});

/** The contract's table as nested settings: `retry.attempts` is `attempts` in `retry`. */
function nested(title: string): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settingsIn(title))) {
    if (name === 'dmPolicy') continue;
    const keys = name.split('.');
    const last = keys.pop() as string;
    const parent = keys.reduce<Record<string, unknown>>((at, step) => {
      at[step] ??= {};
      return at[step] as Record<string, unknown>;
    }, root);
    parent[last] = value;
  }
  return root;
}

describe('channels', () => {
  const withOwners = { dmPolicy: 'allowlist', allowFrom: ['42'] };

  test('have the settings of the contract and nothing else, their tokens as references', () => {
    expect(openclawConfig({ ...input, has: everyChannel }).channels).toEqual({
      defaults: nested('Channel defaults'),
      telegram: { enabled: true, botToken: '${TELEGRAM_BOT_TOKEN}', ...withOwners, ...nested('Telegram channel settings') },
      discord: { enabled: true, token: '${DISCORD_BOT_TOKEN}', ...withOwners, ...nested('Discord channel settings') },
      whatsapp: { enabled: true, ...withOwners, ...nested('WhatsApp channel settings') },
      slack: expect.anything(),
    });
  });

  test('connect Slack by Socket Mode: owners in private, and their mentions in every channel', () => {
    expect(openclawConfig({ ...input, has: everyChannel }).channels.slack).toEqual({
      enabled: true,
      mode: 'socket',
      botToken: '${SLACK_BOT_TOKEN}',
      appToken: '${SLACK_APP_TOKEN}',
      ...withOwners,
      dm: { enabled: true, groupEnabled: false },
      groupPolicy: 'allowlist',
      channels: { '*': { requireMention: true, users: ['42'] } },
      historyLimit: 50,
      streaming: 'partial',
      ackReaction: 'eyes',
    });
  });

  test('open no channel of Slack to an agent without owners', () => {
    const { slack } = openclawConfig({ ...input, has: everyChannel, ownerIds: [] }).channels;
    expect(slack).toMatchObject({ groupPolicy: 'allowlist' });
    expect(slack).not.toHaveProperty('channels');
  });

  test('pair with new contacts where the agent has no owners', () => {
    const { telegram, discord, whatsapp, slack } = openclawConfig({ ...input, has: everyChannel, ownerIds: [] }).channels;
    for (const channel of [telegram, discord, whatsapp, slack]) {
      expect(channel).toMatchObject({ dmPolicy: 'pairing' });
      expect(channel).not.toHaveProperty('allowFrom');
    }
  });

  test.each([
    ['telegramToken', 'telegram'],
    ['discordBotToken', 'discord'],
    ['whatsappToken', 'whatsapp'],
    ['slackBotToken', 'slack'],
  ])('%s switches on %s alone, and its plugin', (secret, channel) => {
    const config = openclawConfig({ ...input, has: { [secret]: true } });
    expect(Object.keys(config.channels).sort()).toEqual(['defaults', channel].sort());
    expect(config.plugins.allow).toEqual(['memory-core', channel]);
  });

  test('allow the plugins of all channels', () => {
    const { allow } = openclawConfig({ ...input, has: everyChannel }).plugins;
    expect(allow).toEqual(['memory-core', 'telegram', 'discord', 'whatsapp', 'slack']);
  });

  test('have `streaming` as an object from 2026.4.7 on, and neither `retry` nor `heartbeat` from 2026.8.1 on', () => {
    const of = (version: string) => openclawConfig({ ...input, version, has: everyChannel }).channels as Record<string, object>;
    expect(of('2026.4.7').telegram).toMatchObject({ streaming: { mode: 'partial' }, retry: { attempts: 3 } });
    for (const channel of ['discord', 'slack']) expect(of('2026.8.1')[channel]).toMatchObject({ streaming: { mode: 'partial' } });
    for (const channel of ['telegram', 'discord']) expect(of('2026.8.1')[channel]).not.toHaveProperty('retry');
    expect(of('2026.8.1').defaults).toEqual({ groupPolicy: 'allowlist' });
  });
});

// https://docs.openclaw.ai/gateway/configuration: `$${VAR}` stands for a literal `${VAR}`, and only upper-case names are variables.
test.each([
  ['${NOPE}', '$${NOPE}'],
  ['a/${AGENT_MODEL_API_KEY}-${B}', 'a/$${AGENT_MODEL_API_KEY}-$${B}'],
  ['$${TWICE}', '$$${TWICE}'],
  ['${lower} ${} $HOME {X}', '${lower} ${} $HOME {X}'],
])('openclawConfig writes the model %p so that OpenClaw reads no variable in it', (model, written) => {
  const { agents, models } = openclawConfig({ ...input, target: { ...custom, model }, fallbacks: [{ ...custom, model }] });
  expect(agents.defaults.model).toEqual({ primary: `custom/${written}`, fallbacks: [`custom/${written}`] });
  expect(models.providers.custom?.models.map(({ id, name }) => [id, name])).toEqual([
    [written, written],
    [written, written],
  ]);
});

test('openclawConfig gives a run the time of the plan', () => {
  expect(openclawConfig({ ...input, plan: 'network' }).agents.defaults.timeoutSeconds).toBe(1_800);
});

test('openclawConfig lists every model of one provider in one entry', () => {
  const second = { ...anthropic, model: 'claude-sonnet-4-5' };
  const { models, agents } = openclawConfig({ ...input, fallbacks: [second] });
  expect(Object.keys(models.providers)).toEqual(['anthropic']);
  expect(models.providers.anthropic?.models.map(({ id }) => id)).toEqual(['claude-opus-4-6', 'claude-sonnet-4-5']);
  expect(agents.defaults.model.fallbacks).toEqual(['anthropic/claude-sonnet-4-5']);
});

test('openclawConfig refers to the virtual key also for an agent without a provider’s key', () => {
  const { custom: own, openai: fallback } = openclawConfig({ ...input, target: custom, has: {} }).models.providers;
  expect([own?.apiKey, fallback?.apiKey]).toEqual([virtualKey, virtualKey]);
  expect(own).toMatchObject({ baseUrl: 'http://models.agentbot.internal:10100/custom', models: [{ id: 'm', name: 'm' }] });
});

test('acceptedModel has the name that the version accepts', () => {
  expect(acceptedModel(gemini, '2026.9.6')).toEqual({ ...gemini, model: 'gemini-2.5-flash' });
  expect(acceptedModel(gemini, '2026.8.2')).toEqual(gemini);
});

test('openclawConfig replaces a model that the version refuses, as model and as fallback', () => {
  const replaced = openclawConfig({ ...input, version: '2026.9.6', target: gemini, fallbacks: [openai] });
  expect(replaced.agents.defaults.model).toEqual({ primary: 'google/gemini-2.5-flash', fallbacks: ['openai/gpt-4o'] });
  expect(replaced.models.providers.google?.models).toMatchObject([{ id: 'gemini-2.5-flash', name: 'gemini-2.5-flash' }]);
  expect(openclawConfig({ ...input, version: '2026.9.6', fallbacks: [gemini] }).agents.defaults.model.fallbacks).toEqual([
    'google/gemini-2.5-flash',
  ]);
  expect(openclawConfig({ ...input, version: '2026.8.2', target: gemini }).agents.defaults.model.primary).toBe('google/gemini-2.0-flash');
});

test('openclawConfig states the version that wrote it only where it is a release', () => {
  expect(openclawConfig({ ...input, version: 'latest' })).not.toHaveProperty('meta');
});

test.each([
  ['solo', 'messaging'],
  ['collective', 'coding'],
  ['label', 'coding'],
  ['network', 'coding'],
] as const)('openclawConfig gives the plan %s the tool profile %s', (plan, profile) => {
  expect(openclawConfig({ ...input, plan }).tools.profile).toBe(profile);
});

test('each secret variable names its secret', () => {
  expect(secretVariables).toEqual({
    OPENCLAW_GATEWAY_TOKEN: 'gatewayToken',
    AGENT_MODEL_API_KEY: 'virtualKey',
    TELEGRAM_BOT_TOKEN: 'telegramToken',
    DISCORD_BOT_TOKEN: 'discordBotToken',
    SLACK_BOT_TOKEN: 'slackBotToken',
    SLACK_APP_TOKEN: 'slackAppToken',
  });
});

describe('configShape', () => {
  const whole = { ...input, has: everyChannel };
  const shape = configShape(whole);

  test.each<[string, Partial<ConfigInput>]>([
    ['origins', { origin: 'http://b.agents.localhost' }],
    ['owners', { ownerIds: ['7', '8'] }],
    ['skills', { skills: { other: true } }],
    ['base URLs', { target: { ...anthropic, baseUrl: 'https://other.example' }, modelGateway: 'http://other.example' }],
  ])('is equal for other %s', (_field, change) => {
    expect(configShape({ ...whole, ...change })).toBe(shape);
  });

  test.each<[string, Partial<ConfigInput>]>([
    ['no owners', { ownerIds: [] }],
    ['no skills', { skills: {} }],
    ['another model', { target: { ...anthropic, model: 'claude-sonnet-4-5' } }],
    ['another version', { version: '2026.8.1' }],
    ['other channels', { has: { ...everyChannel, discordBotToken: false } }],
    ['another plan', { plan: 'label' }],
    ['no fallback', { fallbacks: [] }],
  ])('differs for %s', (_field, change) => {
    expect(configShape({ ...whole, ...change })).not.toBe(shape);
  });

  test('is a SHA-256 in hexadecimal digits', () => {
    expect(shape).toMatch(/^[0-9a-f]{64}$/);
  });
});
