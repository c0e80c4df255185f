import { type Route, routes } from '@agentbot/contracts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let admin: string;
let owner: string;
let mine: string;
let other: string;

beforeAll(async () => {
  backend = await startBackend();
  admin = await backend.account();
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

describe('administration', () => {
  const adminRoutes = Object.values<Route>(routes).filter(({ auth }) => auth === 'admin');
  /** Asks for everything that only administrators may, and says how each was answered. */
  const askAll = (token: string, headers: Record<string, string> = {}) =>
    Promise.all(
      adminRoutes.map(async ({ method, backend: { path } }) => {
        const body = method === 'PUT' ? { plan: 'solo' } : undefined;
        const answer = await backend.call(method, path.replace(':id', owner), { token, body, headers });
        return answer.status === 200 ? 200 : `${answer.status} ${answer.body.code} ${answer.body.error}`;
      }),
    );
  const all = (answer: unknown) => adminRoutes.map(() => answer);
  const adminKey = async (body: object = { scopes: ['admin:*'] }) => {
    const made = await backend.as(admin, 'POST', '/api/keys', { name: 'k', ...body });
    expect(made.status).toBe(201);
    const key: string = made.body.key;
    return key;
  };

  test('there are operations for administrators alone', () => {
    expect(adminRoutes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['listUsers', 'listAllAgents', 'getInstallationHealth', 'grantPlan']),
    );
  });

  test.each([[{}], [{ scopes: ['agents:read'] }], [{ scopes: ['agents:write'] }]])(
    'an administrator’s key made with %j opens none of them',
    async (body) => {
      expect(await askAll(await adminKey(body))).toEqual(all('403 INSUFFICIENT_SCOPE This API key lacks the scope admin:*'));
    },
  );

  test('an administrator’s session, the internal key and a key with admin:* open all of them', async () => {
    const sessions = await Promise.all(
      adminRoutes.map(({ method, backend: { path } }) =>
        backend.as(admin, method, path.replace(':id', owner), method === 'PUT' ? { plan: 'solo' } : undefined),
      ),
    );
    expect(sessions.map(({ status }) => status)).toEqual(all(200));
    expect(await askAll(INTERNAL_KEY)).toEqual(all(200));
    expect(await askAll(await adminKey())).toEqual(all(200));
    expect(await askAll(await adminKey({ scopes: ['agents:read', 'admin:*'] }))).toEqual(all(200));
  });

  test('a key with admin:* alone sees and changes no agents of its owner', async () => {
    const key = await adminKey();
    expect(await backend.call('GET', '/api/agents', { token: key })).toMatchObject(lacks('agents:read'));
    expect(await backend.call('POST', '/api/agents', { token: key, body: { name: 'x' } })).toMatchObject(lacks('agents:write'));
  });

  test('only an administrator’s session makes a key with admin:*', async () => {
    const body = { name: 'k', scopes: ['admin:*'] };
    const refused = { status: 403, body: { error: 'Only a signed-in administrator can create a key with the scope admin:*' } };
    expect(await ask({ scopes: ['admin:*'] })).toMatchObject(refused);
    expect(await backend.machine(admin, 'POST', '/api/keys', body)).toMatchObject(refused);
    expect(await backend.machine(undefined, 'POST', '/api/keys', body)).toMatchObject(refused);
    const key = await adminKey({ scopes: ['agents:write', 'admin:*'] });
    const another = { status: 403, body: { error: 'An API key cannot create another one' } };
    expect(await backend.call('POST', '/api/keys', { token: key, body })).toMatchObject(another);
  });

  test('no key gets the answer with which a session’s request made a key', async () => {
    const headers = { 'idempotency-key': 'guessed' };
    const body = { name: 'k', scopes: ['admin:*'] };
    const made = await backend.call('POST', '/api/keys', { token: await assertion(admin), body, headers });
    expect(made.status).toBe(201);
    const replayed = await backend.call('POST', '/api/keys', { token: await adminKey({}), body, headers });
    expect(replayed).toMatchObject({ status: 403, body: { error: 'An API key cannot create another one' } });
  });

  test('a key with admin:* is for no single agent', async () => {
    expect(await ask({ scopes: ['admin:*'], agentId: mine })).toMatchObject({
      status: 400,
      body: { error: 'A key with the scope admin:* cannot be for one agent' },
    });
  });

  test('a key with admin:* opens nothing once its owner is no administrator any more', async () => {
    const key = await adminKey();
    const set = (isAdmin: boolean) =>
      backend.context.database.as('service', (tx) => tx.user.update({ where: { id: admin }, data: { isAdmin } }));
    await set(false);
    const answers = await askAll(key);
    await set(true);
    expect(answers).toEqual(all('403 FORBIDDEN Forbidden'));
  });
});

test('an expired key is as good as none', async () => {
  const { id, key } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
  await backend.context.database.as('service', (tx) => tx.apiKey.update({ where: { id }, data: { expiresAt: new Date() } }));
  expect(await backend.call('GET', '/api/agents', { token: key })).toMatchObject({ status: 401, body: { error: 'Unauthorized' } });
});

test.each([
  [{ scopes: ['agents:all'] }, 'Invalid scope: use agents:read, agents:write or admin:*'],
  [{ scopes: ['admin'] }, 'Invalid scope: use agents:read, agents:write or admin:*'],
  [{ scopes: [] }, 'scopes must not be empty'],
  [{ scopes: 'agents:read' }, 'scopes must be a list of agents:read, agents:write and admin:*'],
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
