import { randomUUID } from 'node:crypto';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startServer } from '../src/app/server.ts';
import { budgetRefusalSince } from '../src/domain/usage/ledger.ts';
import { readModelAccess } from '../src/domain/usage/model-access.ts';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';
import { systemClock } from '../src/shared/clock.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** The installation's keys of model providers, and the allowances that limit what an account's calls with them cost. */

const shared = { openai: canary('openai-shared-'), anthropic: canary('anthropic-shared-') };
const OWN = canary('openai-own-');
/** What GPT-4 costs, in dollars per token. @see https://platform.openai.com/docs/models/gpt-4 */
const [INPUT, OUTPUT] = [30e-6, 60e-6];

let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let admin: string;
let user: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: shared });
  backend = await startBackend({
    ...model.settings(),
    PLAN_ALLOWANCES: 'solo=0.05/,collective=/0.05,network=1/',
  });
  admin = await backend.account();
  for (const [provider, apiKey] of Object.entries(shared)) {
    expect((await backend.as(admin, 'PUT', `/api/admin/provider-keys/${provider}`, { apiKey })).status).toBe(200);
  }
});
beforeEach(async () => {
  user = await backend.account();
});
afterEach(() => model.setBehaviour({ acceptedKeys: {}, listFailure: undefined, wordDelayMs: 0 }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const grant = (plan: string, owner = user) => backend.machine(undefined, 'PUT', `/api/admin/users/${owner}/plan`, { plan });
async function agentOf(config: Record<string, unknown> = {}, owner = user) {
  const wanted = { aiProvider: 'openai', model: 'gpt-4', ...config };
  const { body } = await backend.machine(owner, 'POST', '/api/agents', { name: 'Caller', config: wanted });
  const { token } = (await backend.machine(owner, 'GET', `/api/agents/${body.id}/token`)).body;
  return { id: body.id as string, key: virtualKey(body.id, token) };
}
interface CallOptions {
  body?: object;
  headers?: Record<string, string>;
  path?: string;
  port?: number;
}
async function call({ key }: { key: string }, { body, headers, path = '/openai/chat/completions', port }: CallOptions = {}) {
  const from = model.requests.length;
  const response = await fetch(`http://127.0.0.1:${port ?? backend.modelGatewayPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ model: 'gpt-4', max_tokens: 100, messages: [{ role: 'user', content: randomUUID() }], ...body }),
  });
  const text = await response.text();
  const { error } = JSON.parse(text);
  return {
    status: response.status,
    error: error?.message as string | undefined,
    headers: response.headers,
    served: model.requests.slice(from),
  };
}
const listed = async (owner = user) => (await backend.as(owner, 'GET', '/api/provider-keys')).body;
const sourceOf = async (id: string) => (await backend.as(user, 'GET', `/api/agents/${id}/model-key`)).body.keySource;
const spent = async () => (await listed()).included.spent;
/** What the provider bills for requests: a quarter of their characters, and the words of `You said: <one word>`. */
const billed = (requests: { body: unknown }[]) =>
  requests.reduce((sum, { body }) => sum + Math.ceil(JSON.stringify(body).length / 4) * INPUT + 3 * OUTPUT, 0);

describe('a plan without an allowance', () => {
  test('may not use the installation’s keys, whatever plan its agent names', async () => {
    const agent = await agentOf({ plan: 'network' });
    expect(await call(agent)).toMatchObject({ status: 401, served: [] });
    expect([await sourceOf(agent.id), (await listed()).included]).toEqual([null, null]);
    await grant('label');
    expect([await call(agent), await sourceOf(agent.id)]).toMatchObject([{ status: 401, served: [] }, null]);
    await grant('solo');
    await pollUntil('the granted plan counts', async () => (await call(agent)).status === 200, { seconds: 4, everyMs: 200 });
    await backend.context.database.as('service', (tx) => tx.user.update({ where: { id: user }, data: { plan: null } }));
    await pollUntil('the plan that ended counts no more', async () => (await call(agent)).status === 401, { seconds: 4, everyMs: 200 });
  });

  test('gets no fallback model from the installation, and may not change to its providers', async () => {
    const { id } = await agentOf({ aiProvider: 'anthropic', model: 'claude-sonnet-4-5', apiKey: canary('own-anthropic-') });
    const models = async () => (await readModelAccess(backend.context, id, 'row'))?.targets.map(({ provider }) => provider);
    expect(await models()).toEqual(['anthropic']);
    const change = () => backend.as(user, 'PUT', `/api/agents/${id}/config`, { aiProvider: 'openai' });
    expect((await change()).status).toBe(400);
    await grant('solo');
    expect(await models()).toEqual(['anthropic', 'openai']);
    expect((await change()).status).toBe(200);
    expect(await sourceOf(id)).toBe('installation');
  });
});

describe('an account with an allowance', () => {
  test('uses its own key before the installation’s key, and the list shows the spent amount', async () => {
    await grant('network');
    const agent = await agentOf();
    const { status, served } = await call(agent);
    expect([status, served.map(({ key }) => key), await sourceOf(agent.id)]).toEqual([200, [shared.openai], 'installation']);
    const cost = billed(served);
    const { included, keys } = await listed();
    expect(keys).toEqual([]);
    expect(included).toEqual({
      providers: ['anthropic', 'openai'],
      allowance: { dailyUsd: 1, monthlyUsd: null },
      spent: { dayUsd: expect.closeTo(cost, 5), monthUsd: expect.closeTo(cost, 5), reservedUsd: 0 },
    });
    expect(JSON.stringify(await listed())).not.toContain(shared.openai.slice(-4));
    model.setBehaviour({ acceptedKeys: { openai: OWN } });
    await backend.as(user, 'PUT', '/api/provider-keys/openai', { apiKey: OWN });
    await pollUntil('its own key is used', async () => (await call(agent)).served[0]?.key === OWN, { seconds: 4, everyMs: 200 });
    expect(await spent()).toEqual(included.spent);
    const rows = await backend.context.database.as('service', (tx) => tx.modelCall.findMany({ where: { agentId: agent.id } }));
    expect(new Set(rows.map(({ keySource }) => keySource))).toEqual(new Set(['installation', 'account']));
  });

  test.each([
    ['solo', 'day', 'for today is spent. It begins again at midnight UTC; a key of your own ends the limit'],
    ['collective', 'month', 'for this month is spent. It begins again on the first of the month; a key of your own ends the limit'],
  ])('of the plan %s is refused past its %s', async (plan, _period, sentence) => {
    await grant(plan);
    const agent = await agentOf();
    const begun = new Date();
    let cost = 0;
    for (let count = 0; count < 20; count++) {
      const { status, served, error } = await call(agent);
      cost += billed(served);
      if (status === 200) continue;
      expect([status, error]).toEqual([412, `BUDGET_EXCEEDED: The allowance of your plan ${sentence}`]);
      expect(served).toEqual([]);
      break;
    }
    // A call reserves at least its limit of output, and 1,024 hidden tokens of input.
    expect(cost).toBeGreaterThan(0.05 - (1_024 + 400) * INPUT - 100 * OUTPUT);
    expect(cost).toBeLessThanOrEqual(0.05);
    expect((await spent()).dayUsd).toBeCloseTo(cost, 5);
    expect(await budgetRefusalSince(backend.context, agent.id, begun)).toBe(`The allowance of your plan ${sentence}`);
    model.setBehaviour({ acceptedKeys: { openai: OWN } });
    await backend.as(user, 'PUT', '/api/provider-keys/openai', { apiKey: OWN });
    await pollUntil('a key of its own ends the limit', async () => (await call(agent)).status === 200, { seconds: 4, everyMs: 200 });
  });

  test('cannot pass it by parallel calls of several agents through two backends', async () => {
    await grant('network');
    const second = await startServer(backend.config, createLogger({ ...backend.config, LOG_LEVEL: 'silent' }), systemClock);
    try {
      const agents = [await agentOf(), await agentOf({ plan: 'network' })];
      model.setBehaviour({ wordDelayMs: 5 });
      const calls = await Promise.all(
        Array.from({ length: 100 }, (_, index) => {
          const port = index % 2 ? second.modelGatewayPort : backend.modelGatewayPort;
          return call(agents[index % 2] as { key: string }, { port, body: { max_tokens: 1_000 } });
        }),
      );
      // At once there is room for about ten worst cases of $0.1.
      const passed = calls.filter(({ status }) => status === 200).length;
      expect(calls.filter(({ status }) => status === 412).length).toBe(100 - passed);
      expect(passed).toBeGreaterThanOrEqual(9);
      expect(passed).toBeLessThan(100);
      const { dayUsd, reservedUsd } = await spent();
      expect(reservedUsd).toBe(0);
      expect(dayUsd).toBeGreaterThan(passed * 3 * OUTPUT);
      expect(dayUsd).toBeLessThanOrEqual(1);
    } finally {
      await second.stop();
    }
  });

  test('is refused a model without a price, and its own price counts for nothing', async () => {
    await grant('network');
    const agent = await agentOf({ model: 'gpt-of-no-price' });
    const price = { inputUsd: 0, outputUsd: 0 };
    await backend.as(user, 'PUT', `/api/agents/${agent.id}/budget`, { price });
    expect(await call(agent, { body: { model: 'gpt-of-no-price' } })).toMatchObject({
      status: 412,
      error: expect.stringContaining("This model has no known price, so the operator's key cannot call it"),
      served: [],
    });
    const priced = await agentOf();
    await backend.as(user, 'PUT', `/api/agents/${priced.id}/budget`, { price });
    const { served } = await call(priced);
    expect((await spent()).dayUsd).toBeCloseTo(billed(served), 5);
  });

  test('is refused a call whose cost its size does not bound, and its output has a limit', async () => {
    await grant('network');
    const agent = await agentOf();
    expect(await call(agent, { body: { n: 2 } })).toMatchObject({ status: 400, served: [] });
    const { served } = await call(agent, { body: { max_tokens: undefined } });
    expect(served[0]?.body).toMatchObject({ max_completion_tokens: 8_192 });
  });

  test('neither chooses nor sees the operator’s organization at the provider', async () => {
    await grant('network');
    const body = { model: 'claude-sonnet-4-5', max_tokens: 10 };
    const headers = { 'openai-organization': 'org-of-the-operator', 'openai-project': 'proj', 'anthropic-version': '2023-06-01' };
    const openai = await call(await agentOf(), { headers });
    expect(openai.served[0]?.headers).not.toHaveProperty('openai-organization');
    expect(openai.served[0]?.headers).not.toHaveProperty('openai-project');
    const claude = await agentOf({ aiProvider: 'anthropic', model: body.model });
    const answer = await call(claude, { path: '/anthropic/v1/messages', body, headers });
    expect([answer.status, answer.headers.get('anthropic-organization-id')]).toEqual([200, null]);
    const own = await agentOf({ aiProvider: 'anthropic', model: body.model, apiKey: shared.anthropic });
    const owned = await call(own, { path: '/anthropic/v1/messages', body, headers });
    expect(owned.headers.get('anthropic-organization-id')).toBe('org_double');
    expect(owned.served[0]?.headers).toHaveProperty('openai-organization');
  });
});

test('sends no key to an endpoint of an agent’s own', async () => {
  await grant('network');
  const agent = await agentOf({ aiProvider: undefined, baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1' });
  const { status, served } = await call(agent, { path: '/custom/chat/completions', body: { model: 'echo-1' } });
  expect([status, served.map(({ key }) => key)]).toEqual([401, [undefined]]);
});

test('the ledger refuses a call with the installation’s key without an allowance, and books a lost one to the allowance', async () => {
  await grant('network');
  const { id } = await agentOf();
  const { pool, processId } = backend.context;
  const begin = (name: string, process: string, worst: number | null, ...allowance: (number | null)[]) =>
    pool
      .query("SELECT begin_model_call($1, $2, $3, 'agent', 'openai', 'gpt-4', $4, NULL, NULL, 'installation', $5, $6) AS verdict", [
        `${name} ${id}`,
        process,
        id,
        worst,
        ...allowance,
      ])
      .then(({ rows }) => rows[0].verdict);
  expect(await begin('none', processId, 1, null, null)).toBe('allowance day');
  expect(await begin('unpriced', processId, null, 1, 1)).toBe('allowance unpriced');
  expect(await begin('of the dead', 'a killed process', 400_000, 1_000_000, null)).toBe('begun');
  expect(await begin('of the living', processId, 500_000, 1_000_000, null)).toBe('begun');
  expect(await begin('one too many', processId, 100_001, 1_000_000, null)).toBe('allowance day');
  expect(await begin('one too many for the month', processId, 100_001, null, 1_000_000)).toBe('allowance month');
  expect(await spent()).toEqual({ dayUsd: 0, monthUsd: 0, reservedUsd: 0.9 });
  await pool.query('SELECT end_lost_model_calls()');
  expect(await spent()).toEqual({ dayUsd: 0.4, monthUsd: 0.4, reservedUsd: 0.5 });
  await pool.query('SELECT end_model_call($1, $2, 200, 10, 0, 0, 5, 0, 15, $3, false)', [`of the living ${id}`, 'done', 'catalogue']);
  expect(await spent()).toEqual({ dayUsd: 0.400015, monthUsd: 0.400015, reservedUsd: 0 });
});

describe('the installation’s keys', () => {
  const at = (id: string, method: string, body?: object) =>
    backend.as(id, method, `/api/admin/provider-keys${body || method === 'DELETE' ? '/openai' : ''}`, body);

  test('are listed for administrators alone, with the allowances and without their values', async () => {
    const agent = await agentOf();
    const { status, body } = await at(admin, 'GET');
    expect(status).toBe(200);
    expect(body.allowances).toEqual([
      { plan: 'solo', dailyUsd: 0.05, monthlyUsd: null },
      { plan: 'collective', dailyUsd: null, monthlyUsd: 0.05 },
      { plan: 'network', dailyUsd: 1, monthlyUsd: null },
    ]);
    expect(body.keys).toMatchObject([
      { provider: 'anthropic', keyPreview: `…${shared.anthropic.slice(-4)}`, refused: null },
      { provider: 'openai', agentCount: expect.any(Number) },
    ]);
    expect(JSON.stringify(body)).not.toContain(shared.openai);
    const before = body.keys[1].agentCount;
    await backend.machine(user, 'DELETE', `/api/agents/${agent.id}`);
    expect((await at(admin, 'GET')).body.keys[1].agentCount).toBe(before - 1);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const refused = await at(user, method, method === 'PUT' ? { apiKey: OWN } : undefined);
      expect([method, refused.status]).toEqual([method, 403]);
    }
    expect((await listed(admin)).included.allowance).toEqual({ dailyUsd: 1, monthlyUsd: null });
    // They are not keys of the administrator's account.
    expect((await listed(admin)).keys).toEqual([]);
    expect((await backend.as(admin, 'DELETE', '/api/provider-keys/openai')).status).toBe(404);
  });

  test('are hidden from every tenant by the database', async () => {
    const { database } = backend.context;
    const count = (tenant: Parameters<typeof database.as>[0]) => database.as(tenant, (tx) => tx.providerKey.count());
    expect([await count({ userId: user }), await count({ userId: admin }), await count({ userId: '' })]).toEqual([0, 0, 0]);
    expect(await count('service')).toBeGreaterThanOrEqual(2);
    const change = database.as({ userId: user }, (tx) =>
      tx.providerKey.create({
        data: { id: 'pk_forged', ownerId: null, provider: 'groq', sealed: '', preview: '', createdAt: new Date(), updatedAt: new Date() },
      }),
    );
    await expect(change).rejects.toThrow(/row-level security/);
  });

  test('are replaced in one row in parallel, tell a refusal, and are gone after a deletion', async () => {
    await grant('network');
    const agent = await agentOf();
    model.setBehaviour({ acceptedKeys: { openai: OWN } });
    expect((await call(agent)).status).toBe(401);
    const refused = async () => (await at(admin, 'GET')).body.keys.find((key: { provider: string }) => key.provider === 'openai')?.refused;
    await pollUntil('the refusal is told', async () => (await refused()) !== null);
    expect(await at(admin, 'PUT', { apiKey: canary('wrong-') })).toMatchObject({ status: 400 });
    const saves = await Promise.all(Array.from({ length: 6 }, () => at(admin, 'PUT', { apiKey: OWN })));
    expect(saves.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await refused()).toBeNull();
    await pollUntil('the new key is used', async () => (await call(agent)).status === 200, { seconds: 4, everyMs: 200 });
    expect((await at(admin, 'DELETE')).body).toEqual({ provider: 'openai', deleted: true });
    expect(await at(admin, 'DELETE')).toMatchObject({ status: 404, body: { code: 'PROVIDER_KEY_NOT_FOUND' } });
    await pollUntil('the deleted key is not used', async () => (await call(agent)).served.length === 0, { seconds: 4, everyMs: 200 });
    expect(await sourceOf(agent.id)).toBeNull();
  });
});
