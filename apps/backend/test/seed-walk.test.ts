import { type RouteId, routes } from '@agentbot/contracts';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compileErrors, validate } from '@readme/openapi-parser';
import { OpenAPIClientAxios } from 'openapi-client-axios';
import { extract } from 'tar-stream';
import { INTERNAL_KEY, startBackendWithDocker, type TestBackend } from './backend.ts';

/** The contract from top to bottom with a user's API key, on a real engine: what each call answers when all is well. */

let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let key: string;
let user: string;

const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

beforeAll(async () => {
  model = await startModelProvider({ apiKey: canary('model-key-') });
  backend = await startBackendWithDocker('walk', {
    AGENT_PORT_BASE: '28000',
    AGENT_SUBNET: '10.208.0.0/16',
    PROVISION_DOMAIN: 'agents.example',
    OPENROUTER_BASE_URL: `http://host.docker.internal:${model.port}/v1`,
  });
  const admin = await backend.account();
  user = await backend.account();
  await backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'network' });
  key = (await backend.as(user, 'POST', '/api/keys', { name: 'walk' })).body.key;
}, 120_000);
afterAll(async () => {
  const { body } = await backend.machine(undefined, 'GET', '/api/agents');
  for (const { id } of body) await backend.machine(undefined, 'DELETE', `/api/agents/${id}`);
  await backend.stop();
  await model.close();
}, 120_000);

/** Calls an operation with the user's key; the answer must be the contract's, to the field. */
async function ask(id: RouteId, agent?: string, body?: unknown, wanted: number = routes[id].status) {
  const route = routes[id];
  const answer = await backend.call(route.method, route.backend.path.replace(':id', agent ?? ''), { token: key, body });
  expect([answer.status, answer.body.error]).toEqual([wanted, undefined]);
  expect(route.backend.response.parse(answer.body)).toEqual(answer.body);
  return answer.body;
}

test('an agent that is created, changed and deleted without a container', async () => {
  const created = await ask('createAgent', undefined, {
    name: 'My Agent',
    config: { plan: 'solo', aiProvider: 'anthropic', apiKey: canary('sk-secret-') },
  });
  const { id } = created;
  expect(created).toEqual({
    id: expect.stringMatching(/^agent_[a-z0-9]{12}$/),
    name: 'My Agent',
    agentId: id,
    status: 'pending',
    subdomain: `${id}.agents.localhost`,
    url: expect.stringContaining(`${id}.agents.localhost`),
    createdAt: iso,
  });
  expect(await ask('listAgents')).toEqual([{ id, status: 'pending', created: iso, subdomain: created.subdomain, url: created.url }]);
  expect(await ask('getAgent', id)).toMatchObject({ id, status: 'pending', startedAt: null, plan: 'solo', verified: false });
  expect(
    await ask('updateAgentMetadata', id, {
      plan: 'collective',
      aiProvider: 'openai',
      config: { telegramToken: canary('12:'), apiKey: canary('sk-other-') },
    }),
  ).toEqual({
    id,
    plan: 'collective',
    aiProvider: 'openai',
    subdomain: created.subdomain,
    status: 'pending',
    message: 'Agent updated',
  });
  expect(await ask('getAgentConfig', id)).toEqual({ config: { plan: 'collective', aiProvider: 'openai' }, status: 'ok' });
  expect(await ask('updateAgentConfig', id, { ownerIds: ['42'] })).toEqual({
    config: { plan: 'collective', aiProvider: 'openai', ownerIds: ['42'] },
    status: 'updated',
  });
  const { token } = await ask('getAgentToken', id);
  expect(await ask('getAgentToken', id)).toEqual({ token });
  expect(await ask('deleteAgent', id)).toEqual({ id, deleted: true });
  expect(await ask('deleteAgent', id)).toEqual({ id, deleted: true });
});

test('verification is believed from the internal key alone', async () => {
  const { id } = await ask('createAgent', undefined, { name: 'Verified' });
  const none = { verified: false, verificationType: null, attestationUid: null, verifierAddress: null, verifiedAt: null, metadata: null };
  expect(await ask('getVerification', id)).toEqual(none);
  const claim = { verificationType: 'eas', attestationUid: '0x123', verified: true, verifierAddress: '0xabc', metadata: { schema: '0x1' } };
  expect(await backend.call('POST', `/api/agents/${id}/verify`, { token: key, body: claim })).toMatchObject({ status: 400 });
  expect(await ask('getVerification', id)).toEqual(none);
  expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/verify`, claim)).body).toEqual({
    success: true,
    verified: true,
    verificationType: 'eas',
    attestationUid: '0x123',
    verifiedAt: iso,
  });
  expect(await ask('getVerification', id)).toMatchObject({ verified: true, verifierAddress: '0xabc', metadata: { schema: '0x1' } });
  expect(await ask('removeVerification', id)).toEqual({ success: true });
  expect(await ask('getVerification', id)).toEqual(none);
  await ask('deleteAgent', id);
});

describe('POST /api/provision', () => {
  let full: ReturnType<typeof JSON.parse>;

  test('the full answer, with the container and without any channel token', async () => {
    full = await ask('provisionWithChannels', undefined, {
      telegramToken: canary('123:'),
      telegramUserId: '42',
      plan: 'solo',
      apiKey: canary('model-key-'),
    });
    const { id } = full;
    expect(full).toMatchObject({
      success: true,
      userId: expect.stringMatching(/^[a-z0-9]{10}$/),
      agentId: id,
      aiProvider: 'openrouter',
      aiProviderConfig: { model: 'openai/gpt-4o-mini', baseUrl: 'https://openrouter.ai/api/v1', requiresKey: true },
      plan: 'solo',
      streamKey: expect.stringMatching(/^sk-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$/),
      rtmpServer: 'rtmps://live.mux.com/app',
      subdomain: `dj-${id}.agents.example`,
      status: 'active',
      metadata: {
        channels: { telegram: 'enabled', discord: 'disabled', whatsapp: 'disabled' },
        streaming: { provider: 'mux', lowLatency: true, resolution: '1920x1080', bitrate: '5000k' },
      },
      container: { name: `openclaw-${id}`, status: 'running', port: expect.any(Number) },
    });
    expect(full.rtmp).toEqual({ server: full.rtmpServer, key: full.streamKey });
    expect(full.hls).toEqual({ playlistUrl: full.playbackUrl });
    expect(full.container.gatewayUrl).toBe(`http://127.0.0.1:${full.container.port}`);
    expect(findInClear({ answer: JSON.stringify(full) })).toEqual([]);
    expect((await fetch(`${full.container.gatewayUrl}/healthz`)).status).toBe(200);
  });

  test('the container speaks with the provider’s models under its plan’s tools', async () => {
    const files = await backend.context.host.archive(full.container.name);
    const read = extract();
    files.pipe(read as never);
    let config = '';
    for await (const entry of read) {
      if (entry.header.name === 'openclaw.json') for await (const chunk of entry) config += chunk;
      else entry.resume();
    }
    expect(JSON.parse(config)).toMatchObject({
      agents: {
        defaults: {
          model: {
            primary: 'openrouter/xiaomi/mimo-v2-pro',
            fallbacks: ['openrouter/anthropic/claude-sonnet-4', 'openrouter/google/gemini-2.5-flash'],
          },
        },
      },
      tools: { profile: 'messaging', deny: ['browser', 'canvas'] },
    });
    expect(findInClear({ configuration: config })).toEqual([]);
  });

  test('its address answers on the gateway port', async () => {
    const { token } = await ask('getAgentToken', full.id);
    // Fetch does not let a caller choose the host; the path form names the same agent.
    const byPath = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${full.id}/v1/models`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(byPath.status).toBe(200);
  });

  test('the running agent is an instance with figures', async () => {
    expect(await ask('listInstances')).toEqual({
      instances: [
        {
          agentId: full.id,
          name: `openclaw-${full.id}`,
          image: 'agentbot/openclaw:2026.3.13',
          status: 'running',
          createdAt: iso,
          version: '2026.3.13',
          metadata: null,
        },
      ],
      count: 1,
    });
    let stats = await ask('getInstanceStats', full.id);
    for (; stats.cpu === 'N/A'; stats = await ask('getInstanceStats', full.id)) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(stats).toMatchObject({
      agentId: full.id,
      status: 'running',
      cpu: expect.stringMatching(/^\d+\.\d\d%$/),
      memory: expect.stringMatching(/^[\d.]+MiB \/ 2GiB$/),
      network: expect.stringMatching(/^[\d.]+k?B \/ [\d.]+k?B$/),
      pids: expect.stringMatching(/^\d+$/),
    });
    expect(Number.parseFloat(stats.memoryPercent)).toBeGreaterThan(1);
    expect(stats.uptime).toBeGreaterThan(500);
    expect(await ask('getOpenclawVersion')).toEqual({
      openclawVersion: '2026.3.13',
      image: 'agentbot/openclaw:2026.3.13',
      deployedAt: iso,
    });
  });

  test.each(['whatsappPhoneNumberId', 'whatsappBusinessAccountId', 'discordGuildId', 'discordChannelId'])('refuses %s', async (field) => {
    const body = { telegramToken: canary('1:'), plan: 'solo', [field]: '1' };
    expect(await backend.call('POST', '/api/provision', { token: key, body })).toMatchObject({
      status: 400,
      body: { error: `${field} is no longer accepted` },
    });
  });
  test.each([
    [{ telegramToken: canary('1:'), aiProvider: 'minimax', plan: 'solo' }, 'Invalid aiProvider'],
    [{ telegramToken: canary('1:') }, 'Invalid plan'],
    [{ telegramToken: canary('1:'), plan: 'free' }, 'Invalid plan'],
    [{}, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    [{ telegramToken: '', plan: 'solo' }, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    [{ telegramToken: canary('1:'), plan: 'solo', email: 'nobody' }, 'A valid email is required'],
  ])('%j is refused: %s', async (body, error) => {
    expect(await backend.call('POST', '/api/provision', { token: key, body })).toMatchObject({ status: 400, body: { error } });
  });

  test.each([
    ['gemini', 'gemini-2.0-flash', 'https://generativelanguage.googleapis.com/v1beta/models'],
    ['groq', 'mixtral-8x7b-32768', 'https://api.groq.com/openai/v1'],
    ['anthropic', 'claude-3-sonnet-20240229', 'https://api.anthropic.com/v1'],
    ['openai', 'openai/gpt-4o', 'https://api.openai.com/v1'],
  ])('%s is announced with %s', async (aiProvider, name, baseUrl) => {
    const body = { whatsappToken: 'w', plan: 'network', aiProvider };
    const answer = await ask('provisionWithChannels', undefined, body);
    expect(answer.aiProviderConfig).toEqual({ model: name, baseUrl, requiresKey: true });
    await ask('deleteAgent', answer.id);
  });
});

test('POST /api/deployments: 201 when new, 200 when running, the same shape', async () => {
  const body = { agentId: 'walk_1', config: { telegramToken: canary('1:'), ownerIds: ['42'], plan: 'solo' } };
  const wanted = {
    id: 'deploy-walk_1',
    agentId: 'walk_1',
    subdomain: 'walk_1.agents.localhost',
    url: expect.stringContaining('walk_1.agents.localhost'),
    status: 'active',
    openclawVersion: '2026.3.13',
  };
  expect(await ask('deployAgent', undefined, body)).toEqual(wanted);
  expect(await ask('deployAgent', undefined, { agentId: 'walk_1' }, 200)).toEqual(wanted);
  expect(await ask('stopAgent', 'walk_1')).toEqual({ success: true, status: 'stopped' });
  expect(await ask('deployAgent', undefined, { agentId: 'walk_1' })).toEqual(wanted);
  expect(await ask('restartAgent', 'walk_1')).toEqual({
    success: true,
    status: 'active',
    healedLegacyModel: false,
    healMessage: '',
    openclawVersion: '2026.3.13',
  });
  for (const [agentId, error] of [
    ['', 'agentId is required'],
    ['../x', 'Invalid agentId'],
    ['dj-abc', 'Invalid agentId'],
    ['clone', 'Invalid agentId'],
    ['fresh_1', 'telegramToken is required'],
  ]) {
    const refused = await backend.call('POST', '/api/deployments', { token: key, body: { agentId } });
    expect([refused.status, refused.body.error]).toEqual([400, error]);
  }
  await ask('deleteAgent', 'walk_1');
});

test('the clone service names its terms', async () => {
  expect((await backend.call('GET', '/api/agents/clone')).body).toEqual({
    service: 'agentbot-clone',
    version: '0.1.0',
    protocol: 'x402-tempo',
    clonePrice: '1.0 pathUSD',
    chainId: 4217,
  });
});

describe('the OpenAPI document', () => {
  test('is valid', async () => {
    const document = (await backend.call('GET', '/openapi.json')).body;
    const result = await validate(structuredClone(document));
    expect(result.valid ? '' : compileErrors(result)).toBe('');
  });

  test('makes a client that goes the whole round', async () => {
    const definition = (await backend.call('GET', '/openapi.json')).body;
    const api = new OpenAPIClientAxios({
      definition,
      withServer: { url: backend.url },
      axiosConfigDefaults: { headers: { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user } },
    });
    const client = await api.init();
    const call = (id: RouteId, parameters?: object, body?: unknown) =>
      (client[id] as (...args: unknown[]) => Promise<{ status: number; data: ReturnType<typeof JSON.parse> }>)(parameters ?? null, body);
    const created = await call('createAgent', undefined, { name: 'By the document' });
    expect(created.status).toBe(201);
    const { id } = created.data;
    expect((await call('listAgents')).data.map((agent: { id: string }) => agent.id)).toContain(id);
    expect((await call('updateAgentMetadata', { id }, { plan: 'network' })).data.plan).toBe('network');
    expect((await call('getAgent', { id })).data.plan).toBe('network');
    expect((await call('deleteAgent', { id })).data).toEqual({ id, deleted: true });
    expect(Object.keys(client)).toEqual(expect.arrayContaining(Object.keys(routes)));
  });

  test('can be browsed at /docs without anything from elsewhere', async () => {
    const page = await fetch(`${backend.url}/docs`);
    const html = await page.text();
    expect(html).not.toMatch(/(src|href)="https?:/);
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await fetch(backend.url + address)).status).toBe(200);
    }
  });
});
