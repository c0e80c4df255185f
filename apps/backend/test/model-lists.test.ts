import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

/** The lists of models that providers and owners' own endpoints give. */

const accepted = {
  anthropic: canary('anthropic-list-'),
  openai: canary('openai-list-'),
  gemini: canary('gemini-list-'),
  groq: canary('groq-list-'),
  openrouter: canary('openrouter-list-'),
};
type Provider = keyof typeof accepted;
const OTHER = canary('openai-other-list-');
const clock = createTestClock();
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let user: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: accepted });
  const host = `http://127.0.0.1:${model.port}`;
  const settings = {
    ANTHROPIC_BASE_URL: `${host}/v1`,
    OPENAI_BASE_URL: `${host}/v1`,
    GEMINI_BASE_URL: `${host}/v1beta`,
    GROQ_BASE_URL: `${host}/openai/v1`,
    OPENROUTER_BASE_URL: `${host}/api/v1`,
    PLAN_ALLOWANCES: 'solo=1/',
  };
  backend = await startBackend(settings, clock);
  await backend.account();
});
beforeEach(async () => {
  user = await backend.account();
});
afterEach(() => model.setBehaviour({ lists: {}, listFailure: undefined, acceptedKeys: {} }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const save = (provider: Provider, apiKey = accepted[provider], owner = user) =>
  backend.as(owner, 'PUT', `/api/provider-keys/${provider}`, { apiKey });
const list = (provider: string, owner = user) => backend.as(owner, 'GET', `/api/models?provider=${provider}`);
const agentOf = async (config: object) =>
  (await backend.machine(user, 'POST', '/api/agents', { name: 'Lister', config })).body.id as string;
const ofAgent = (id: string, owner = user) => backend.as(owner, 'GET', `/api/agents/${id}/models`);
/** Runs `work` and returns the requests for lists that it made. */
async function listed(work: () => Promise<unknown>) {
  const from = model.lists.length;
  await work();
  return model.lists.slice(from);
}

// Prices are those of the providers' own pages on 30 November 2026, per million tokens.
test.each<[Provider, object[]]>([
  [
    'openai',
    [
      { id: 'gpt-4o-mini', contextLength: 128_000, price: { inputUsd: 0.15, outputUsd: 0.6 } },
      { id: 'claude-sonnet-4-5', contextLength: null, price: null },
      { id: 'gemini-2.0-flash', contextLength: null, price: null },
    ],
  ],
  ['groq', [{ id: 'llama-3.3-70b-versatile', contextLength: 131_072, price: { inputUsd: 0.59, outputUsd: 0.79 } }]],
  [
    'openrouter',
    [
      { id: 'openai/gpt-4o-mini', contextLength: 128_000, price: { inputUsd: 0.15, outputUsd: 0.6 } },
      // Its price depends on the model that it chooses.
      { id: 'openrouter/auto', contextLength: 2_000_000, price: null },
    ],
  ],
  ['gemini', [{ id: 'gemini-2.0-flash', contextLength: 1_048_576, price: { inputUsd: 0.1, outputUsd: 0.4 } }]],
])('%s lists its models with context and price where they are known', async (provider, models) => {
  await save(provider);
  expect(await list(provider)).toMatchObject({ status: 200, body: { provider, models } });
});

test('Anthropic’s list is read to its last page', async () => {
  const many = Array.from({ length: 1_005 }, (_, index) => ({ id: `claude-list-${index}` }));
  model.setBehaviour({ lists: { anthropic: many } });
  await save('anthropic');
  const paths = await listed(async () => {
    const { body } = await list('anthropic');
    expect(body.models.map(({ id }: { id: string }) => id)).toEqual(many.map(({ id }) => id));
  });
  expect(paths.map(({ path }) => path)).toEqual(['/v1/models?limit=1000', '/v1/models?limit=1000&after_id=claude-list-999']);
});

test('Google’s list is read to its last page, without models that generate no content', async () => {
  const many = Array.from({ length: 1_002 }, (_, index) => ({ id: `gemini-${index}`, methods: index % 2 ? ['embedContent'] : undefined }));
  model.setBehaviour({ lists: { gemini: many as never } });
  await save('gemini');
  const paths = await clock.at(new Date(Date.now() + 1_200_000), () =>
    listed(async () => expect((await list('gemini')).body.models).toHaveLength(501)),
  );
  expect(paths.map(({ path }) => path)).toEqual(['/v1beta/models?pageSize=1000', '/v1beta/models?pageSize=1000&pageToken=1000']);
});

describe('a list', () => {
  test('is kept for ten minutes for each key, and a failure is not kept', async () => {
    await save('openai');
    const stranger = await backend.account();
    await save('openai', accepted.openai, stranger);
    const start = new Date(Date.now() + 3_600_000);
    const at = (ms: number, work: () => Promise<unknown>) => clock.at(new Date(start.getTime() + ms), () => listed(work));
    model.setBehaviour({ listFailure: 503 });
    const failing = await at(0, async () => {
      expect(await list('openai')).toMatchObject({
        status: 503,
        body: { error: 'OpenAI lists no models: status 503', code: 'MODELS_UNAVAILABLE' },
      });
    });
    expect(failing).toHaveLength(1);
    model.setBehaviour({ listFailure: undefined });
    expect(await at(1, () => list('openai'))).toHaveLength(1);
    // The same key gives the same list, also for another account.
    expect(await at(599_999, () => Promise.all([list('openai'), list('openai', stranger)]))).toHaveLength(0);
    expect(await at(600_001, () => Promise.all([list('openai'), list('openai', stranger)]))).toHaveLength(1);
    model.setBehaviour({ acceptedKeys: { openai: OTHER } });
    await save('openai', OTHER);
    expect(await at(600_002, () => list('openai'))).toMatchObject([{ key: OTHER }]);
  });

  test('needs a key, and never another account’s', async () => {
    const stranger = await backend.account();
    await save('groq', accepted.groq, stranger);
    const requests = await listed(async () => {
      expect(await list('groq')).toMatchObject({
        status: 400,
        body: { error: 'There is no key for Groq: save one under Model keys to see its models' },
      });
    });
    expect(requests).toEqual([]);
    // OpenRouter's list is public.
    expect((await list('openrouter')).status).toBe(200);
  });

  test('is read with the installation’s key by an account with an allowance alone', async () => {
    expect((await backend.machine(undefined, 'PUT', '/api/admin/provider-keys/groq', { apiKey: accepted.groq })).status).toBe(200);
    expect((await list('groq')).status).toBe(400);
    await backend.machine(undefined, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'solo' });
    expect((await list('groq')).status).toBe(200);
    await backend.machine(undefined, 'DELETE', '/api/admin/provider-keys/groq');
  });

  test('that is refused says so, and marks the key', async () => {
    await save('openai');
    model.setBehaviour({ acceptedKeys: { openai: OTHER } });
    await clock.at(new Date(Date.now() + 7_200_000), async () => {
      expect(await list('openai')).toMatchObject({
        status: 400,
        body: { error: 'OpenAI refused the key (401), so it lists no models' },
      });
    });
    expect((await backend.as(user, 'GET', '/api/provider-keys')).body.keys).toMatchObject([{ refused: { status: 401 } }]);
  });

  test.each(['', 'custom', 'constructor'])('of the provider “%s” is 400', async (provider) => {
    expect(await list(provider)).toMatchObject({
      status: 400,
      body: { error: 'Invalid provider: use openrouter, gemini, groq, anthropic, openai' },
    });
  });
});

describe('the list of an agent', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));
  /** Starts an endpoint of an owner's own. @returns an agent that uses it */
  async function agentOn(answer: RequestListener, apiKey?: string) {
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return agentOf({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'm', ...(apiKey && { apiKey }) });
  }
  const answering = (body: unknown) => (_request: unknown, response: { end(text: string): unknown }) =>
    void response.end(typeof body === 'string' ? body : JSON.stringify(body));

  test('is read with its own key before its account’s, and is hidden from others', async () => {
    model.setBehaviour({ acceptedKeys: { openai: OTHER } });
    const id = await agentOf({ aiProvider: 'openai', apiKey: OTHER });
    await clock.at(new Date(Date.now() + 10_800_000), async () => {
      expect(await listed(() => ofAgent(id))).toMatchObject([{ provider: 'openai', key: OTHER }]);
    });
    expect(await ofAgent(id, await backend.account())).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
  });

  test('comes from its own endpoint with its own key, without the entries that are no models', async () => {
    await save('openai');
    const seen: (string | undefined)[] = [];
    const data = [{ id: 'llama', max_model_len: 8_192 }, { id: 'big', context_length: 'many' }, { id: 'with space' }, { id: 7 }, null, 'x'];
    const id = await agentOn((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end(JSON.stringify({ data }));
    });
    expect((await ofAgent(id)).body).toEqual({
      provider: 'custom',
      models: [
        { id: 'llama', contextLength: 8_192, price: null },
        { id: 'big', contextLength: null, price: null },
      ],
    });
    expect(seen).toEqual(['GET /v1/models undefined']);
  });

  test.each<[string, RequestListener, string]>([
    ['a page', answering('<!doctype html><p>Sign in</p>') as RequestListener, 'its answer is no list of models'],
    ['another form', answering({ models: [] }) as RequestListener, 'its answer is no list of models'],
    ['nine megabytes', answering(`{"data":[],"x":"${'x'.repeat(9_000_000)}"}`) as RequestListener, 'its answer is too large'],
    ['a redirect', (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'status 302'],
    ['a cut answer', (_request, response) => void response.destroy(), 'it cannot be reached'],
  ])('that is %s is 503 with the reason', async (_case, answer, reason) => {
    const id = await agentOn(answer);
    expect(await ofAgent(id)).toMatchObject({
      status: 503,
      body: { error: `The endpoint lists no models: ${reason}`, code: 'MODELS_UNAVAILABLE' },
    });
  });

  test('has at most 2,000 models', async () => {
    const id = await agentOn(answering({ data: Array.from({ length: 3_000 }, (_, index) => ({ id: `m${index}` })) }) as RequestListener);
    expect((await ofAgent(id)).body.models).toHaveLength(2_000);
  });

  test('does not reach a link-local address', async () => {
    const id = await agentOf({ baseUrl: 'http://127.0.0.1:1/v1', model: 'm' });
    const config = { baseUrl: 'http://169.254.169.254/v1', model: 'm' };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { config } }));
    expect(await ofAgent(id)).toMatchObject({ status: 400, body: { error: 'The address 169.254.169.254 is not allowed' } });
  });
});
