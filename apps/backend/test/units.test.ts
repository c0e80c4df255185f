import { randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config/config.ts';
import { allowedDomains, allowedPort } from '../src/domain/containers/allowed-domains.ts';
import { buildContainerSpec } from '../src/domain/containers/container-spec.ts';
import { detectSkippedLines } from '../src/domain/telemetry/logs/skipped-lines.ts';
import { parseAgentAddress } from '../src/edge/gateway-router/gateway-router.ts';
import { createEnvelope } from '../src/infra/crypto/envelope.ts';
import { restrictedSlot, slotCount } from '../src/infra/docker/slots.ts';
import { openclawConfig } from '../src/infra/openclaw/config-builder.ts';
import { assertPublicEndpoint, isThisMachine } from '../src/infra/openclaw/model-endpoint.ts';
import { defaultModelOf, fallbackTargets, modelTarget } from '../src/infra/openclaw/providers.ts';

describe('the envelope', () => {
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, second] = [key('a'), key('b')];

  test('opens what it sealed, after a rotation too, and nothing moved or changed', () => {
    const sealed = createEnvelope(first).seal('geheim 🤫', 'row|1');
    expect(sealed).not.toContain('geheim');
    expect(createEnvelope(`${second},${first}`).open(sealed, 'row|1')).toBe('geheim 🤫');
    expect(() => createEnvelope(first).open(sealed, 'row|2')).toThrow();
    expect(() => createEnvelope(second).open(sealed, 'row|1')).toThrow(/not configured/);
    expect(() => createEnvelope(first).open(`${sealed.slice(0, -6)}AAAA==`, 'row|1')).toThrow();
  });
});

test('the start is refused with every missing variable named, and no value', () => {
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret', DATABASE_URL: 'mysql://user:pw@host/db' })).toThrow(
    /DATABASE_URL[\s\S]*INTERNAL_API_KEY[\s\S]*ASSERTION_SECRET/,
  );
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret' })).toThrow(expect.not.stringContaining('short-secret'));
});

describe('an address on the gateway port', () => {
  test.each([
    ['agent_1.agents.localhost:10000', '/x?y=1', { agentId: 'agent_1', url: '/x?y=1' }],
    ['AGENT_1.Agents.Localhost', '/', { agentId: 'agent_1', url: '/' }],
    ['localhost:10000', '/agent/agent_1', { agentId: 'agent_1', url: '/' }],
    ['localhost:10000', '/agent/agent_1/v1/models', { agentId: 'agent_1', url: '/v1/models' }],
    ['localhost:10000', '/agent/agent_1?token=x', { agentId: 'agent_1', url: '/?token=x' }],
    ['localhost:10000', '/agent/..%2f', null],
    ['a.b.agents.localhost', '/', null],
    ['dj-a1b2.dj.example', '/x', { agentId: 'a1b2', url: '/x' }],
    ['a1b2.dj.example', '/x', null],
    ['evil.example', '/', null],
  ])('%s%s', (host, url, expected) => {
    expect(parseAgentAddress(host, url, { AGENTS_DOMAIN: 'agents.localhost', PROVISION_DOMAIN: 'dj.example' })).toEqual(expected);
  });
});

test.each([
  'http://127.0.0.1/v1',
  'http://[::1]/v1',
  'http://169.254.169.254/',
  'http://10.1.2.3',
  'http://localhost:1',
  'http://host.docker.internal/',
  'http://[::ffff:127.0.0.1]/',
  'http://2130706433/',
  'http://0x7f.1/',
])('%s is no public endpoint', async (url) => {
  await expect(assertPublicEndpoint(url, false)).rejects.toThrow('config.baseUrl must be a public address');
});

test.each(['http://127.0.0.1/v1', 'http://[::1]/v1', 'http://10.1.2.3', 'http://host.docker.internal/', 'https://nowhere.invalid/v1'])(
  '%s is an endpoint where the operator allows private ones',
  (url) => assertPublicEndpoint(url, true),
);

test.each(['http://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/'])(
  '%s is one nowhere',
  async (url) => {
    await expect(assertPublicEndpoint(url, true)).rejects.toThrow('config.baseUrl must be a public address');
  },
);

test('this machine is known by every address it has, mapped ones too', () => {
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  const mapped = own.filter((address) => isIPv4(address)).map((address) => `::ffff:${address}`);
  for (const address of ['127.0.0.9', '::1', '0.0.0.0', ...own, ...mapped])
    expect([address, isThisMachine(address)]).toEqual([address, true]);
  for (const address of ['192.0.2.1', '2001:db8::1']) expect([address, isThisMachine(address)]).toEqual([address, false]);
});

test("a container's limits are its plan's, capped by the host; each slot has ports and a subnet of its own", () => {
  const config = { AGENT_PORT_BASE: 19_000, AGENT_SUBNET: '10.201.0.0/16', INSTALLATION: 'x', ALLOW_PRIVATE_MODEL_ENDPOINTS: false };
  const spec = (slot: number, domains: string[] = []) =>
    buildContainerSpec({
      agent: { id: 'a', ownerId: 'o', plan: 'network', config: { allowedDomains: domains } },
      slot,
      image: 'i',
      secretEnv: {},
      cacheVolume: null,
      fingerprint: 'f',
      recipient: 'openai',
      capacity: { memoryBytes: 8 * 1024 ** 3, cpus: 2 },
      config,
    });
  expect(spec(0)).toMatchObject({
    memoryBytes: 8 * 1024 ** 3,
    cpus: 2,
    bind: { address: '127.0.0.1', gateway: 19_000, bridge: 19_002 },
    subnet: '10.201.0.0/29',
  });
  expect(spec(33)).toMatchObject({ bind: { gateway: 19_132, bridge: 19_134 }, subnet: '10.201.1.8/29' });
  expect(spec(slotCount(19_000) - 1).subnet).toBe('10.201.127.248/29');
  expect([0, 33, slotCount(19_000) - 1].map((slot) => spec(slot, ['example.com']).subnet)).toEqual([
    '10.201.128.0/29',
    '10.201.129.8/29',
    '10.201.255.248/29',
  ]);
});

test.each([
  ['10.201.128.2', 0],
  ['::ffff:10.201.129.10', 33],
  ['10.201.255.250', 4095],
  ['10.201.127.250', undefined],
  ['10.202.128.2', undefined],
  ['127.0.0.1', undefined],
  ['::1', undefined],
])('an agent at %s that is held to its domains has slot %s', (address, slot) => {
  expect(restrictedSlot('10.201.0.0/16', address)).toBe(slot);
});

describe('what an agent with a list of domains may reach', () => {
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
  ])('%s, usually at %s, asked for at %s: %s', (host, usual, asked, port) => {
    expect(allowedPort(patterns, host, usual, asked)).toBe(port);
  });
});

test("the agent's configuration holds references, no secret, and the platform's denials", () => {
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

test.each([
  ['openrouter', 'xiaomi/mimo-v2-pro', ['openrouter/anthropic/claude-sonnet-4', 'openrouter/google/gemini-2.5-flash']],
  ['gemini', 'gemini-2.0-flash', ['openrouter/anthropic/claude-sonnet-4.5']],
  ['groq', 'llama-3.3-70b-versatile', ['openai/gpt-4o-mini']],
  ['anthropic', 'claude-sonnet-4-5', ['openai/gpt-4o']],
  ['openai', 'gpt-4o', ['openai/gpt-4o-mini']],
] as const)('%s speaks with %s and turns to %j', (aiProvider, model, fallbacks) => {
  const agent = { aiProvider, model: defaultModelOf(aiProvider), config: {} };
  expect(modelTarget(agent, {}).model).toBe(model);
  expect(fallbackTargets(agent, {}, () => true).map((each) => `${each.gatewayName}/${each.model}`)).toEqual(fallbacks);
  expect(fallbackTargets(agent, {}, () => false)).toEqual([]);
});

test('an endpoint of one’s own may want no key, and the gateway refuses to call a model without', () => {
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

describe('lines that the engine left out', () => {
  const from = Date.UTC(2026, 0, 1);
  /** A megabyte that was said within a tenth of a second. */
  const megabyte = (at: number) =>
    Array.from({ length: 100 }, (_, i) => ({
      id: String(at + i),
      stream: 'stdout' as const,
      at: new Date(at + i),
      text: 'x'.repeat(10_486),
    }));
  const one = (at: number) => [{ id: String(at), stream: 'stdout' as const, at: new Date(at), text: 'one' }];

  test('are missed where a reader was behind, and nowhere after a mere pause', () => {
    const [behind, paused] = [detectSkippedLines(), detectSkippedLines()];
    for (let i = 0; i < 6; i++)
      for (const watch of [behind, paused]) expect(watch(megabyte(from + i * 100), from + i * 100 + 110)).toBe(-1);
    // Three seconds later it reads what was said a second ago, and nothing of the two before.
    expect(behind(megabyte(from + 2_600), from + 3_600)).toBe(0);
    expect(paused(one(from + 3_600), from + 3_605)).toBe(-1);
  });
});
