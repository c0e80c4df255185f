import { describe, expect, test } from '@jest/globals';
import { allowedDomains, allowedPort, hasAllowedDomains, validateAllowedDomains } from './allowed-domains.ts';

describe('allowedPort for an agent with allowed domains', () => {
  const agent = {
    model: 'gpt-4',
    aiProvider: 'openai',
    config: { allowedDomains: ['example.com', '*.example.org', 'api.example.net:8443'] },
  };
  const patterns = allowedDomains(agent, new Set(['apiKey', 'telegramToken']), {}, true);

  test.each<[string, number, number | undefined, number | undefined]>([
    ['example.com', 443, undefined, 443],
    ['example.com', 80, 80, 80],
    ['example.com', 80, 8080, undefined],
    ['www.example.com', 443, undefined, undefined],
    ['notexample.com', 443, undefined, undefined],
    ['a.b.example.org', 443, undefined, 443],
    ['example.org', 443, undefined, undefined],
    ['evilexample.org', 443, undefined, undefined],
    ['api.example.net', 443, undefined, 8443],
    ['api.openai.com', 443, undefined, 443],
    ['api.telegram.org', 443, undefined, 443],
    ['discord.com', 443, undefined, undefined],
    ['openrouter.ai', 443, undefined, undefined],
    ['', 443, undefined, undefined],
  ])('of host %s with default port %s and requested port %s is %s', (host, usual, asked, port) => {
    expect(allowedPort(patterns, host, usual, asked)).toBe(port);
  });
});

test('allowedDomains have none of the models that the container calls through the model gateway', () => {
  const agent = { model: 'gpt-4o', aiProvider: 'openai', config: { allowedDomains: ['example.com'] } };
  expect(allowedDomains(agent, new Set(['apiKey', 'telegramToken']), {}, false)).toEqual(['example.com', 'api.telegram.org']);
});

test('allowedDomains are the agent’s own, then those of its models and channels', () => {
  const agent = { model: 'gpt-4o', aiProvider: 'openai', config: { allowedDomains: ['example.com'] } };
  expect(allowedDomains(agent, new Set(['apiKey']), {}, true)).toEqual(['example.com', 'api.openai.com', 'api.openai.com']);
  expect(
    allowedDomains(
      { ...agent, config: {} },
      new Set(['discordBotToken', 'whatsappToken', 'slackBotToken', 'slackAppToken', 'unknown']),
      {},
      true,
    ),
  ).toEqual([
    'api.openai.com',
    // Discord's, WhatsApp's and Slack's own hosts.
    'discord.com',
    '*.discord.com',
    'discord.gg',
    '*.discord.gg',
    '*.discordapp.com',
    '*.discordapp.net',
    '*.whatsapp.com',
    '*.whatsapp.net',
    'slack.com',
    '*.slack.com',
    '*.slack-edge.com',
  ]);
  // A fallback of another provider counts only with a key for it.
  const anthropic = { model: 'claude-opus-4-6', aiProvider: 'anthropic', config: {} };
  expect(allowedDomains(anthropic, new Set(['apiKey']), {}, true)).toEqual(['api.anthropic.com']);
  expect(allowedDomains(anthropic, new Set(['apiKey', 'apiKey:openai']), {}, true)).toEqual(['api.anthropic.com', 'api.openai.com']);
  const custom = { model: 'm', aiProvider: 'custom', config: { baseUrl: 'https://models.example:8443/v1', model: 'm' } };
  expect(allowedDomains(custom, new Set(), {}, true)).toEqual(['models.example:8443']);
});

test('hasAllowedDomains is false without a list and for an empty list', () => {
  const of = (config: object) => hasAllowedDomains({ config });
  expect([of({}), of({ allowedDomains: [] }), of({ allowedDomains: ['example.com'] })]).toEqual([false, false, true]);
});

test('validateAllowedDomains refuses a list where the egress proxy is off', () => {
  const refuse = (given: { allowedDomains?: string[] } | undefined, EGRESS_PORT: number | undefined) =>
    validateAllowedDomains(given as never, { EGRESS_PORT } as never);
  expect(() => refuse({ allowedDomains: ['example.com'] }, undefined)).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      message: 'This installation cannot enforce allowedDomains: its operator must set EGRESS_PORT first',
    }),
  );
  expect(() => refuse({ allowedDomains: ['example.com'] }, 3128)).not.toThrow();
  for (const given of [undefined, {}, { allowedDomains: [] }]) expect(() => refuse(given, undefined)).not.toThrow();
});
