import { type Route, routes } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomName } from '../src/shared/ids.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend, unreachableProviders } from './backend.ts';

let backend: TestBackend;
let admin: string;
let owner: string;
let mine: string;
let other: string;

beforeAll(async () => {
  backend = await startBackend(unreachableProviders);
  admin = await backend.account();
  owner = await backend.account();
  [mine, other] = (
    await Promise.all(['One', 'Two'].map((name) => backend.machine(owner, 'POST', '/api/agents', { name, config: { plan: 'collective' } })))
  ).map(({ body }) => body.id) as [string, string];
});
afterAll(() => backend.stop());

const createKey = (body: object) => backend.as(owner, 'POST', '/api/keys', { name: 'k', ...body });
async function newKey(body: object): Promise<{ id: string; key: string }> {
  const { body: made } = await createKey(body);
  return made;
}
const insufficientScope = (scope: string) => ({
  status: 403,
  body: { error: `This API key lacks the scope ${scope}`, code: 'INSUFFICIENT_SCOPE' },
});

test('a key without options is listed with the scopes agents:read and agents:write, no agent and no expiry', async () => {
  const { id, key } = await newKey({});
  const listed = (await backend.as(owner, 'GET', '/api/keys')).body.keys.find((each: { id: string }) => each.id === id);
  expect(listed).toMatchObject({ scopes: ['agents:read', 'agents:write'], agentId: null, expiresAt: null });
  expect(JSON.stringify(listed)).not.toContain(key);
});

test('a read-only key reads an agent and gets 403 for its gateway token, a deletion and an update', async () => {
  const { key } = await newKey({ scopes: ['agents:read', 'agents:read'] });
  expect((await backend.call('GET', `/api/agents/${mine}`, { token: key })).status).toBe(200);
  expect(await backend.call('GET', `/api/agents/${mine}/token`, { token: key })).toMatchObject(insufficientScope('agents:write'));
  expect(await backend.call('DELETE', `/api/agents/${mine}`, { token: key })).toMatchObject(insufficientScope('agents:write'));
  expect(await backend.call('PUT', `/api/agents/${mine}`, { token: key, body: {} })).toMatchObject(insufficientScope('agents:write'));
  expect((await backend.as(owner, 'GET', `/api/agents/${mine}`)).status).toBe(200);
});

test('a key with agents:write may also read', async () => {
  const { key } = await newKey({ scopes: ['agents:write'] });
  expect((await backend.call('GET', '/api/agents', { token: key })).body).toHaveLength(2);
  expect((await backend.call('PUT', `/api/agents/${mine}`, { token: key, body: {} })).status).toBe(200);
});

describe('an API key for one agent', () => {
  let key: string;
  beforeAll(async () => {
    ({ key } = await newKey({ agentId: mine }));
  });

  test('lists and updates only this agent', async () => {
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
  ])('gets 403 for another agent or for the account: %s, case %#', async (method, path, body) => {
    const wanted = body && 'message' in body ? { ...body, agentId: other } : body;
    expect(await backend.call(method, path(other), { token: key, body: wanted })).toMatchObject({
      status: 403,
      body: { error: `This API key is for the agent ${mine} alone`, code: 'INSUFFICIENT_SCOPE' },
    });
  });

  test('is limited to its agent by row-level security in the database too', async () => {
    const narrowed = { userId: owner, agentId: mine };
    const { database } = backend.context;
    expect(await database.as(narrowed, (tx) => tx.agent.count())).toBe(1);
    expect(await database.as(narrowed, (tx) => tx.agent.updateMany({ data: { name: 'One' } }))).toEqual({ count: 1 });
    const operation = { id: 'op_other', agentId: other, ownerId: owner, kind: 'stop' };
    await expect(database.as(narrowed, (tx) => tx.operation.create({ data: operation }))).rejects.toThrow(/row-level security/);
  });

  test('is not sent the answer of another agent that a key of the same owner got with the same idempotency key', async () => {
    const setState = (state: 'running' | 'pending') =>
      backend.context.database.as('service', (tx) => tx.agent.updateMany({ where: { ownerId: owner }, data: { state } }));
    // The request names no agent: each key's own is meant.
    const open = async (agentId: string) =>
      backend.call('POST', '/api/agent', {
        token: (await newKey({ agentId })).key,
        body: { action: 'create-session' },
        headers: { 'idempotency-key': 'shared' },
      });
    await setState('running');
    expect((await open(other)).status).toBe(200);
    expect(await open(mine)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    await setState('pending');
  });

  test('answers 401 after its agent is deleted', async () => {
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Brief', config: { plan: 'collective' } })).body;
    const brief = await newKey({ agentId: id });
    await backend.machine(owner, 'DELETE', `/api/agents/${id}`);
    expect((await backend.call('GET', '/api/agents', { token: brief.key })).status).toBe(401);
  });
});

describe('the routes of administrators', () => {
  const adminRoutes = Object.values<Route>(routes).filter(({ auth, refusesApiKeys }) => auth === 'admin' && !refusesApiKeys);
  /** The address of a route; a user is deleted once, and a request for a plan is decided once, so each call gets a new one. */
  async function addressOf(path: string): Promise<string> {
    if (path === '/api/admin/users/:id') return path.replace(':id', await backend.account());
    if (!path.includes('plan-requests/:id')) return path.replace(':id', owner).replace(':provider', 'openai').replace(':part', 'mail');
    const request = { id: `preq_${randomName(12)}`, ownerId: owner, plan: 'solo' as const, createdAt: new Date() };
    await backend.context.database.as('service', async (tx) => {
      await tx.planRequest.deleteMany({ where: { ownerId: owner } });
      await tx.planRequest.create({ data: request });
    });
    return path.replace(':id', request.id);
  }
  const bodyOf = (method: string, path: string) => {
    if (path.endsWith('/move')) return {};
    if (method !== 'PUT') return undefined;
    if (path.endsWith('/availability')) return { availability: 'active' };
    if (path.endsWith('/role')) return { admin: false };
    if (path.endsWith('/blocked')) return { blocked: false };
    return path.includes(':provider') ? { apiKey: canary('sk-of-the-installation-') } : { plan: 'solo' };
  };
  /** Calls every route of administrators, in their order: a key is saved before it is deleted. @returns their answers */
  async function callEach(call: (method: string, address: string, body: object | undefined) => ReturnType<TestBackend['call']>) {
    const answers: Awaited<ReturnType<TestBackend['call']>>[] = [];
    for (const {
      method,
      backend: { path },
    } of adminRoutes)
      answers.push(await call(method, await addressOf(path), bodyOf(method, path)));
    return answers;
  }
  /** Calls every route of administrators. @returns 200, or status, code and error, for each */
  const callAllRoutes = async (token: string, headers: Record<string, string> = {}) =>
    (await callEach((method, address, body) => backend.call(method, address, { token, body, headers }))).map(({ status, body }) =>
      status === 200 ? 200 : `${status} ${body.code} ${body.error}`,
    );
  const forEachRoute = (answer: unknown) => adminRoutes.map(() => answer);
  /** What this installation has not: a swarm, and an agent that has a user's id. */
  const absent: Record<string, string> = {
    setNodeAvailability: '404 NODE_NOT_FOUND This installation runs on one machine: CONTAINER_HOST is docker',
    moveAgent: '404 AGENT_NOT_FOUND Agent not found',
  };
  const accepted = adminRoutes.map(({ id }) => absent[id] ?? 200);
  const createAdminKey = async (body: object = { scopes: ['admin:*'] }) => {
    const made = await backend.as(admin, 'POST', '/api/keys', { name: 'k', ...body });
    expect(made.status).toBe(201);
    const key: string = made.body.key;
    return key;
  };

  test('include listUsers, listAllAgents, listAllAudit, listTopSpenders, getInstallationHealth and grantPlan', () => {
    expect(adminRoutes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['listUsers', 'listAllAgents', 'listAllAudit', 'listTopSpenders', 'getInstallationHealth', 'grantPlan']),
    );
  });

  test.each([[{}], [{ scopes: ['agents:read'] }], [{ scopes: ['agents:write'] }]])(
    'refuse an administrator’s API key created with %j',
    async (body) => {
      expect(await callAllRoutes(await createAdminKey(body))).toEqual(
        forEachRoute('403 INSUFFICIENT_SCOPE This API key lacks the scope admin:*'),
      );
    },
  );

  test('accept an administrator’s session, the internal key and an API key with admin:*', async () => {
    const sessions = await callEach((method, address, body) => backend.as(admin, method, address, body));
    expect(sessions.map(({ status }) => status)).toEqual(adminRoutes.map(({ id }) => (absent[id] ? 404 : 200)));
    expect(await callAllRoutes(INTERNAL_KEY)).toEqual(accepted);
    expect(await callAllRoutes(await createAdminKey())).toEqual(accepted);
    expect(await callAllRoutes(await createAdminKey({ scopes: ['agents:read', 'admin:*'] }))).toEqual(accepted);
  });

  test('a key with only admin:* gets 403 for the agents of its owner', async () => {
    const key = await createAdminKey();
    expect(await backend.call('GET', '/api/agents', { token: key })).toMatchObject(insufficientScope('agents:read'));
    expect(await backend.call('POST', '/api/agents', { token: key, body: { name: 'x' } })).toMatchObject(insufficientScope('agents:write'));
  });

  test('createApiKey with admin:* needs an administrator’s session', async () => {
    const body = { name: 'k', scopes: ['admin:*'] };
    const refused = { status: 403, body: { error: 'Only a signed-in administrator can create a key with the scope admin:*' } };
    expect(await createKey({ scopes: ['admin:*'] })).toMatchObject(refused);
    expect(await backend.machine(admin, 'POST', '/api/keys', body)).toMatchObject(refused);
    expect(await backend.machine(undefined, 'POST', '/api/keys', body)).toMatchObject(refused);
    const key = await createAdminKey({ scopes: ['agents:write', 'admin:*'] });
    const another = { status: 403, body: { error: 'An API key cannot create another one' } };
    expect(await backend.call('POST', '/api/keys', { token: key, body })).toMatchObject(another);
  });

  test('createApiKey does not replay the answer of a session to an API key with the same idempotency key', async () => {
    const headers = { 'idempotency-key': 'guessed' };
    const body = { name: 'k', scopes: ['admin:*'] };
    const made = await backend.call('POST', '/api/keys', { token: await assertion(admin), body, headers });
    expect(made.status).toBe(201);
    const replayed = await backend.call('POST', '/api/keys', { token: await createAdminKey({}), body, headers });
    expect(replayed).toMatchObject({ status: 403, body: { error: 'An API key cannot create another one' } });
  });

  test('createApiKey refuses admin:* together with agentId with 400', async () => {
    expect(await createKey({ scopes: ['admin:*'], agentId: mine })).toMatchObject({
      status: 400,
      body: { error: 'A key with the scope admin:* cannot be for one agent' },
    });
  });

  test('a key with admin:* gets 403 once its owner is no administrator', async () => {
    const key = await createAdminKey();
    const set = async (isAdmin: boolean) => {
      await backend.context.database.as('service', (tx) => tx.user.update({ where: { id: admin }, data: { isAdmin } }));
      await backend.context.callers.fence();
    };
    await set(false);
    const answers = await callAllRoutes(key);
    await set(true);
    expect(answers).toEqual(forEachRoute('403 FORBIDDEN Forbidden'));
  });
});

test('an expired key gets 401', async () => {
  const { id, key } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
  await backend.context.database.as('service', (tx) => tx.apiKey.update({ where: { id }, data: { expiresAt: new Date() } }));
  await backend.context.callers.fence();
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
])('createApiKey refuses %j with 400', async (body, error) => {
  expect(await createKey(body)).toMatchObject({ status: 400, body: { error } });
});

test('createApiKey answers 404 for the agent of another account', async () => {
  const stranger = await backend.account();
  expect((await backend.as(stranger, 'POST', '/api/keys', { name: 'k', agentId: mine })).status).toBe(404);
});

test('a hundred concurrent requests with a key write its last use once, and twenty later ones do not write it again', async () => {
  const { id, key } = await newKey({});
  const version = () =>
    backend.context.database.as('service', (tx) => tx.$queryRaw<{ xmin: string }[]>`SELECT xmin::text FROM api_keys WHERE id = ${id}`);
  const lastUsed = async () => (await backend.as(owner, 'GET', '/api/keys')).body.keys[0].lastUsed;
  await Promise.all(Array.from({ length: 100 }, () => backend.call('GET', '/api/agents', { token: key })));
  await pollUntil('the last use of the key is written', async () => (await lastUsed()) !== null, { seconds: 10, everyMs: 50 });
  const after = await version();
  await Promise.all(Array.from({ length: 20 }, () => backend.call('GET', '/api/agents', { token: key })));
  await backend.context.callers.lastSeen.flush();
  expect(await version()).toEqual(after);
  expect(await lastUsed()).toMatch(/^\d{4}-/);
});

test('a use that another process has just written is not written again', async () => {
  const second = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
  try {
    const { id, key } = await newKey({});
    const lastUsed = async () =>
      (await backend.context.database.as('service', (tx) => tx.apiKey.findUniqueOrThrow({ where: { id } }))).lastUsedAt;
    for (const each of [backend, second]) expect((await each.call('GET', '/api/agents', { token: key })).status).toBe(200);
    await backend.context.callers.lastSeen.flush();
    const first = await lastUsed();
    expect(first).toBeInstanceOf(Date);
    await second.context.callers.lastSeen.flush();
    expect(await lastUsed()).toEqual(first);
  } finally {
    await second.stop();
  }
});
