import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

/** The tests of a model: with the key of a saved agent, and before an agent exists. */

const keys = { anthropic: canary('anthropic-key-'), openai: canary('openai-key-'), gemini: canary('gemini-key-') };
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: keys });
  backend = await startBackend(model.settings());
  owner = await backend.account();
});
afterEach(() => model.setBehaviour({ failures: {}, instead: undefined }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const tryModel = (body: object, on = backend, user = owner) => on.as(user, 'POST', '/api/test-model', body);
const openai = { config: { aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai } };

/** Starts an endpoint of an owner. @returns its base URL, and what ends it */
async function startEndpoint(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('POST /api/test-model', () => {
  test.each([
    ['gpt-4o-mini', 'openai', openai],
    ['claude-opus-4-6', 'anthropic', { model: 'claude-opus-4-6', config: { apiKey: keys.anthropic } }],
    ['gemini-2.0-flash', 'gemini', { config: { aiProvider: 'gemini', apiKey: keys.gemini } }],
  ] as const)('calls %s of %s once with the key of the request, and stores nothing', async (name, provider, body) => {
    const received = model.requests.length;
    const { status, body: answer } = await tryModel(body);
    expect([status, answer]).toEqual([200, { ok: true, ms: expect.any(Number), model: name }]);
    expect(model.requests.slice(received)).toMatchObject([{ provider, model: name, key: keys[provider], words: 'Say hello' }]);
    await backend.context.database.as('service', async (tx) => {
      expect([await tx.modelCall.count(), await tx.modelDay.count(), await tx.agent.count()]).toEqual([0, 0, 0]);
    });
  });

  test('calls an owner’s own endpoint, with and without a key', async () => {
    const config = { baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1' };
    expect((await tryModel({ model: 'custom', config: { ...config, apiKey: keys.openai } })).body).toMatchObject({
      ok: true,
      model: 'echo-1',
    });
    expect((await tryModel({ model: 'custom', config })).body).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
    expect(model.requests.at(-1)?.key).toBeUndefined();
  });

  test.each([
    [401, 'unauthorized', 'The provider refused the key'],
    [404, 'model', 'The provider does not know this model'],
    [402, 'quota', 'no credit left'],
    [429, 'rate_limited', 'Try again in a minute'],
  ])('answers status %i of the provider with the kind %s, without the key that it repeats', async (status, kind, sentence) => {
    model.setBehaviour({ failures: { '*': status } });
    const { status: own, body } = await tryModel(openai);
    expect([own, body.ok, body.error.kind]).toEqual([200, false, kind]);
    expect(body.error.message).toContain(sentence);
    expect(JSON.stringify(body)).not.toContain(keys.openai);
  });

  test('says when the key is missing, when nobody listens, and when the answer is that of no model', async () => {
    const received = model.requests.length;
    const errorOf = async (body: object) => (await tryModel(body)).body.error;
    expect(await errorOf({ config: { aiProvider: 'openai', model: 'gpt-4o-mini' } })).toEqual({
      kind: 'unauthorized',
      message: 'The test needs a key for openai. Enter the key, then test again',
    });
    expect(model.requests).toHaveLength(received);
    const endpoint = await startEndpoint(() => undefined);
    endpoint.close();
    expect((await errorOf({ config: { baseUrl: endpoint.baseUrl, model: 'm' } })).kind).toBe('unreachable');
    model.setBehaviour({ instead: { type: 'text/html', body: '<h1>Sign in</h1>' } });
    expect((await errorOf(openai)).kind).toBe('bad_response');
    expect(await tryModel({ model: 'custom', config: {} })).toMatchObject({
      status: 400,
      body: { error: 'The model custom needs config.baseUrl and config.model' },
    });
  });

  test('uses the key of the account when the request has none, for its own provider alone', async () => {
    const [saver, other] = [await backend.account(), await backend.account()];
    await backend.as(saver, 'PUT', '/api/provider-keys/openai', { apiKey: keys.openai });
    const config = { aiProvider: 'openai', model: 'gpt-4o-mini' };
    expect((await tryModel({ config }, backend, saver)).body).toMatchObject({ ok: true });
    expect(model.requests.at(-1)?.key).toBe(keys.openai);
    expect((await tryModel({ config }, backend, other)).body).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
    const endpoint = { baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1' };
    await tryModel({ model: 'custom', config: endpoint }, backend, saver);
    expect(model.requests.at(-1)?.key).toBeUndefined();

    // An API key of one agent does not see the account.
    const { id } = (await backend.machine(saver, 'POST', '/api/agents', { name: 'Only' })).body;
    const { key: token } = (await backend.as(saver, 'POST', '/api/keys', { name: 'narrow', agentId: id })).body;
    const received = model.requests.length;
    const narrow = await backend.call('POST', '/api/test-model', { token, body: { config } });
    expect(narrow).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
    expect(model.requests).toHaveLength(received);
  });

  test('follows no redirect, and does not read an endless answer to its end', async () => {
    const paths: (string | undefined)[] = [];
    const endpoint = await startEndpoint((request, response) => {
      paths.push(request.url);
      if (request.url === '/v1/chat/completions') return void response.writeHead(307, { location: '/elsewhere' }).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      const write = (): unknown =>
        response.destroyed || (response.write('x'.repeat(65_536)) ? setImmediate(write) : response.once('drain', write));
      write();
    });
    const kindOf = async (baseUrl: string) => (await tryModel({ config: { baseUrl, model: 'm' } })).body.error.kind;
    expect(await kindOf(endpoint.baseUrl)).toBe('bad_response');
    expect(await kindOf(endpoint.baseUrl.replace(/v1$/, 'endless'))).toBe('bad_response');
    expect(paths).toEqual(['/v1/chat/completions', '/endless/chat/completions']);
    endpoint.close();
  }, 20_000);

  test('refuses an endpoint at an address that is not public, and calls nothing', async () => {
    const closed = await startBackend({ ALLOW_PRIVATE_MODEL_ENDPOINTS: 'false' });
    try {
      const user = await closed.account();
      const received = model.requests.length;
      for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'host.docker.internal', '169.254.169.254', '10.0.0.1']) {
        const config = { baseUrl: `http://${host}:${model.port}/v1`, model: 'echo-1', apiKey: keys.openai };
        expect(await tryModel({ model: 'custom', config }, closed, user)).toMatchObject({
          status: 400,
          body: { error: 'config.baseUrl must be a public address' },
        });
      }
      expect(model.requests).toHaveLength(received);
    } finally {
      await closed.stop();
    }
  });

  test('is limited to three times SIGN_IN_RATE_LIMIT in 15 minutes, apart from sign-ins', async () => {
    const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '1' });
    try {
      const user = await limited.account();
      const body = { config: { aiProvider: 'openai', model: 'gpt-4o-mini' } };
      for (let count = 0; count < 3; count++) expect((await tryModel(body, limited, user)).status).toBe(200);
      expect(await tryModel(body, limited, user)).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(await limited.account()).toMatch(/^user_/);
    } finally {
      await limited.stop();
    }
  });
});

test('POST /api/agents/:id/test-model books its call', async () => {
  const config = { plan: 'network', aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai };
  const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Saved', config })).body;
  expect((await backend.as(owner, 'POST', `/api/agents/${id}/test-model`)).body).toMatchObject({ ok: true, model: 'gpt-4o-mini' });
  const calls = await backend.context.database.as('service', (tx) => tx.modelCall.findMany({ where: { agentId: id } }));
  expect(calls).toMatchObject([{ source: 'test', provider: 'openai', outcome: 'done' }]);
  model.setBehaviour({ failures: { '*': 401 } });
  const refused = (await backend.as(owner, 'POST', `/api/agents/${id}/test-model`)).body;
  expect(refused).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
  expect(JSON.stringify(refused)).not.toContain(keys.openai);
});
