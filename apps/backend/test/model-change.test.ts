import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { readConfig } from '../src/config/config.ts';
import { readSecretsFor } from '../src/domain/agents/model-key.ts';
import { secretEnvironment } from '../src/domain/provisioning/create-container.ts';
import type { AgentContainerSpec } from '../src/infra/docker/container-host.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** A model key is sent only to the provider that it was set for; a base URL contains no secret. */

type Provider = Awaited<ReturnType<typeof startModelProvider>>;
const FIRST_KEY = canary('key-of-first-');
const SECOND_KEY = canary('key-of-second-');
let first: Provider;
let second: Provider;
let backend: TestBackend;
let user: string;

beforeAll(async () => {
  [first, second] = await Promise.all([startModelProvider(), startModelProvider()]);
  backend = await startBackend({ GROQ_BASE_URL: first.baseUrl, OPENAI_BASE_URL: second.baseUrl });
  user = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  await Promise.all([first?.close(), second?.close()]);
});
beforeEach(() => {
  first.requests.length = 0;
  second.requests.length = 0;
});

const ask = (method: string, address: string, body?: unknown) => backend.as(user, method, address, body);
const change = (id: string, body: object) => backend.machine(user, 'PUT', `/api/agents/${id}/config`, body);
const config = async (id: string) => (await ask('GET', `/api/agents/${id}/config`)).body.config;
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
const secretNames = async (agentId: string) =>
  (await backend.context.database.as('service', (tx) => tx.agentSecret.findMany({ where: { agentId }, select: { name: true } })))
    .map(({ name }) => name)
    .filter((name) => name.startsWith('apiKey'))
    .sort();
/** Sends a chat message. @returns the key that the provider received */
async function keySent(id: string, to: Provider): Promise<string | undefined> {
  expect((await ask('POST', '/api/chat', { message: 'Hello', agentId: id })).status).toBe(200);
  expect(to.requests).toHaveLength(1);
  return to.requests[0]?.key;
}
/** Provisions an agent that replies without a container. */
async function provision(settings: object, model = 'gpt-4'): Promise<string> {
  const { body } = await ask('POST', '/api/agents/provision', { name: 'A', model, config: settings });
  return body.agent.id;
}
const onGroq = () => provision({ aiProvider: 'groq', apiKey: FIRST_KEY });
const at = (provider: Provider, more: object = {}) => ({ baseUrl: provider.baseUrl, model: 'own-1', ...more });

const NEEDS_KEY =
  /^A change to \w+ needs an apiKey for it: the agent's stored key belongs to another provider and is not sent to this one$/;

describe('a change of the provider', () => {
  test.each<[string, string, object]>([
    ['aiProvider, PUT /config', 'config', { aiProvider: 'openai' }],
    ['config.aiProvider, PUT /config', 'config', { config: { aiProvider: 'openai', model: 'gpt-4o' } }],
    ['aiProvider, PUT /api/agents/:id', '', { aiProvider: 'openai' }],
    ['config.aiProvider, PUT /api/agents/:id', '', { config: { aiProvider: 'openai' } }],
  ])('without a key answers 400 and changes nothing (%s)', async (_field, part, body) => {
    const id = await onGroq();
    const before = await row(id);
    const { status, body: answer } = await backend.machine(user, 'PUT', `/api/agents/${id}${part && `/${part}`}`, body);
    expect([status, answer.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect(await row(id)).toEqual(before);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
    expect(second.requests).toEqual([]);
  });

  test('with a key sends the new key to the new provider', async () => {
    const id = await onGroq();
    expect((await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY })).status).toBe(200);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });

  test('uses the credential that the agent has for the new provider, and deletes the old key', async () => {
    const id = await onGroq();
    await ask('POST', '/api/agent', { action: 'set-credential', key: 'openai', value: SECOND_KEY, agentId: id });
    expect(await secretNames(id)).toEqual(['apiKey', 'apiKey:openai']);
    expect((await change(id, { aiProvider: 'openai' })).status).toBe(200);
    expect(await secretNames(id)).toEqual(['apiKey']);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });

  test('needs no key when the agent has none', async () => {
    const { body } = await backend.machine(user, 'POST', '/api/agents', { name: 'B', config: { aiProvider: 'groq' } });
    expect((await backend.machine(user, 'PUT', `/api/agents/${body.id}`, { aiProvider: 'openai' })).status).toBe(200);
    expect(await secretNames(body.id)).toEqual([]);
  });

  test('to the same provider keeps the key', async () => {
    const id = await onGroq();
    expect((await change(id, { aiProvider: 'groq', model: 'llama-3.1-8b-instant' })).status).toBe(200);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });

  test('from a custom endpoint without a key answers 400', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    const { status, body } = await change(id, { aiProvider: 'openai' });
    expect([status, body.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });
});

describe('a change to a custom endpoint', () => {
  test('deletes the key of the former provider', async () => {
    const id = await onGroq();
    expect((await change(id, at(second))).status).toBe(200);
    expect(await secretNames(id)).toEqual([]);
    expect(await keySent(id, second)).not.toBe(FIRST_KEY);
  });

  test('deletes the key of the former endpoint', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    expect((await change(id, { baseUrl: second.baseUrl })).status).toBe(200);
    expect(await secretNames(id)).toEqual([]);
    expect(await keySent(id, second)).not.toBe(FIRST_KEY);
  });

  test('keeps the key when only the path changes or nothing changes', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    expect((await change(id, { baseUrl: `${first.url}/other/v1` })).status).toBe(200);
    expect((await change(id, at(first))).status).toBe(200);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });

  test('with a key sends the new key to the endpoint', async () => {
    const id = await onGroq();
    expect((await change(id, at(second, { apiKey: SECOND_KEY }))).status).toBe(200);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });
});

test('POST /api/deployments of an existing agent answers 400 to a new provider without a key', async () => {
  // A minimal engine: the backend calls nothing else before the check.
  const engine = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  await once(engine.listen(0, '127.0.0.1'), 'listening');
  const backendOnEngine = await startBackend({ DOCKER_HOST: `tcp://127.0.0.1:${(engine.address() as { port: number }).port}` });
  try {
    const created = { name: 'A', config: { plan: 'network', aiProvider: 'groq', apiKey: FIRST_KEY } };
    const { id } = (await backendOnEngine.machine(undefined, 'POST', '/api/agents', created)).body;
    const deployment = { agentId: id, config: { aiProvider: 'openai', telegramToken: canary('1:') } };
    const { status, body } = await backendOnEngine.machine(undefined, 'POST', '/api/deployments', deployment);
    expect([status, body.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect((await backendOnEngine.machine(undefined, 'GET', `/api/agents/${id}`)).body.status).toBe('pending');
  } finally {
    await backendOnEngine.stop();
    engine.closeAllConnections();
    engine.close();
  }
});

test('readSecretsFor returns no key for a stale agent row whose provider has changed', async () => {
  const id = await onGroq();
  const before = await row(id);
  await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY });
  const { database, envelope } = backend.context;
  const keyFor = async (agent: typeof before) => (await database.as('service', (tx) => readSecretsFor(tx, envelope, agent))).apiKey;
  expect([await keyFor(before), await keyFor(await row(id))]).toEqual([undefined, SECOND_KEY]);
});

test('secretEnvironment gives a restored container the key of its own provider, or none', async () => {
  const id = await onGroq();
  const spec = {
    agentId: id,
    plan: 'network',
    secretEnv: { AGENT_MODEL_API_KEY: 'apiKey' },
    keyRecipient: 'groq',
  } as unknown as AgentContainerSpec;
  // A spec of an earlier version without `keyRecipient`, whose agent has changed since.
  const old = { ...spec, keyRecipient: undefined, fingerprint: 'another' } as unknown as AgentContainerSpec;
  const key = async (of: AgentContainerSpec) => (await secretEnvironment(backend.context, of)).AGENT_MODEL_API_KEY;
  expect(await key(spec)).toBe(FIRST_KEY);
  await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY });
  expect([await key(spec), await key(old), await key({ ...spec, keyRecipient: 'openai' })]).toEqual(['none', 'none', SECOND_KEY]);
});

test('set-credential during a change of the provider stores the credential under its own provider', async () => {
  const id = await provision({ aiProvider: 'openai', apiKey: SECOND_KEY });
  let setting: Promise<{ status: number }> | undefined;
  await backend.context.database.as('service', async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
    setting = ask('POST', '/api/agent', { action: 'set-credential', key: 'openai', value: canary('late-'), agentId: id });
    await sleep(500);
    await tx.agent.update({ where: { id }, data: { aiProvider: 'groq', model: 'gpt-4' } });
    await tx.agentSecret.deleteMany({ where: { agentId: id, name: 'apiKey' } });
  });
  expect((await setting)?.status).toBe(200);
  expect(await secretNames(id)).toEqual(['apiKey:openai']);
});

describe('a base URL', () => {
  const PASSWORD = canary('pass-');
  const refusals: [string, string, RegExp][] = [
    ['a user name and a password', `https://user:${PASSWORD}@models.example/v1`, /^baseUrl must not contain a user name or password/],
    ['a user name', `https://${PASSWORD}@models.example/v1`, /^baseUrl must not contain a user name or password/],
    ['an empty user name', 'https://@models.example/v1', /^baseUrl must not contain a user name or password/],
    ['a password after one slash', `https:/user:${PASSWORD}@models.example/v1`, /^baseUrl must be an http or https address/],
    ['a password after backslashes', `https:\\\\user:${PASSWORD}@models.example/v1`, /^baseUrl must be an http or https address/],
    ['a query', `https://models.example/v1?key=${PASSWORD}`, /^baseUrl must not have a query or a fragment/],
    ['an empty query', 'https://models.example/v1?', /^baseUrl must not have a query or a fragment/],
    ['a fragment', `https://models.example/v1#${PASSWORD}`, /^baseUrl must not have a query or a fragment/],
    ['an empty fragment', 'https://models.example/v1#', /^baseUrl must not have a query or a fragment/],
    ['the chat endpoint', 'https://models.example/v1/chat/completions', /^baseUrl must stop before \/chat\/completions/],
    ['the chat endpoint and a slash', 'https://models.example/v1/Chat/Completions/', /^baseUrl must stop before \/chat\/completions/],
    ['the messages endpoint', 'https://models.example/v1/messages', /^baseUrl must stop before \/messages/],
    ['the completions endpoint', 'https://models.example/v1/completions', /^baseUrl must stop before \/completions/],
    ['the responses endpoint', 'https://models.example/v1/responses', /^baseUrl must stop before \/responses/],
    ['a variable', 'https://models.example/${OPENCLAW_GATEWAY_TOKEN}', /^baseUrl must not contain \$\{/],
    ['another scheme', 'ftp://models.example/v1', /^baseUrl must be an http or https address/],
  ];

  test.each(refusals)('with %s answers 400 on every route, and the response does not repeat it', async (_case, baseUrl, sentence) => {
    const id = await onGroq();
    const settings = { baseUrl, model: 'own-1' };
    const answers = [
      await ask('POST', '/api/agents/provision', { name: 'A', model: 'custom', config: settings }),
      await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: settings }),
      await backend.machine(user, 'POST', '/api/deployments', { agentId: 'some', config: { ...settings, telegramToken: canary('1:') } }),
      await backend.machine(user, 'PUT', `/api/agents/${id}`, { config: settings }),
      await change(id, settings),
      await change(id, { config: settings }),
    ];
    for (const { status, body } of answers) {
      expect([status, body.error]).toEqual([400, expect.stringMatching(sentence)]);
      expect(JSON.stringify(body)).not.toContain(PASSWORD);
    }
  });

  test.each([
    'https://models.example/v1',
    'https://models.example',
    'https://models.example/v1/',
    'https://models.example/@me/v1',
    'https://models.example/completions/v1',
    'http://[2001:db8::1]:8080/v1',
    'https://models.example/v1/models',
  ])('%s is stored unchanged', async (baseUrl) => {
    const id = await onGroq();
    expect((await change(id, { baseUrl, model: 'own-1' })).body.config.baseUrl).toBe(baseUrl);
  });

  test('that was stored with secrets is returned without them', async () => {
    const id = await provision(at(first), 'custom');
    const kept = { baseUrl: `https://user:pw@models.example/v1?key=1#x`, model: 'own-1' };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { config: kept } }));
    expect(await config(id)).toEqual({ baseUrl: 'https://models.example/v1', model: 'own-1' });
    expect((await change(id, { ownerIds: ['1'] })).body.config.baseUrl).toBe('https://models.example/v1');
  });

  test('that was stored with secrets loses them in the migration', async () => {
    const id = await provision(at(first), 'custom');
    const before = [
      ['https://user:pw@models.example/v1', 'https://models.example/v1'],
      ['https:/user:pw@models.example/v1', 'https:/models.example/v1'],
      ['https://user@with@models.example/v1?key=1', 'https://models.example/v1'],
      ['http://models.example:80/@me/v1?a#b', 'http://models.example:80/@me/v1'],
      ['http://models.example/v1#a?b', 'http://models.example/v1'],
      ['http://models.example/@me/v1', 'http://models.example/@me/v1'],
    ];
    const file = path.join(import.meta.dirname, '../prisma/migrations/20261128030000_base_urls_without_secrets/migration.sql');
    const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
    await client.connect();
    try {
      for (const [baseUrl, after] of before) {
        const set = (value: unknown) =>
          backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { config: value as never } }));
        await set({ baseUrl, model: 'own-1', ownerIds: ['1'] });
        await client.query('BEGIN');
        await client.query(await readFile(file, 'utf8'));
        await client.query('COMMIT');
        expect((await row(id)).config).toEqual({ baseUrl: after, model: 'own-1', ownerIds: ['1'] });
      }
    } finally {
      await client.end();
    }
  });

  test('in OPENAI_BASE_URL with a password makes readConfig throw, without the password', () => {
    const read = (OPENAI_BASE_URL: string) => () => readConfig({ OPENAI_BASE_URL });
    expect(read('https://user:hidden@proxy.example/v1')).toThrow(/OPENAI_BASE_URL: must not contain a user name or password/);
    expect(read('https://user:hidden@proxy.example/v1')).toThrow(expect.not.stringContaining('hidden'));
  });
});

test.each(['${NOPE}', 'llama-${VERSION}', '${'])('a model named %s answers 400', async (model) => {
  const id = await onGroq();
  const sentence = 'model must not contain ${: OpenClaw would put a variable of its environment there';
  for (const body of [{ model }, { config: { model } }]) {
    expect(await change(id, body)).toMatchObject({ status: 400, body: { error: sentence } });
  }
  expect((await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { model } })).body.error).toBe(sentence);
  expect((await change(id, { model: 'llama-$3.1' })).status).toBe(200);
});
