import { expect, test } from '@jest/globals';
import { openclawConfig } from './config-builder.ts';

test('openclawConfig contains references instead of secrets, and the tools that the platform denies', () => {
  const config = openclawConfig({
    version: '2026.3.13',
    plan: 'solo',
    target: {
      provider: 'anthropic',
      api: 'anthropic-messages',
      baseUrl: 'https://api.anthropic.com',
      gatewayName: 'anthropic',
      model: 'claude-opus-4-6',
    },
    fallbacks: [
      { provider: 'openai', api: 'openai-completions', baseUrl: 'https://api.openai.com/v1', gatewayName: 'openai', model: 'gpt-4o' },
    ],
    has: { apiKey: true, telegramToken: true },
    ownerIds: ['42'],
    skills: { weather: false },
    origin: 'http://a.agents.localhost:10000',
  });
  expect(config).toMatchObject({
    models: {
      providers: {
        anthropic: { apiKey: { id: 'AGENT_MODEL_API_KEY' }, models: [{ id: 'claude-opus-4-6' }] },
        openai: { apiKey: { id: 'AGENT_MODEL_API_KEY_OPENAI' }, models: [{ id: 'gpt-4o' }] },
      },
    },
    agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-4o'] } } },
    tools: { profile: 'messaging', deny: ['browser', 'canvas'] },
    channels: {
      telegram: {
        botToken: '${TELEGRAM_BOT_TOKEN}',
        dmPolicy: 'allowlist',
        allowFrom: ['42'],
        historyLimit: 50,
        retry: { minDelayMs: 400 },
      },
    },
  });
});

test('openclawConfig gives a custom endpoint without a key a placeholder, because the gateway requires a key', () => {
  const target = { provider: 'custom', api: 'openai-completions', baseUrl: 'http://m/v1', gatewayName: 'custom', model: 'm' } as const;
  const input = {
    version: '2026.3.13',
    plan: 'solo' as const,
    target,
    fallbacks: [],
    has: {},
    ownerIds: [],
    skills: {},
    origin: 'http://a',
  };
  const config = openclawConfig(input);
  expect(config.models.providers.custom).toMatchObject({ apiKey: 'none', models: [{ id: 'm' }] });
});
