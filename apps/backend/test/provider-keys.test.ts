import { randomUUID } from 'node:crypto';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readProviderKeys } from '../src/domain/provider-keys/stored-keys.ts';
import { readModelAccess } from '../src/domain/usage/model-access.ts';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpec } from './stored-spec.ts';
import { createTestClock } from './test-clock.ts';

/** The keys of an account for model providers: which agents they serve, and how a refused one is told. */

const accepted = {
  anthropic: canary('anthropic-account-'),
  openai: canary('openai-account-'),
  gemini: canary('gemini-account-'),
  groq: canary('groq-account-'),
  openrouter: canary('openrouter-account-'),
};
type Provider = keyof typeof accepted;
const providers = Object.keys(accepted) as Provider[];
/** A second key of OpenAI: the agent's own key, or the replacement of a key. */
const OTHER = canary('openai-other-');

const clock = createTestClock();
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let user: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: accepted });
  const settings = {
    ...model.settings(),
  };
  backend = await startBackend(settings, clock);
});
beforeEach(async () => {
  user = await backend.account();
});
afterEach(() => model.setBehaviour({ failures: {}, listFailure: undefined, acceptedKeys: {} }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const save = (provider: string, apiKey: unknown, owner = user) => backend.as(owner, 'PUT', `/api/provider-keys/${provider}`, { apiKey });
const remove = (provider: string, owner = user) => backend.as(owner, 'DELETE', `/api/provider-keys/${provider}`);
const list = async (owner = user) => (await backend.as(owner, 'GET', '/api/provider-keys')).body.keys;
const sourceOf = async (id: string, owner = user) => (await backend.as(owner, 'GET', `/api/agents/${id}/model-key`)).body;

/** Provisions an agent without a container. @returns its id and its virtual key */
async function agentOf(config: Record<string, unknown>, owner = user) {
  const { body } = await backend.machine(owner, 'POST', '/api/agents', { name: 'Caller', config: { plan: 'network', ...config } });
  const { token } = (await backend.machine(owner, 'GET', `/api/agents/${body.id}/token`)).body;
  return { id: body.id as string, key: virtualKey(body.id, token) };
}
const openaiAgent = (config: object = {}, owner = user) => agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', ...config }, owner);

/** Calls OpenAI's model as the agent's container does. @returns the status and the key that reached the provider */
async function call({ key }: { key: string }, path = '/openai/chat/completions', modelName = 'gpt-4o-mini') {
  const from = model.requests.length;
  const response = await fetch(`http://127.0.0.1:${backend.modelGatewayPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: modelName, messages: [{ role: 'user', content: randomUUID() }] }),
  });
  await response.text();
  return { status: response.status, sent: model.requests.slice(from).map((received) => received.key) };
}
/** Calls until the gateway uses a key: it reads the keys at most every two seconds. */
const callsWith = (agent: { key: string }, expected: object) =>
  pollUntil(
    `calls end with ${JSON.stringify(
      Object.values(expected)
        .map(String)
        .map((text) => text.slice(0, 12)),
    )}`,
    async () => JSON.stringify(await call(agent)) === JSON.stringify(expected),
    { seconds: 4, everyMs: 200 },
  );

describe('saveProviderKey', () => {
  test.each(providers)('asks %s about the key, and stores what it accepts', async (provider) => {
    const from = model.lists.length;
    const { status, body } = await save(provider, accepted[provider]);
    expect([status, body.status]).toEqual([200, 'saved']);
    expect(model.lists.slice(from)).toEqual([expect.objectContaining({ provider, key: accepted[provider] })]);
    const [key] = await list();
    expect(key).toEqual(body.key);
    expect(key).toMatchObject({ provider, keyPreview: `…${accepted[provider].slice(-4)}`, refused: null, agentCount: 0 });
    expect(key.testedAt).toBe(key.updatedAt);
    expect(JSON.stringify([body, key])).not.toContain(accepted[provider]);
  });

  const refusals: Record<Provider, string> = {
    anthropic: 'Anthropic refused this key (401). It was not saved: check the key',
    openai: 'OpenAI refused this key (401). It was not saved: check the key',
    gemini: 'Google Gemini refused this key (400). It was not saved: check the key',
    groq: 'Groq refused this key (401). It was not saved: check the key',
    openrouter: 'OpenRouter refused this key (401). It was not saved: check the key',
  };
  test.each(providers)('refuses a key that %s refuses, and keeps the former one', async (provider) => {
    await save(provider, accepted[provider]);
    const before = await list();
    const wrong = canary('wrong-key-');
    const { status, body } = await save(provider, wrong);
    expect([status, body]).toEqual([400, { error: refusals[provider] }]);
    expect(await list()).toEqual(before);
  });

  test.each([429, 503])('stores a key when the provider answers %i, and says that it was not tested', async (listFailure) => {
    model.setBehaviour({ listFailure });
    const { status, body } = await save('openai', OTHER);
    expect([status, body.key.testedAt]).toEqual([200, null]);
  });

  test('replaces a key in one row, also in parallel', async () => {
    model.setBehaviour({ listFailure: 503 });
    const keys = Array.from({ length: 8 }, (_, index) => `${OTHER}-${index}-end${index}`);
    const statuses = await Promise.all(keys.map(async (key) => (await save('openai', key)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const [row, ...others] = await list();
    expect([keys.map((key) => `…${key.slice(-4)}`).includes(row.keyPreview), others]).toEqual([true, []]);
  });

  test('shows nothing of a short key', async () => {
    model.setBehaviour({ listFailure: 503 });
    expect((await save('groq', 'fifteen-letters')).body.key.keyPreview).toBe('…');
    expect((await save('groq', 'sixteen-letters!')).body.key.keyPreview).toBe('…ers!');
  });

  test.each<[string, string, unknown, string]>([
    ['no key', 'openai', undefined, 'apiKey is required'],
    ['a number', 'openai', 7, 'apiKey is required'],
    ['null', 'openai', null, 'apiKey is required'],
    ['an empty key', 'openai', '', 'Tokens and keys must not be empty'],
    ['a long key', 'openai', 'x'.repeat(4097), 'Tokens and keys must be at most 4096 characters'],
    ['a space', 'openai', 'with space', 'Tokens and keys are printable characters without spaces'],
    ['a line break', 'openai', 'two\r\nx-api-key: lines', 'Tokens and keys are printable characters without spaces'],
    ['a control character', 'openai', 'nul\u0000', 'Tokens and keys are printable characters without spaces'],
    ['a custom endpoint', 'custom', OTHER, 'Invalid provider: use openrouter, gemini, groq, anthropic, openai'],
    ['an unknown provider', 'constructor', OTHER, 'Invalid provider: use openrouter, gemini, groq, anthropic, openai'],
  ])('refuses %s', async (_case, provider, apiKey, error) => {
    const from = model.lists.length;
    expect(await save(provider, apiKey)).toMatchObject({ status: 400, body: { error } });
    expect([await list(), model.lists.length]).toEqual([[], from]);
  });

  test('refuses an unknown field', async () => {
    const { status } = await backend.as(user, 'PUT', '/api/provider-keys/openai', { apiKey: accepted.openai, baseUrl: 'http://x' });
    expect(status).toBe(400);
  });
});

describe('an agent without a key of its own', () => {
  test('calls with the key of its account from the moment it is saved, replaced and deleted, without a restart', async () => {
    const agent = await openaiAgent();
    expect(await call(agent)).toEqual({ status: 401, sent: [] });
    expect(await sourceOf(agent.id)).toEqual({ agentId: agent.id, provider: 'openai', keySource: null, refused: null });
    await save('openai', accepted.openai);
    await callsWith(agent, { status: 200, sent: [accepted.openai] });
    expect(await sourceOf(agent.id)).toMatchObject({ keySource: 'account' });
    expect(await list()).toMatchObject([{ agentCount: 1 }]);

    model.setBehaviour({ acceptedKeys: { openai: OTHER } });
    await save('openai', OTHER);
    await callsWith(agent, { status: 200, sent: [OTHER] });
    expect((await remove('openai')).body).toEqual({ provider: 'openai', deleted: true });
    await callsWith(agent, { status: 401, sent: [] });
    expect(await sourceOf(agent.id)).toMatchObject({ keySource: null });
  });

  test('uses its own key before that of the account, and the account’s again when its own is removed', async () => {
    const agent = await openaiAgent({ apiKey: OTHER });
    await save('openai', accepted.openai);
    expect(await call(agent)).toEqual({ status: 401, sent: [OTHER] });
    expect([await sourceOf(agent.id), await list()]).toMatchObject([{ keySource: 'agent' }, [{ agentCount: 0 }]]);
    const body = { action: 'set-credential', key: 'openai', agentId: agent.id };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data: { state: 'running' } }));
    expect((await backend.as(user, 'POST', '/api/agent', body)).status).toBe(200);
    await callsWith(agent, { status: 200, sent: [accepted.openai] });
  });

  test('never gets the key of another account', async () => {
    const stranger = await backend.account();
    await save('openai', accepted.openai, stranger);
    const agent = await openaiAgent();
    expect(await call(agent)).toEqual({ status: 401, sent: [] });
    expect(await sourceOf(agent.id)).toMatchObject({ keySource: null });
    expect(await list()).toEqual([]);
    expect(await remove('openai')).toMatchObject({ status: 404, body: { code: 'PROVIDER_KEY_NOT_FOUND' } });
    expect(await list(stranger)).toHaveLength(1);
    expect(await backend.as(stranger, 'GET', `/api/agents/${agent.id}/model-key`)).toMatchObject({ status: 404 });
  });

  test('sends no key of its account to an endpoint of its own', async () => {
    await save('openai', accepted.openai);
    const agent = await agentOf({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1' });
    expect(await call(agent, '/custom/chat/completions', 'echo-1')).toEqual({ status: 401, sent: [undefined] });
    expect(await sourceOf(agent.id)).toMatchObject({ provider: 'custom', keySource: null });
  });

  test('may change to a provider that its account has a key for, and leaves its own key behind', async () => {
    const { id } = await openaiAgent({ apiKey: OTHER });
    const change = (aiProvider: string) => backend.as(user, 'PUT', `/api/agents/${id}/config`, { aiProvider });
    expect(await change('groq')).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('A change to groq needs an apiKey') },
    });
    await save('groq', accepted.groq);
    expect((await change('groq')).status).toBe(200);
    const access = await readModelAccess(backend.context, id, 'row');
    expect(access?.targets.slice(0, 1).map((target) => access.keyFor(target))).toMatchObject([{ value: accepted.groq, source: 'account' }]);
    await remove('groq');
    expect(await sourceOf(id)).toMatchObject({ provider: 'groq', keySource: null });
  });

  test('with a container of its former provider gets that provider’s key, and never its own for another one', async () => {
    const { id } = await openaiAgent({ apiKey: OTHER });
    await save('groq', accepted.groq);
    const former = {
      provider: 'groq' as const,
      api: 'openai-completions' as const,
      baseUrl: 'https://api.groq.com/openai/v1',
      gatewayName: 'groq',
      model: 'llama-3.3-70b-versatile',
    };
    const spec = { ...storedSpec({ agentId: id }), keyRecipient: 'groq', models: [former] };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { containerSpec: spec } }));
    const keys = async () => {
      const access = await readModelAccess(backend.context, id, 'container');
      return access?.targets.map((target) => access.keyFor(target)?.value);
    };
    expect(await keys()).toEqual([accepted.groq]);
    await remove('groq');
    expect(await keys()).toEqual([undefined]);
  });

  test('has the fallback models that its account has a key for', async () => {
    const { id } = await agentOf({ aiProvider: 'groq', model: 'llama-3.3-70b-versatile', apiKey: accepted.groq });
    const models = async () => (await readModelAccess(backend.context, id, 'row'))?.targets.map(({ provider }) => provider);
    expect(await models()).toEqual(['groq']);
    await save('openai', accepted.openai);
    expect(await models()).toEqual(['groq', 'openai']);
  });
});

describe('a key that its provider refuses', () => {
  const start = new Date(Date.now() + 1_000);
  const after = (ms: number) => new Date(start.getTime() + ms);
  const refusedOf = async () => (await list())[0]?.refused;

  test('says when and how, at most once a minute, until a call succeeds', async () => {
    await save('openai', accepted.openai);
    const agent = await openaiAgent();
    model.setBehaviour({ acceptedKeys: { openai: OTHER } });
    await clock.at(start, async () => {
      expect(await call(agent)).toEqual({ status: 401, sent: [accepted.openai] });
      await pollUntil('the refusal is told', async () => (await refusedOf()) !== null);
      expect(await refusedOf()).toEqual({ at: start.toISOString(), status: 401 });
      expect((await sourceOf(agent.id)).refused).toEqual({ at: start.toISOString(), status: 401 });
    });
    model.setBehaviour({ failures: { '*': 403 }, acceptedKeys: {} });
    const at = (ms: number) => clock.at(after(ms), () => call(agent));
    await at(59_999);
    await backend.context.pool.query('SELECT pg_sleep(0.3)');
    expect(await refusedOf()).toEqual({ at: start.toISOString(), status: 401 });
    await at(60_000);
    await pollUntil('the later refusal is told', async () => (await refusedOf()).status === 403);
    model.setBehaviour({ failures: { '*': 429 } });
    await at(70_000);
    await backend.context.pool.query('SELECT pg_sleep(0.3)');
    expect(await refusedOf()).toEqual({ at: after(60_000).toISOString(), status: 403 });
    model.setBehaviour({ failures: {} });
    expect(await at(80_000)).toEqual({ status: 200, sent: [accepted.openai] });
    await pollUntil('the refusal is removed', async () => (await refusedOf()) === null);
  });

  test('is told from Google’s 400, and not from OpenRouter’s 403', async () => {
    await save('gemini', accepted.gemini);
    await save('openrouter', accepted.openrouter);
    const gemini = await agentOf({ aiProvider: 'gemini', model: 'gemini-2.0-flash' });
    const openrouter = await agentOf({ aiProvider: 'openrouter', model: 'openai/gpt-4o-mini' });
    model.setBehaviour({ acceptedKeys: { gemini: OTHER }, failures: { 'openai/gpt-4o-mini': 403 } });
    expect((await call(openrouter, '/openrouter/chat/completions', 'openai/gpt-4o-mini')).status).toBe(403);
    expect((await call(gemini, '/google/models/gemini-2.0-flash:generateContent')).status).toBe(400);
    await pollUntil('the refusal is told', async () => (await list())[0].refused !== null);
    expect(await list()).toMatchObject([
      { provider: 'gemini', refused: { status: 400 } },
      { provider: 'openrouter', refused: null },
    ]);
  });

  test('does not count for the key that has replaced it', async () => {
    await save('openai', accepted.openai);
    const agent = await openaiAgent();
    model.setBehaviour({ acceptedKeys: { openai: OTHER }, delayMs: 0 });
    // The gateway still has the former key in its cache.
    expect((await call(agent)).status).toBe(401);
    await pollUntil('the refusal is told', async () => (await refusedOf()) !== null);
    await save('openai', OTHER);
    expect(await refusedOf()).toBeNull();
    expect(await call(agent)).toEqual({ status: 401, sent: [accepted.openai] });
    await backend.context.pool.query('SELECT pg_sleep(0.3)');
    expect(await refusedOf()).toBeNull();
  });
});

test('a deleted account leaves no keys, and a sealed key opens for its own account and provider alone', async () => {
  await save('openai', accepted.openai);
  const stranger = await backend.account();
  const { database, envelope } = backend.context;
  const read = (ownerId: string) => database.as('service', (tx) => readProviderKeys(tx, envelope, ownerId));
  expect((await read(user)).get('openai')?.value).toBe(accepted.openai);
  const move = (data: object) =>
    database.as('service', (tx) => tx.providerKey.updateMany({ where: { provider: 'openai', ownerId: user }, data }));
  await move({ provider: 'groq' });
  await expect(read(user)).rejects.toThrow();
  await database.as('service', (tx) =>
    tx.providerKey.updateMany({ where: { ownerId: user }, data: { provider: 'openai', ownerId: stranger } }),
  );
  await expect(read(stranger)).rejects.toThrow();
  await database.as('service', (tx) => tx.user.delete({ where: { id: stranger } }));
  expect(await database.as('service', (tx) => tx.providerKey.count({ where: { ownerId: stranger } }))).toBe(0);
});

test('an API key needs agents:write to save a key, and a key for one agent may not', async () => {
  const { id } = await openaiAgent();
  const newKey = async (body: object) => (await backend.as(user, 'POST', '/api/keys', { name: 'k', ...body })).body.key;
  const put = async (token: string) =>
    (await backend.call('PUT', '/api/provider-keys/openai', { token, body: { apiKey: accepted.openai } })).body.code ?? 'saved';
  expect(await put(await newKey({ scopes: ['agents:read'] }))).toBe('INSUFFICIENT_SCOPE');
  expect(await put(await newKey({ agentId: id }))).toBe('INSUFFICIENT_SCOPE');
  expect(await put(await newKey({}))).toBe('saved');
});
