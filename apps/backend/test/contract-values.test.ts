import { containerModels, responseModelTable, settingsIn, toolProfiles } from '@agentbot/contracts/test/agents-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config/config.ts';
import { type ConfigInput, openclawConfig } from '../src/infra/openclaw/config-builder.ts';
import { fallbackTargets, modelTarget, responseModels } from '../src/infra/openclaw/providers.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

// The values that the contract's tables give, against what an agent's configuration holds and what the running backend does.

const input: ConfigInput = {
  version: '2026.3.13',
  plan: 'solo',
  modelGateway: 'http://models.agentbot.internal:10100',
  target: modelTarget({ aiProvider: 'openrouter', model: 'custom', config: {} }, {} as never),
  fallbacks: [],
  has: { apiKey: true, telegramToken: true, discordBotToken: true, whatsappToken: true },
  ownerIds: [],
  skills: {},
  origin: 'http://agent_1.agents.localhost:10000',
};

/** The value at a dotted name, where `groups.*.x` is the entry `*` of `groups`. */
const at = (settings: unknown, name: string) =>
  name.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], settings);

describe('openclaw.json has the contract’s channel settings', () => {
  const { channels } = openclawConfig(input);
  const withOwners = openclawConfig({ ...input, ownerIds: ['42'] }).channels;

  test.each([
    ['defaults', 'Channel defaults', 4],
    ['telegram', 'Telegram channel settings', 9],
    ['discord', 'Discord channel settings', 9],
    ['whatsapp', 'WhatsApp channel settings', 3],
  ] as const)('of %s', (channel, title, count) => {
    const { dmPolicy, ...settings } = settingsIn(title);
    expect(Object.keys(settings).length + (dmPolicy === undefined ? 0 : 1)).toBe(count);
    const built = Object.fromEntries(Object.keys(settings).map((name) => [name, at(channels[channel], name)]));
    expect(built).toEqual(settings);
    if (dmPolicy === undefined) return;
    expect(dmPolicy).toBe('allowlist or pairing');
    expect(channels[channel]).toMatchObject({ dmPolicy: 'pairing' });
    expect(channels[channel]).not.toHaveProperty('allowFrom');
    expect(withOwners[channel]).toMatchObject({ dmPolicy: 'allowlist', allowFrom: ['42'] });
  });

  test('and its mention patterns, tool profiles and denied tools', () => {
    expect(openclawConfig(input).messages.groupChat.mentionPatterns).toEqual(['@agent', 'agent']);
    for (const [plan, profile] of Object.entries(toolProfiles())) {
      const { tools } = openclawConfig({ ...input, plan: plan as ConfigInput['plan'] });
      expect({ plan, ...tools }).toEqual({ plan, profile, deny: ['browser', 'canvas'] });
    }
  });
});

/** Where a model or an address differs from the contract's table, and why (ruling 29: the form that the gateway accepts). */
const rulings: Record<string, { primary?: string; fallbacks?: string[]; baseUrl?: string; because: string }> = {
  openrouter: {
    primary: 'openrouter/xiaomi/mimo-v2-pro',
    because: 'the gateway names a model by its provider first',
  },
  gemini: {
    fallbacks: ['openrouter/anthropic/claude-sonnet-4.5'],
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    because: 'OpenRouter spells the model with a point; the gateway appends /models by itself',
  },
  groq: {
    primary: 'groq/llama-3.3-70b-versatile',
    baseUrl: 'https://api.groq.com/openai/v1',
    because: 'the context of gemma2-9b-it is too small for the gateway',
  },
  anthropic: { baseUrl: 'https://api.anthropic.com', because: 'the gateway appends /v1 by itself' },
};

describe('a container speaks with the contract’s models', () => {
  const accepted = containerModels().filter(({ provider }) => provider !== 'minimax');
  test.each(accepted)('of $provider', ({ provider, primary, fallbacks, baseUrl }) => {
    const choice = { aiProvider: provider, model: 'custom', config: {} };
    const target = modelTarget(choice, {} as never);
    const config = openclawConfig({ ...input, target, fallbacks: fallbackTargets(choice, {} as never, () => true) });
    const { because: _because, ...ruled } = rulings[provider] ?? {};
    const { model } = config.agents.defaults;
    // The container calls the model gateway, which calls this address (ruling 32).
    expect({ ...model, baseUrl: target.baseUrl }).toEqual({ primary, fallbacks, baseUrl, ...ruled });
    const entry = config.models.providers[target.gatewayName];
    expect(entry?.baseUrl).toBe(`http://models.agentbot.internal:10100/${target.gatewayName}`);
  });

  test('and the answer of POST /api/provision names the contract’s other table, word for word', () => {
    const table = responseModelTable().filter(({ provider }) => provider !== 'minimax');
    expect(table.map(({ provider }) => provider)).toEqual(Object.keys(responseModels));
    for (const { provider, model, baseUrl } of table) {
      expect({ provider, ...responseModels[provider as keyof typeof responseModels] }).toEqual({ provider, model, baseUrl });
    }
  });
});

describe('the rate limits of an installation that sets none', () => {
  let backend: TestBackend;
  const clock = createTestClock();
  const unset = readConfig({
    DATABASE_URL: 'postgres://x@localhost/x',
    INTERNAL_API_KEY: 'x'.repeat(32),
    ASSERTION_SECRET: 'y'.repeat(32),
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
  });
  beforeAll(async () => {
    const limits = { API_RATE_LIMIT: String(unset.API_RATE_LIMIT), DEPLOYMENT_RATE_LIMIT: String(unset.DEPLOYMENT_RATE_LIMIT) };
    backend = await startBackend(limits, clock);
  });
  afterAll(() => backend.stop());

  test('are 120 requests a minute per user: each of 120 is answered, the next is refused until the minute is over', async () => {
    const [user, other] = [await backend.account(), await backend.account()];
    const first = await backend.as(user, 'GET', '/api/me');
    expect(first.headers.get('ratelimit-limit')).toBe('120');
    expect(first.headers.get('ratelimit-remaining')).toBe('119');
    expect(Number(first.headers.get('ratelimit-reset'))).toBe(60);
    const more = await Promise.all(Array.from({ length: 119 }, () => backend.as(user, 'GET', '/api/me')));
    expect(more.filter(({ status }) => status !== 200)).toEqual([]);
    const refused = await backend.as(user, 'GET', '/api/me');
    expect(refused).toMatchObject({ status: 429, body: { error: 'Too many requests, please slow down.' } });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(60);
    // Another user has a count of their own.
    expect((await backend.as(other, 'GET', '/api/me')).headers.get('ratelimit-remaining')).toBe('119');
    const askIn = (ms: number) => clock.at(new Date(Date.now() + ms), () => backend.as(user, 'GET', '/api/me'));
    expect((await askIn((seconds - 10) * 1000)).status).toBe(429);
    const fresh = await askIn(60_000);
    expect([fresh.status, fresh.headers.get('ratelimit-remaining'), fresh.headers.get('ratelimit-reset')]).toEqual([200, '119', '60']);
  });

  test('are 5 deployments a minute: the sixth is refused with the sentence of deployments', async () => {
    const user = await backend.account();
    const deploy = () => backend.as(user, 'POST', '/api/deployments', { agentId: '' });
    for (let i = 0; i < 5; i++) expect((await deploy()).status).toBe(400);
    const refused = await deploy();
    expect(refused).toMatchObject({ status: 429, body: { error: 'Deployment rate limit exceeded.' } });
    expect(refused.headers.get('ratelimit-limit')).toBe('5');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
  });

  test('count machine clients by their address, whatever their credential', async () => {
    const ask = async (address: string) =>
      backend.call('GET', '/api/plans', { token: await assertion(undefined), headers: { 'x-forwarded-for': address } });
    expect((await ask('192.0.2.10')).headers.get('ratelimit-remaining')).toBe('119');
    expect((await ask('192.0.2.10')).headers.get('ratelimit-remaining')).toBe('118');
    expect((await ask('192.0.2.11')).headers.get('ratelimit-remaining')).toBe('119');
  });
});
