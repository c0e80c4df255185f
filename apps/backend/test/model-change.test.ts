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

/** A key is sent to the provider that it was given for, and to no other; an endpoint's address carries no secret. */

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
/** The key that a provider got with the agent's next call. */
async function keySent(id: string, to: Provider): Promise<string | undefined> {
  expect((await ask('POST', '/api/chat', { message: 'Hello', agentId: id })).status).toBe(200);
  expect(to.requests).toHaveLength(1);
  return to.requests[0]?.key;
}
/** An agent that answers without a container. */
async function provision(settings: object, model = 'gpt-4'): Promise<string> {
  const { body } = await ask('POST', '/api/agents/provision', { name: 'A', model, config: settings });
  return body.agent.id;
}
const onGroq = () => provision({ aiProvider: 'groq', apiKey: FIRST_KEY });
const at = (provider: Provider, more: object = {}) => ({ baseUrl: provider.baseUrl, model: 'own-1', ...more });

const NEEDS_KEY =
  /^A change to \w+ needs an apiKey for it: the agent's stored key belongs to another provider and is not sent to this one$/;

describe('a new provider', () => {
  test.each<[string, string, object]>([
    ['in the configuration', 'config', { aiProvider: 'openai' }],
    ['inside `config`', 'config', { config: { aiProvider: 'openai', model: 'gpt-4o' } }],
    ['of the agent', '', { aiProvider: 'openai' }],
    ['inside the agent’s `config`', '', { config: { aiProvider: 'openai' } }],
  ])('without a key is refused and changes nothing: %s', async (_where, part, body) => {
    const id = await onGroq();
    const before = await row(id);
    const { status, body: answer } = await backend.machine(user, 'PUT', `/api/agents/${id}${part && `/${part}`}`, body);
    expect([status, answer.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect(await row(id)).toEqual(before);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
    expect(second.requests).toEqual([]);
  });

  test('with its key gets that one', async () => {
    const id = await onGroq();
    expect((await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY })).status).toBe(200);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });

  test('with a credential of its own that the agent has already gets that one, and the old key is gone', async () => {
    const id = await onGroq();
    await ask('POST', '/api/agent', { action: 'set-credential', key: 'openai', value: SECOND_KEY, agentId: id });
    expect(await secretNames(id)).toEqual(['apiKey', 'apiKey:openai']);
    expect((await change(id, { aiProvider: 'openai' })).status).toBe(200);
    expect(await secretNames(id)).toEqual(['apiKey']);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });

  test('of an agent without any key needs none', async () => {
    const { body } = await backend.machine(user, 'POST', '/api/agents', { name: 'B', config: { aiProvider: 'groq' } });
    expect((await backend.machine(user, 'PUT', `/api/agents/${body.id}`, { aiProvider: 'openai' })).status).toBe(200);
    expect(await secretNames(body.id)).toEqual([]);
  });

  test('that is the old one keeps its key', async () => {
    const id = await onGroq();
    expect((await change(id, { aiProvider: 'groq', model: 'llama-3.1-8b-instant' })).status).toBe(200);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });

  test('instead of an endpoint of one’s own is refused without a key too', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    const { status, body } = await change(id, { aiProvider: 'openai' });
    expect([status, body.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });
});

describe('an endpoint of one’s own', () => {
  test('is not sent the key of the provider before it', async () => {
    const id = await onGroq();
    expect((await change(id, at(second))).status).toBe(200);
    expect(await secretNames(id)).toEqual([]);
    expect(await keySent(id, second)).not.toBe(FIRST_KEY);
  });

  test('is not sent the key of the endpoint before it', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    expect((await change(id, { baseUrl: second.baseUrl })).status).toBe(200);
    expect(await secretNames(id)).toEqual([]);
    expect(await keySent(id, second)).not.toBe(FIRST_KEY);
  });

  test('with another path on the same server keeps its key, and so does one that is only named again', async () => {
    const id = await provision(at(first, { apiKey: FIRST_KEY }), 'custom');
    expect((await change(id, { baseUrl: `${first.url}/other/v1` })).status).toBe(200);
    expect((await change(id, at(first))).status).toBe(200);
    expect(await keySent(id, first)).toBe(FIRST_KEY);
  });

  test('with a key of its own gets that one', async () => {
    const id = await onGroq();
    expect((await change(id, at(second, { apiKey: SECOND_KEY }))).status).toBe(200);
    expect(await keySent(id, second)).toBe(SECOND_KEY);
  });
});

test('a deployment of an agent that there is needs a key for a new provider, too', async () => {
  // As much of an engine as is asked for before.
  const engine = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  await once(engine.listen(0, '127.0.0.1'), 'listening');
  const near = await startBackend({ DOCKER_HOST: `tcp://127.0.0.1:${(engine.address() as { port: number }).port}` });
  try {
    const made = { name: 'A', config: { plan: 'network', aiProvider: 'groq', apiKey: FIRST_KEY } };
    const { id } = (await near.machine(undefined, 'POST', '/api/agents', made)).body;
    const asked = { agentId: id, config: { aiProvider: 'openai', telegramToken: canary('1:') } };
    const { status, body } = await near.machine(undefined, 'POST', '/api/deployments', asked);
    expect([status, body.error]).toEqual([400, expect.stringMatching(NEEDS_KEY)]);
    expect((await near.machine(undefined, 'GET', `/api/agents/${id}`)).body.status).toBe('pending');
  } finally {
    await near.stop();
    engine.closeAllConnections();
    engine.close();
  }
});

test('what was read of an agent before a change is given no key of the next provider', async () => {
  const id = await onGroq();
  const before = await row(id);
  await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY });
  const { database, envelope } = backend.context;
  const keyFor = async (agent: typeof before) => (await database.as('service', (tx) => readSecretsFor(tx, envelope, agent))).apiKey;
  expect([await keyFor(before), await keyFor(await row(id))]).toEqual([undefined, SECOND_KEY]);
});

test('a container that is put back is given the key of the provider that it was made for, or none', async () => {
  const id = await onGroq();
  const spec = {
    agentId: id,
    plan: 'network',
    secretEnv: { AGENT_MODEL_API_KEY: 'apiKey' },
    keyRecipient: 'groq',
  } as unknown as AgentContainerSpec;
  // Of the time before a spec said whom its key is for, and changed since.
  const old = { ...spec, keyRecipient: undefined, fingerprint: 'another' } as unknown as AgentContainerSpec;
  const key = async (of: AgentContainerSpec) => (await secretEnvironment(backend.context, of)).AGENT_MODEL_API_KEY;
  expect(await key(spec)).toBe(FIRST_KEY);
  await change(id, { aiProvider: 'openai', apiKey: SECOND_KEY });
  expect([await key(spec), await key(old), await key({ ...spec, keyRecipient: 'openai' })]).toEqual(['none', 'none', SECOND_KEY]);
});

test('a credential that is set while the provider changes stays with its own provider', async () => {
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
    ['the endpoint', 'https://models.example/v1/chat/completions', /^baseUrl must stop before \/chat\/completions/],
    ['the endpoint and a slash', 'https://models.example/v1/Chat/Completions/', /^baseUrl must stop before \/chat\/completions/],
    ['Anthropic’s endpoint', 'https://models.example/v1/messages', /^baseUrl must stop before \/messages/],
    ['the old endpoint', 'https://models.example/v1/completions', /^baseUrl must stop before \/completions/],
    ['the newer endpoint', 'https://models.example/v1/responses', /^baseUrl must stop before \/responses/],
    ['a variable', 'https://models.example/${OPENCLAW_GATEWAY_TOKEN}', /^baseUrl must not contain \$\{/],
    ['another scheme', 'ftp://models.example/v1', /^baseUrl must be an http or https address/],
  ];

  test.each(refusals)('with %s is refused, wherever it comes in, and the answer does not repeat it', async (_what, baseUrl, sentence) => {
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
  ])('%s is taken as it is', async (baseUrl) => {
    const id = await onGroq();
    expect((await change(id, { baseUrl, model: 'own-1' })).body.config.baseUrl).toBe(baseUrl);
  });

  test('that was saved with secrets is never shown with them', async () => {
    const id = await provision(at(first), 'custom');
    const kept = { baseUrl: `https://user:pw@models.example/v1?key=1#x`, model: 'own-1' };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { config: kept } }));
    expect(await config(id)).toEqual({ baseUrl: 'https://models.example/v1', model: 'own-1' });
    expect((await change(id, { ownerIds: ['1'] })).body.config.baseUrl).toBe('https://models.example/v1');
  });

  test('that was saved with secrets loses them by the migration', async () => {
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

  test('of a provider that the operator sets has no secret in it either', () => {
    const start = (OPENAI_BASE_URL: string) => () => readConfig({ OPENAI_BASE_URL });
    expect(start('https://user:hidden@proxy.example/v1')).toThrow(/OPENAI_BASE_URL: must not contain a user name or password/);
    expect(start('https://user:hidden@proxy.example/v1')).toThrow(expect.not.stringContaining('hidden'));
  });
});

test.each(['${NOPE}', 'llama-${VERSION}', '${'])('a model named %s is refused', async (model) => {
  const id = await onGroq();
  const sentence = 'model must not contain ${: OpenClaw would put a variable of its environment there';
  for (const body of [{ model }, { config: { model } }]) {
    expect(await change(id, body)).toMatchObject({ status: 400, body: { error: sentence } });
  }
  expect((await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { model } })).body.error).toBe(sentence);
  expect((await change(id, { model: 'llama-$3.1' })).status).toBe(200);
});
