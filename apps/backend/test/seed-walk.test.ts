import { type RouteId, routes } from '@agentbot/contracts';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compileErrors, validate } from '@readme/openapi-parser';
import { OpenAPIClientAxios } from 'openapi-client-axios';
import { extract } from 'tar-stream';
import { INTERNAL_KEY, startBackendWithDocker, type TestBackend } from './backend.ts';

/** Every successful response of the contract, with a user's API key on a real engine. */

const STAND_IN = 'agentbot/openclaw-test:stand-in-walk';
let removeStandIn: () => Promise<void>;
let backend: TestBackend;
/** A backend whose agents run a stand-in: for answers that do not depend on the gateway. */
let light: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let key: string;
let user: string;
let callRoute: ReturnType<typeof callerOn>;
let callLight: ReturnType<typeof callerOn>;

const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

/** Creates an account with the plan network. @returns its id and an API key */
async function createUser(on: TestBackend) {
  const admin = await on.account();
  const id = await on.account();
  await on.as(admin, 'PUT', `/api/admin/users/${id}/plan`, { plan: 'network' });
  const created: string = (await on.as(id, 'POST', '/api/keys', { name: 'walk' })).body.key;
  return { id, key: created };
}

beforeAll(async () => {
  removeStandIn = await makeStandIn('agentbot/openclaw:2026.3.13', STAND_IN);
  model = await startModelProvider({ apiKey: canary('model-key-') });
  [backend, light] = await Promise.all([
    startBackendWithDocker('walk', {
      PROVISION_DOMAIN: 'agents.example',
      OPENROUTER_BASE_URL: `http://host.docker.internal:${model.port}/v1`,
    }),
    startBackendWithDocker('walk-light', { OPENCLAW_IMAGE: STAND_IN }),
  ]);
  ({ id: user, key } = await createUser(backend));
  callRoute = callerOn(backend, key);
  callLight = callerOn(light, (await createUser(light)).key);
});
afterAll(async () => {
  for (const each of [backend, light]) {
    const { body } = await each.machine(undefined, 'GET', '/api/agents');
    for (const { id } of body) await each.machine(undefined, 'DELETE', `/api/agents/${id}`);
    await each.stop();
  }
  await model.close();
  await removeStandIn();
});

/** @returns a function that calls an operation with a user's key and expects exactly the response shape of the contract */
function callerOn(on: TestBackend, token: string) {
  return async (id: RouteId, agent?: string, body?: unknown, wanted: number = routes[id].status) => {
    const route = routes[id];
    const answer = await on.call(route.method, route.backend.path.replace(':id', agent ?? ''), { token, body });
    expect([answer.status, answer.body.error]).toEqual([wanted, undefined]);
    expect(route.backend.response.parse(answer.body)).toEqual(answer.body);
    return answer.body;
  };
}

test('create, list, get, update, token and delete of an agent without a container answer as the contract says', async () => {
  const created = await callRoute('createAgent', undefined, {
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
  expect(await callRoute('listAgents')).toEqual([{ id, status: 'pending', created: iso, subdomain: created.subdomain, url: created.url }]);
  expect(await callRoute('getAgent', id)).toMatchObject({ id, status: 'pending', startedAt: null, plan: 'solo', verified: false });
  expect(
    await callRoute('updateAgentMetadata', id, {
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
  expect(await callRoute('getAgentConfig', id)).toEqual({ config: { plan: 'collective', aiProvider: 'openai' }, status: 'ok' });
  expect(await callRoute('updateAgentConfig', id, { ownerIds: ['42'] })).toEqual({
    config: { plan: 'collective', aiProvider: 'openai', ownerIds: ['42'] },
    status: 'updated',
  });
  const { token } = await callRoute('getAgentToken', id);
  expect(await callRoute('getAgentToken', id)).toEqual({ token });
  expect(await callRoute('deleteAgent', id)).toEqual({ id, deleted: true });
  expect(await callRoute('deleteAgent', id)).toEqual({ id, deleted: true });
});

test('POST /api/agents/:id/verify accepts `verified` from the internal key only', async () => {
  const { id } = await callRoute('createAgent', undefined, { name: 'Verified' });
  const none = { verified: false, verificationType: null, attestationUid: null, verifierAddress: null, verifiedAt: null, metadata: null };
  expect(await callRoute('getVerification', id)).toEqual(none);
  const claim = { verificationType: 'eas', attestationUid: '0x123', verified: true, verifierAddress: '0xabc', metadata: { schema: '0x1' } };
  expect(await backend.call('POST', `/api/agents/${id}/verify`, { token: key, body: claim })).toMatchObject({ status: 400 });
  expect(await callRoute('getVerification', id)).toEqual(none);
  expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/verify`, claim)).body).toEqual({
    success: true,
    verified: true,
    verificationType: 'eas',
    attestationUid: '0x123',
    verifiedAt: iso,
  });
  expect(await callRoute('getVerification', id)).toMatchObject({ verified: true, verifierAddress: '0xabc', metadata: { schema: '0x1' } });
  expect(await callRoute('removeVerification', id)).toEqual({ success: true });
  expect(await callRoute('getVerification', id)).toEqual(none);
  await callRoute('deleteAgent', id);
});

describe('POST /api/provision', () => {
  let full: ReturnType<typeof JSON.parse>;

  test('returns the whole shape with the running container and without a channel token', async () => {
    full = await callRoute('provisionWithChannels', undefined, {
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

  test('configures the provider’s models and the plan’s tools in the container', async () => {
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

  test('makes the agent reachable on the gateway port', async () => {
    const { token } = await callRoute('getAgentToken', full.id);
    // fetch cannot set the Host header; the path names the same agent.
    const byPath = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${full.id}/v1/models`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(byPath.status).toBe(200);
  });

  test('lists the running agent as an instance with stats and version', async () => {
    expect(await callRoute('listInstances')).toEqual({
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
    let stats = await callRoute('getInstanceStats', full.id);
    for (; stats.cpu === 'N/A'; stats = await callRoute('getInstanceStats', full.id))
      await new Promise((resolve) => setTimeout(resolve, 200));
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
    expect(await callRoute('getOpenclawVersion')).toEqual({
      openclawVersion: '2026.3.13',
      image: 'agentbot/openclaw:2026.3.13',
      deployedAt: iso,
    });
  });

  test.each(['whatsappPhoneNumberId', 'whatsappBusinessAccountId', 'discordGuildId', 'discordChannelId'])(
    'answers 400 to %s',
    async (field) => {
      const body = { telegramToken: canary('1:'), plan: 'solo', [field]: '1' };
      expect(await backend.call('POST', '/api/provision', { token: key, body })).toMatchObject({
        status: 400,
        body: { error: `${field} is no longer accepted` },
      });
    },
  );
  test.each([
    [{ telegramToken: canary('1:'), aiProvider: 'minimax', plan: 'solo' }, 'Invalid aiProvider'],
    [{ telegramToken: canary('1:') }, 'Invalid plan'],
    [{ telegramToken: canary('1:'), plan: 'free' }, 'Invalid plan'],
    [{}, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    [{ telegramToken: '', plan: 'solo' }, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    [{ telegramToken: canary('1:'), plan: 'solo', email: 'nobody' }, 'A valid email is required'],
  ])('answers 400 to %j: %s', async (body, error) => {
    expect(await backend.call('POST', '/api/provision', { token: key, body })).toMatchObject({ status: 400, body: { error } });
  });

  test.each([
    ['gemini', 'gemini-2.0-flash', 'https://generativelanguage.googleapis.com/v1beta/models'],
    ['groq', 'mixtral-8x7b-32768', 'https://api.groq.com/openai/v1'],
    ['anthropic', 'claude-3-sonnet-20240229', 'https://api.anthropic.com/v1'],
    ['openai', 'openai/gpt-4o', 'https://api.openai.com/v1'],
  ])('returns for %s the model %s in aiProviderConfig', async (aiProvider, name, baseUrl) => {
    const body = { whatsappToken: 'w', plan: 'network', aiProvider };
    const answer = await callLight('provisionWithChannels', undefined, body);
    expect(answer.aiProviderConfig).toEqual({ model: name, baseUrl, requiresKey: true });
    await callLight('deleteAgent', answer.id);
  });
});

test('POST /api/deployments answers 201 for a new or stopped agent and 200 for a running one', async () => {
  const body = { agentId: 'walk_1', config: { telegramToken: canary('1:'), ownerIds: ['42'], plan: 'solo' } };
  const wanted = {
    id: 'deploy-walk_1',
    agentId: 'walk_1',
    subdomain: 'walk_1.agents.localhost',
    url: expect.stringContaining('walk_1.agents.localhost'),
    status: 'active',
    openclawVersion: '2026.3.13',
  };
  expect(await callLight('deployAgent', undefined, body)).toEqual(wanted);
  expect(await callLight('deployAgent', undefined, { agentId: 'walk_1' }, 200)).toEqual(wanted);
  expect(await callLight('stopAgent', 'walk_1')).toEqual({ success: true, status: 'stopped' });
  expect(await callLight('deployAgent', undefined, { agentId: 'walk_1' })).toEqual(wanted);
  expect(await callLight('restartAgent', 'walk_1')).toEqual({
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
  await callLight('deleteAgent', 'walk_1');
});

test('GET /api/agents/clone returns price, protocol and chain', async () => {
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

  test('generates a client that creates, lists, updates, gets and deletes an agent', async () => {
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

  test('is shown at /docs without resources of other origins', async () => {
    const page = await fetch(`${backend.url}/docs`);
    const html = await page.text();
    expect(html).not.toMatch(/(src|href)="https?:/);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(addresses).not.toEqual([]);
    for (const address of addresses) expect((await fetch(backend.url + address)).status).toBe(200);
  });
});
