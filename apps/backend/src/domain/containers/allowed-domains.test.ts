import { describe, expect, test } from '@jest/globals';
import { allowedDomains, allowedPort, validateAllowedDomains } from './allowed-domains.ts';

describe('allowedPort for an agent with allowed domains', () => {
  const agent = {
    model: 'gpt-4',
    aiProvider: 'openai',
    config: { allowedDomains: ['example.com', '*.example.org', 'api.example.net:8443'] },
  };
  const patterns = allowedDomains(agent, new Set(['apiKey', 'telegramToken']), {});

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

test('allowedDomains of an agent without a channel are its list and its model alone', () => {
  const agent = { model: 'gpt-4', aiProvider: 'openai', config: { allowedDomains: ['example.com'] } };
  expect([...new Set(allowedDomains(agent, new Set(['apiKey']), {}))]).toEqual(['example.com', 'api.openai.com']);
});

test('validateAllowedDomains refuses a list where nothing enforces it', () => {
  const list = { allowedDomains: ['example.com'] };
  expect(() => validateAllowedDomains(list, { EGRESS_PORT: undefined })).toThrow(
    'This installation cannot enforce allowedDomains: its operator must set EGRESS_PORT first',
  );
  validateAllowedDomains(list, { EGRESS_PORT: 15_001 });
  validateAllowedDomains({ allowedDomains: [] }, { EGRESS_PORT: undefined });
});
