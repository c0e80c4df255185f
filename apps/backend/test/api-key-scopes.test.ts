import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let owner: string;
let mine: string;
let other: string;

beforeAll(async () => {
  backend = await startBackend();
  await backend.account();
  owner = await backend.account();
  [mine, other] = (
    await Promise.all(['One', 'Two'].map((name) => backend.machine(owner, 'POST', '/api/agents', { name, config: { plan: 'collective' } })))
  ).map(({ body }) => body.id) as [string, string];
});
afterAll(() => backend.stop());

const ask = (body: object) => backend.as(owner, 'POST', '/api/keys', { name: 'k', ...body });
async function newKey(body: object): Promise<{ id: string; key: string }> {
  const { body: made } = await ask(body);
  return made;
}
const lacks = (scope: string) => ({ status: 403, body: { error: `This API key lacks the scope ${scope}`, code: 'INSUFFICIENT_SCOPE' } });

test('without a word about it, a key may do everything for ever, and its list says so', async () => {
  const { id, key } = await newKey({});
  const listed = (await backend.as(owner, 'GET', '/api/keys')).body.keys.find((each: { id: string }) => each.id === id);
  expect(listed).toMatchObject({ scopes: ['agents:read', 'agents:write'], agentId: null, expiresAt: null });
  expect(JSON.stringify(listed)).not.toContain(key);
});

test('a key that may read changes nothing, and gets no gateway token', async () => {
  const { key } = await newKey({ scopes: ['agents:read', 'agents:read'] });
  expect((await backend.call('GET', `/api/agents/${mine}`, { token: key })).status).toBe(200);
  expect(await backend.call('GET', `/api/agents/${mine}/token`, { token: key })).toMatchObject(lacks('agents:write'));
  expect(await backend.call('DELETE', `/api/agents/${mine}`, { token: key })).toMatchObject(lacks('agents:write'));
  expect(await backend.call('PUT', `/api/agents/${mine}`, { token: key, body: {} })).toMatchObject(lacks('agents:write'));
  expect((await backend.as(owner, 'GET', `/api/agents/${mine}`)).status).toBe(200);
});

test('writing includes reading', async () => {
  const { key } = await newKey({ scopes: ['agents:write'] });
  expect((await backend.call('GET', '/api/agents', { token: key })).body).toHaveLength(2);
  expect((await backend.call('PUT', `/api/agents/${mine}`, { token: key, body: {} })).status).toBe(200);
});

describe('a key for one agent', () => {
  let key: string;
  beforeAll(async () => {
    ({ key } = await newKey({ agentId: mine }));
  });

  test('sees and changes that one', async () => {
    const ids = (await backend.call('GET', '/api/agents', { token: key })).body.map(({ id }: { id: string }) => id);
    expect(ids).toEqual([mine]);
    expect((await backend.call('PUT', `/api/agents/${mine}`, { token: key, body: {} })).status).toBe(200);
    expect((await backend.call('GET', '/api/agent?action=sessions', { token: key })).body).toEqual({ sessions: [] });
  });

  test.each([
    ['GET', (id: string) => `/api/agents/${id}`, undefined],
    ['DELETE', (id: string) => `/api/agents/${id}`, undefined],
    ['GET', (id: string) => `/api/agent?action=sessions&agentId=${id}`, undefined],
    ['POST', () => '/api/chat', { message: 'x' }],
    ['POST', () => '/api/agents', { name: 'A third' }],
    ['GET', () => '/api/keys', undefined],
    ['GET', () => '/api/me', undefined],
  ])('%s is 403 where it concerns another agent or the account', async (method, path, body) => {
    const wanted = body && 'message' in body ? { ...body, agentId: other } : body;
    expect(await backend.call(method, path(other), { token: key, body: wanted })).toMatchObject({
      status: 403,
      body: { error: `This API key is for the agent ${mine} alone`, code: 'INSUFFICIENT_SCOPE' },
    });
  });

  test('is held to it by the database too, whatever the code asks for', async () => {
    const narrowed = { userId: owner, agentId: mine };
    const { database } = backend.context;
    expect(await database.as(narrowed, (tx) => tx.agent.count())).toBe(1);
    expect(await database.as(narrowed, (tx) => tx.agent.updateMany({ data: { name: 'One' } }))).toEqual({ count: 1 });
    const operation = { id: 'op_other', agentId: other, ownerId: owner, kind: 'stop' };
    await expect(database.as(narrowed, (tx) => tx.operation.create({ data: operation }))).rejects.toThrow(/row-level security/);
  });

  test('ends with its agent', async () => {
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Brief', config: { plan: 'collective' } })).body;
    const brief = await newKey({ agentId: id });
    await backend.machine(owner, 'DELETE', `/api/agents/${id}`);
    expect((await backend.call('GET', '/api/agents', { token: brief.key })).status).toBe(401);
  });
});

test('an expired key is as good as none', async () => {
  const { id, key } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
  await backend.context.database.as('service', (tx) => tx.apiKey.update({ where: { id }, data: { expiresAt: new Date() } }));
  expect(await backend.call('GET', '/api/agents', { token: key })).toMatchObject({ status: 401, body: { error: 'Unauthorized' } });
});

test.each([
  [{ scopes: ['agents:all'] }, 'Invalid scope: use agents:read or agents:write'],
  [{ scopes: [] }, 'scopes must not be empty'],
  [{ scopes: 'agents:read' }, 'scopes must be a list of agents:read and agents:write'],
  [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt must be in the future'],
  [{ expiresAt: 'tomorrow' }, 'expiresAt must be an ISO 8601 date and time'],
  [{ agentId: '../x' }, 'Invalid agentId'],
])('%j is refused', async (body, error) => {
  expect(await ask(body)).toMatchObject({ status: 400, body: { error } });
});

test('nobody gets a key to another’s agent', async () => {
  const stranger = await backend.account();
  expect((await backend.as(stranger, 'POST', '/api/keys', { name: 'k', agentId: mine })).status).toBe(404);
});

test('of a hundred requests at once, one writes down that the key was used', async () => {
  const { id, key } = await newKey({});
  const version = () =>
    backend.context.database.as('service', (tx) => tx.$queryRaw<{ xmin: string }[]>`SELECT xmin::text FROM api_keys WHERE id = ${id}`);
  await Promise.all(Array.from({ length: 100 }, () => backend.call('GET', '/api/agents', { token: key })));
  const after = await version();
  await Promise.all(Array.from({ length: 20 }, () => backend.call('GET', '/api/agents', { token: key })));
  expect(await version()).toEqual(after);
  expect((await backend.as(owner, 'GET', '/api/keys')).body.keys[0].lastUsed).toMatch(/^\d{4}-/);
});
