import { createHash } from 'node:crypto';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAccounts } from '../src/domain/accounts/accounts.ts';
import { resetPassword } from '../src/domain/accounts/password-reset.ts';
import { listUsers } from '../src/domain/overview/list-users-and-agents.ts';
import { sha256 } from '../src/shared/sha256.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';
import { storedSpec } from './stored-spec.ts';

let backend: TestBackend;
let admin: string;

beforeAll(async () => {
  backend = await startBackend({ TESTER_EMAILS: 'tester@example.com' });
  admin = await backend.account();
});
afterAll(() => backend.stop());

const grant = (user: string, plan: string) => backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan });
const newKey = async (user: string, name = 'ci') => (await backend.as(user, 'POST', '/api/keys', { name })).body;
const count = (ownerId: string) => backend.context.database.as('service', (tx) => tx.agent.count({ where: { ownerId } }));
const parallel = <T>(times: number, work: (index: number) => Promise<T>) => Promise.all(Array.from({ length: times }, (_, i) => work(i)));

describe('API keys', () => {
  test('a key is returned once, stored as a hash, and reaches only its owner’s agents', async () => {
    const [mine, theirs] = [await backend.account(), await backend.account()];
    const { key, ...listed } = await newKey(mine);
    expect(key).toMatch(/^sk_[\w-]{43}$/);
    expect((await backend.as(mine, 'GET', '/api/keys')).body).toEqual({ keys: [{ ...listed, lastUsed: null }] });
    const rows = await backend.context.database.as('service', (tx) => tx.apiKey.findMany({ where: { ownerId: mine } }));
    expect(rows[0]?.hash).toBe(createHash('sha256').update(key).digest('hex'));
    expect(JSON.stringify(rows)).not.toContain(key);

    const ours = (await backend.call('POST', '/api/agents', { token: key, body: { name: 'Ours' } })).body;
    const other = (await backend.machine(theirs, 'POST', '/api/agents', { name: 'Theirs' })).body;
    expect((await backend.call('GET', '/api/agents', { token: key })).body).toEqual([expect.objectContaining({ id: ours.id })]);
    expect((await backend.call('GET', `/api/agents/${other.id}`, { token: key })).status).toBe(404);
    expect((await backend.call('DELETE', `/api/agents/${other.id}`, { token: key })).body).toEqual({ id: other.id, deleted: true });
    expect(await count(theirs)).toBe(1);
    await backend.context.callers.lastSeen.flush();
    expect((await backend.as(mine, 'GET', '/api/keys')).body.keys[0].lastUsed).toMatch(/^\d{4}-/);
  });

  test('DELETE /api/keys/:id makes the key answer 401 at once, and answers 404 for another user’s key', async () => {
    const [mine, theirs] = [await backend.account(), await backend.account()];
    const { id, key } = await newKey(mine);
    expect((await backend.as(theirs, 'DELETE', `/api/keys/${id}`)).status).toBe(404);
    expect((await backend.call('GET', '/api/me', { token: key })).status).toBe(200);
    expect((await backend.as(mine, 'DELETE', `/api/keys/${id}`)).body).toEqual({ id, deleted: true });
    expect((await backend.call('GET', '/api/me', { token: key })).status).toBe(401);
  });

  test('20 parallel POST /api/keys create ten keys and answer 409 to the rest', async () => {
    const user = await backend.account();
    const answers = await parallel(20, (i) => backend.as(user, 'POST', '/api/keys', { name: `k${i}` }));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      body: { error: 'API key limit reached', code: 'API_KEY_LIMIT_REACHED', limit: 10 },
    });
  });
});

describe('the internal key', () => {
  test('creates platform agents without x-user-id, and reads and changes every agent', async () => {
    const user = await backend.account();
    const { body: theirs } = await backend.machine(user, 'POST', '/api/agents', { name: 'Theirs' });
    const { body: own } = await backend.machine(undefined, 'POST', '/api/agents', { name: 'Platform’s' });
    const ids = (await backend.machine(undefined, 'GET', '/api/agents')).body.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining([theirs.id, own.id]));
    expect((await backend.machine(undefined, 'PUT', `/api/agents/${theirs.id}`, { plan: 'network' })).body).toMatchObject({
      plan: 'network',
    });
    expect((await backend.as(user, 'GET', '/api/agents')).body.count).toBe(1);
  });

  test('does not make the platform’s account an administrator; the first user is the administrator', async () => {
    expect((await backend.as(admin, 'GET', '/api/me')).body.admin).toBe(true);
    expect((await backend.machine(undefined, 'GET', '/api/me')).body.admin).toBe(false);
  });
});

describe('plans', () => {
  test.each([
    ['label', 1],
    ['solo', 3],
    ['collective', 10],
  ])('100 parallel POST /api/agents on %s create exactly %i agents', async (plan, limit) => {
    const user = await backend.account();
    const { key } = await newKey(user);
    const answers = await parallel(100, (i) =>
      backend.call('POST', '/api/agents', { token: key, body: { name: `A${i}`, config: { plan } } }),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(limit);
    expect(answers.find(({ status }) => status === 402)?.body).toEqual({
      error: 'Agent limit reached for your plan',
      code: 'AGENT_LIMIT_REACHED',
      current: limit,
      limit,
    });
    expect(answers.every(({ status }) => status === 201 || status === 402)).toBe(true);
    expect(await count(user)).toBe(limit);
  });

  test.each([
    ['solo', 1],
    ['collective', 3],
    ['label', 10],
  ])('POST /api/provision on %s answers 402 above %i agents', async (plan, limit) => {
    const user = await backend.account();
    await grant(user, plan);
    const answers = await parallel(limit + 4, () => backend.machine(user, 'POST', '/api/provision', { plan, telegramToken: canary('1:') }));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(limit);
    expect(answers.find(({ status }) => status === 402)?.body).toMatchObject({ code: 'AGENT_LIMIT_REACHED', current: limit, limit });
  });

  test('POST /api/provision needs no subscription for testers and administrators, and has no agent limit for administrators', async () => {
    const tester = await backend.account('tester@example.com');
    const nobody = await backend.account();
    const provision = (user: string) => backend.as(user, 'POST', '/api/provision', { plan: 'solo', discordBotToken: canary('discord-') });
    expect((await provision(nobody)).status).toBe(402);
    expect((await provision(tester)).status).toBe(200);
    expect(await provision(tester)).toMatchObject({ status: 402, body: { code: 'AGENT_LIMIT_REACHED', current: 1, limit: 1 } });
    for (let i = 0; i < 3; i++) expect((await provision(admin)).status).toBe(200);
  });

  test('ADMIN_EMAILS and TESTER_EMAILS apply in production only to verified email addresses', async () => {
    const { database } = backend.context;
    const listed = { ADMIN_EMAILS: ['boss@example.com', 'octo@example.com'], TESTER_EMAILS: ['boss@example.com'] };
    const config = { ...backend.config, NODE_ENV: 'production' as const, ...listed };
    const accounts = createAccounts({ ...backend.context, config });
    const { id: ownerId } = await accounts.register({ email: 'boss@example.com', password: canary('a long password ') });
    expect(await accounts.find(ownerId)).toMatchObject({ admin: false, tester: false });
    const { key } = await newKey(ownerId);

    const token = 'x'.repeat(43);
    const link = { hash: sha256(token), ownerId, expiresAt: new Date(Date.now() + 60_000) };
    await database.as('service', (tx) => tx.passwordReset.create({ data: link }));
    await resetPassword(backend.context, { token, password: canary('another long password ') });
    expect(await accounts.find(ownerId)).toMatchObject({ admin: true, tester: true });
    // Somebody else may have registered the address: the reset revokes earlier API keys.
    expect((await backend.call('GET', '/api/me', { token: key })).status).toBe(401);

    const octo = { provider: 'github', subject: '7', email: 'octo@example.com', emailVerified: true, name: null };
    expect(await accounts.signInWith(octo)).toMatchObject({ admin: true, tester: false });
    const { users } = await listUsers({ database, config }, { q: 'boss@' });
    expect(users.map(({ admin }) => admin)).toEqual([true]);
  });

  test('the plan and stripeSubscriptionId of a request count from the internal key only', async () => {
    const user = await backend.account();
    const { key } = await newKey(user);
    const body = { plan: 'solo', telegramToken: canary('1:'), stripeSubscriptionId: 'sub_123', email: 'someone@example.com' };
    expect(
      await backend.call('POST', '/api/provision', { token: key, body, headers: { 'x-user-email': 'tester@example.com' } }),
    ).toMatchObject({
      status: 402,
      body: { error: 'Active subscription required', code: 'PAYMENT_REQUIRED' },
    });
    expect((await backend.machine(user, 'POST', '/api/provision', body)).status).toBe(200);
    await grant(user, 'solo');
    const agent = (await backend.call('GET', '/api/agents', { token: key })).body[0];
    expect((await backend.call('PUT', `/api/agents/${agent.id}`, { token: key, body: { plan: 'network' } })).status).toBe(402);
  });
});

describe('the plan of a container', () => {
  let closed: TestBackend;
  beforeAll(async () => {
    closed = await startBackend({ PROVISIONING_ENABLED: 'false' });
  });
  afterAll(() => closed.stop());
  const unpaid = { status: 402, body: { code: 'PAYMENT_REQUIRED' } };
  const noDocker = { status: 500, body: { code: 'DOCKER_UNAVAILABLE' } };
  const change = (where: TestBackend, id: string, data: object) =>
    where.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data }));

  test('is required: start, restart, update and repair answer 402 without a subscription', async () => {
    const { key } = await newKey(await backend.account());
    const body = { name: 'For nothing', config: { plan: 'network' } };
    const { id } = (await backend.call('POST', '/api/agents', { token: key, body })).body;
    for (const action of ['start', 'restart', 'update', 'repair']) {
      expect(await backend.call('POST', `/api/agents/${id}/${action}`, { token: key, body: {} })).toMatchObject(unpaid);
    }
  });

  test('stays the paid one for a clone: update, repair and restore of a raised plan answer 402', async () => {
    const user = await backend.account();
    const { key } = await newKey(user);
    const { id } = (await backend.call('POST', '/api/agents', { token: key, body: { name: 'Clone' } })).body;
    await change(backend, id, { parentId: 'agent_parent', plan: 'solo', containerSpec: storedSpec({ plan: 'solo' }) });
    const backup = { id: `bk_${id}`, agentId: id, ownerId: user, cause: 'manual', name: 'x.tar.gz', sizeBytes: 1, sha256: 'x' };
    await backend.context.database.as('service', (tx) => tx.backup.create({ data: backup }));
    const ask = (action: string) => backend.call('POST', `/api/agents/${id}/${action}`, { token: key, body: {} });
    const restore = `backups/${backup.id}/restore`;
    for (const action of ['start', 'restart', 'update', 'repair', restore]) expect(await ask(action)).toMatchObject(noDocker);
    // The plan was raised, as between a request and its repair.
    await change(backend, id, { plan: 'network' });
    for (const action of ['update', 'repair', restore]) expect(await ask(action)).toMatchObject(unpaid);
    for (const action of ['start', 'restart']) expect(await ask(action)).toMatchObject(noDocker);
    await grant(user, 'network');
    for (const action of ['update', 'repair', restore]) expect(await ask(action)).toMatchObject(noDocker);
  });

  test.each([
    ['of a clone', { parentId: 'agent_parent', plan: 'solo' }],
    ['that starts when the engine is available', { runtime: 'api', state: 'running', plan: 'solo' }],
    ['that is being created', { state: 'provisioning', plan: 'solo' }],
  ])('%s cannot be raised without payment', async (_, is) => {
    const user = await backend.account();
    const { key } = await newKey(user);
    const { id } = (await backend.call('POST', '/api/agents', { token: key, body: { name: 'Small' } })).body;
    await change(backend, id, is);
    const put = (path: string, body: object) => backend.call('PUT', `/api/agents/${id}${path}`, { token: key, body });
    for (const plan of ['collective', 'label', 'network']) {
      expect(await put('', { plan })).toMatchObject(unpaid);
      expect(await put('/config', { plan })).toMatchObject(unpaid);
      expect(await put('', { config: { plan } })).toMatchObject(unpaid);
    }
    expect((await put('', { plan: 'solo', name: 'Renamed' })).status).toBe(200);
    await grant(user, 'collective');
    expect(await put('', { plan: 'network' })).toMatchObject(unpaid);
    expect((await put('', { plan: 'collective' })).body.plan).toBe('collective');
    expect((await backend.machine(user, 'PUT', `/api/agents/${id}`, { plan: 'network' })).body.plan).toBe('network');
  });

  test('defaults to label for a subscriber; a label plan that the client names must be paid for', async () => {
    const user = await backend.account();
    const { key } = await newKey(user);
    const call = (method: string, path: string, body: object = {}) => backend.call(method, path, { token: key, body });
    const unnamed = (await call('POST', '/api/agents', { name: 'Unnamed' })).body.id;
    const other = await backend.account();
    const named = (await backend.machine(other, 'POST', '/api/agents', { name: 'Named', config: { plan: 'label' } })).body.id;
    await change(backend, named, { ownerId: user });
    await grant(user, 'solo');
    const config = { plan: 'label', telegramToken: canary('1:') };
    expect(await call('POST', '/api/deployments', { agentId: `new-${user}`, config })).toMatchObject(unpaid);
    // A client may repeat the default, and the dashboard's form sends unchanged fields.
    expect(await call('POST', '/api/deployments', { agentId: unnamed, config })).toMatchObject(noDocker);
    expect(await call('POST', '/api/agents', { name: 'New', config: { plan: 'label' } })).toMatchObject(unpaid);
    const small = (await call('POST', '/api/agents', { name: 'Small', config: { plan: 'solo' } })).body.id;
    expect(await call('PUT', `/api/agents/${small}`, { plan: 'label' })).toMatchObject(unpaid);
    expect(await call('PUT', `/api/agents/${small}/config`, { plan: 'label' })).toMatchObject(unpaid);
    expect((await call('PUT', `/api/agents/${unnamed}/config`, { plan: 'label', model: 'gpt-4o' })).status).toBe(200);
    for (const action of ['start', 'repair']) {
      expect(await call('POST', `/api/agents/${named}/${action}`)).toMatchObject(unpaid);
      expect(await call('POST', `/api/agents/${unnamed}/${action}`)).toMatchObject(noDocker);
    }
    expect(await backend.machine(user, 'POST', '/api/deployments', { agentId: `new-${user}`, config })).toMatchObject(noDocker);
    await grant(user, 'label');
    expect(await call('POST', '/api/deployments', { agentId: named, config })).toMatchObject(noDocker);
    // The dashboard takes the plan from the subscription's tier only.
    await grant(other, 'solo');
    const { id } = (await backend.as(other, 'POST', '/api/agents/provision', { name: 'By tier', config: { plan: 'label' } })).body.agent;
    expect((await backend.as(other, 'GET', `/api/agents/${id}`)).body.agent.plan).toBe('label');
    expect(await backend.as(other, 'POST', `/api/agents/${id}/repair`)).toMatchObject(noDocker);
  });

  test('provisionAgent gives an agent the plan that the request names, if the account’s plan covers it', async () => {
    const user = await backend.account();
    await grant(user, 'collective');
    const provision = (plan: string) => backend.as(user, 'POST', '/api/agents/provision', { name: 'Named', plan, tier: 'starter' });
    expect(await provision('label')).toMatchObject({ status: 402, body: { error: 'Your subscription does not cover label' } });
    for (const plan of ['collective', 'solo']) {
      const { status, body } = await provision(plan);
      expect(status).toBe(201);
      expect((await backend.as(user, 'GET', `/api/agents/${body.agent.id}`)).body.agent.plan).toBe(plan);
    }
  });

  test('gives an agent no first container while PROVISIONING_ENABLED is false: lifecycle calls answer 503', async () => {
    const user = await closed.account();
    const { id } = (await closed.machine(user, 'POST', '/api/agents', { name: 'Waits' })).body;
    const ask = (action: string) => closed.as(user, 'POST', `/api/agents/${id}/${action}`, {});
    const actions = ['start', 'restart', 'update', 'repair'];
    for (const action of actions) expect(await ask(action)).toMatchObject({ status: 503, body: { code: 'PROVISIONING_DISABLED' } });
    await change(closed, id, { containerSpec: storedSpec({ plan: 'label' }) });
    for (const action of actions) expect(await ask(action)).toMatchObject(noDocker);
  });
});

describe('Idempotency-Key', () => {
  const create = (user: string, key: string, body: unknown = { name: 'Once', config: { plan: 'network' } }) =>
    backend.machine(user, 'POST', '/api/agents', body, { 'idempotency-key': key });

  test('100 parallel requests with one key create one agent and get the same response', async () => {
    const user = await backend.account();
    const answers = await parallel(100, () => create(user, 'one-key'));
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(99);
    expect(await count(user)).toBe(1);
  });

  test('a key with another body answers 422; keys are per user; the order of fields does not matter', async () => {
    const [mine, theirs] = [await backend.account(), await backend.account()];
    const first = await create(mine, 'k', { name: 'A', config: { plan: 'solo', aiProvider: 'groq' } });
    expect((await create(mine, 'k', { config: { aiProvider: 'groq', plan: 'solo' }, name: 'A' })).body).toEqual(first.body);
    expect(await create(mine, 'k', { name: 'B' })).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await create(theirs, 'k', { name: 'B' })).body.id).not.toBe(first.body.id);
    expect((await create(mine, '', { name: 'B' })).status).toBe(400);
    expect((await create(mine, 'x'.repeat(256), { name: 'B' })).status).toBe(400);
  });

  test('a 400 response is not stored, so the client can retry with the key', async () => {
    const user = await backend.account();
    expect((await create(user, 'again', { name: '' })).status).toBe(400);
    expect((await create(user, 'again', { name: 'Now' })).status).toBe(201);
    // Refused by the operation itself, after the key was claimed.
    const other = await backend.account();
    expect((await create(other, 'once-more', { name: 'B', config: { allowedDomains: ['example.com'] } })).status).toBe(400);
    expect((await create(other, 'once-more', { name: 'B' })).status).toBe(201);
  });

  test('a retry after a crash finds the agent that the first request created', async () => {
    const user = await backend.account();
    const first = await create(user, 'crash');
    const row = { ownerId_key: { ownerId: user, key: 'crash' } };
    const unfinished = { status: null, sealedBody: null, aliveAt: new Date(Date.now() - 60_000) };
    await backend.context.database.as('service', (tx) => tx.idempotencyKey.update({ where: row, data: unfinished }));
    expect((await create(user, 'crash')).body).toEqual(first.body);
    expect(await count(user)).toBe(1);
  });

  test('a response is stored encrypted and replayed for 24 hours', async () => {
    const user = await backend.account();
    const make = () => backend.machine(user, 'POST', '/api/keys', { name: 'k' }, { 'idempotency-key': 'day' });
    const first = await make();
    expect((await make()).body.key).toBe(first.body.key);
    const [row] = await backend.context.database.as('service', (tx) => tx.idempotencyKey.findMany({ where: { ownerId: user } }));
    expect(JSON.stringify(row)).not.toContain(first.body.key);
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000 - 1);
    await backend.context.database.as('service', (tx) =>
      tx.idempotencyKey.updateMany({ where: { ownerId: user }, data: { createdAt: yesterday } }),
    );
    expect((await make()).body.id).not.toBe(first.body.id);
  });
});

test('GET /api/agents pages by the Link header and refuses an invalid cursor or limit', async () => {
  const user = await backend.account();
  for (let i = 0; i < 5; i++) await backend.machine(user, 'POST', '/api/agents', { name: `A${i}`, config: { plan: 'network' } });
  // All in one millisecond: a page ends between them.
  const createdAt = new Date();
  await backend.context.database.as('service', (tx) => tx.agent.updateMany({ where: { ownerId: user }, data: { createdAt } }));
  const all = (await backend.machine(user, 'GET', '/api/agents')).body;
  expect(all).toHaveLength(5);
  const seen = [];
  let next: string | undefined = '?limit=2';
  while (next) {
    const page: Awaited<ReturnType<typeof backend.call>> = await backend.machine(user, 'GET', `/api/agents${next}`);
    expect(page.body.length).toBeLessThanOrEqual(2);
    seen.push(...page.body);
    next = /<(.+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
  }
  expect(seen).toEqual(all);
  expect((await backend.machine(user, 'GET', '/api/agents?cursor=!')).body.error).toBe('Invalid cursor');
  expect((await backend.machine(user, 'GET', '/api/agents?cursor=YWJj')).body.error).toBe('Invalid cursor');
  expect((await backend.machine(user, 'GET', '/api/agents?limit=0')).body.error).toBe('limit must be at least 1');
});

test('GET /api/agents/:id/operations pages by the Link header, with and without a kind', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Busy' })).body;
  // Four operations share each millisecond: a page may end between them.
  const data = Array.from({ length: 25 }, (_, i) => ({
    id: `op_${id}_${String(i).padStart(2, '0')}`,
    agentId: id,
    ownerId: user,
    kind: i === 0 ? 'update' : 'restart',
    createdAt: new Date(Date.UTC(2026, 0, 1) + Math.floor(i / 4)),
    state: 'succeeded' as const,
    finishedAt: new Date(),
  }));
  await backend.context.database.as('service', (tx) => tx.operation.createMany({ data }));
  const read = (query: string) => backend.machine(user, 'GET', `/api/agents/${id}/operations${query}`);
  const nextOf = ({ headers }: Awaited<ReturnType<typeof read>>) => /<(.+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  const ids = ({ body }: Awaited<ReturnType<typeof read>>) => body.operations.map((operation: { id: string }) => operation.id);
  const all = data.map((each) => each.id).reverse();

  const first = await read('');
  expect(ids(first)).toEqual(all.slice(0, 20));
  const rest = await read(nextOf(first) ?? '');
  expect([ids(rest), nextOf(rest)]).toEqual([all.slice(20), undefined]);
  const seen = [];
  for (let next: string | undefined = '?limit=3'; next; ) {
    const page: Awaited<ReturnType<typeof read>> = await read(next);
    seen.push(...ids(page));
    next = nextOf(page);
  }
  expect(seen).toEqual(all);
  expect(ids(await read('?kind=update&limit=1'))).toEqual([data[0]?.id]);
  const restarts = await read('?kind=restart&limit=22');
  expect(ids(await read(nextOf(restarts) ?? ''))).toEqual(all.filter((each) => each !== data[0]?.id).slice(22));
  expect((await read('?cursor=YWJj')).body.error).toBe('Invalid cursor');
  expect((await read('?kind=reboot')).body.error).toBe('Invalid kind');
});

test('two backends on one Postgres share the rate limits, which also count wrong credentials', async () => {
  const settings = { API_RATE_LIMIT: '6', DEPLOYMENT_RATE_LIMIT: '2' };
  const one = await startBackend(settings);
  const two = await startBackend({ ...settings, DATABASE_URL: one.config.DATABASE_URL });
  const deploy = (at: TestBackend) => at.call('POST', '/api/deployments', { token: INTERNAL_KEY, body: {} });
  expect([(await deploy(one)).status, (await deploy(two)).status]).toEqual([400, 400]);
  expect(await deploy(one)).toMatchObject({ status: 429, body: { error: 'Deployment rate limit exceeded.', code: 'RATE_LIMITED' } });
  const callWithWrongToken = (at: TestBackend) => at.call('GET', '/api/agents', { token: 'wrong' });
  expect([(await callWithWrongToken(two)).status, (await callWithWrongToken(one)).status, (await callWithWrongToken(two)).status]).toEqual([
    401, 401, 401,
  ]);
  const refused = await callWithWrongToken(one);
  expect(refused).toMatchObject({ status: 429, body: { error: 'Too many requests, please slow down.' } });
  expect(Number(refused.headers.get('ratelimit-limit'))).toBe(6);
  expect(Number(refused.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
  await Promise.all([one.stop(), two.stop()]);
});

test('a new provider sets its default model, a new endpoint sets custom, and a baseUrl without a model answers 400', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { aiProvider: 'anthropic' } })).body;
  const model = async () => (await backend.as(user, 'GET', '/api/agents')).body.agents[0].model;
  expect(await model()).toBe('claude-sonnet-4-5');
  await backend.machine(user, 'PUT', `/api/agents/${id}`, { aiProvider: 'openai' });
  expect(await model()).toBe('gpt-4o');
  await backend.machine(user, 'PUT', `/api/agents/${id}/config`, { model: 'gpt-4o-mini' });
  expect(await model()).toBe('gpt-4o-mini');
  const endpoint = { baseUrl: 'http://models.example/v1', model: 'own' };
  expect((await backend.machine(user, 'PUT', `/api/agents/${id}/config`, endpoint)).status).toBe(200);
  expect(await model()).toBe('custom');
  const { id: other } = (await backend.machine(undefined, 'POST', '/api/agents', { name: 'B', config: { plan: 'network' } })).body;
  expect((await backend.machine(undefined, 'PUT', `/api/agents/${other}/config`, { baseUrl: endpoint.baseUrl })).status).toBe(400);
});

test('a null model restores the default model, and a new provider replaces a custom endpoint', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { aiProvider: 'openai' } })).body;
  const change = async (body: object) => (await backend.machine(user, 'PUT', `/api/agents/${id}/config`, body)).body.config;
  const known = async () => {
    const [{ model }] = (await backend.as(user, 'GET', '/api/agents')).body.agents;
    return [(await backend.machine(user, 'PUT', `/api/agents/${id}`, {})).body.aiProvider, model];
  };
  expect(await change({ model: 'gpt-4o-mini' })).toEqual({ aiProvider: 'openai', model: 'gpt-4o-mini' });
  expect(await change({ ownerIds: ['1'] })).toEqual({ aiProvider: 'openai', model: 'gpt-4o-mini', ownerIds: ['1'] });
  expect(await change({ config: { model: null } })).toEqual({ aiProvider: 'openai', ownerIds: ['1'] });
  expect(await known()).toEqual(['openai', 'gpt-4o']);

  const endpoint = { baseUrl: 'http://models.example/v1', model: 'own' };
  expect(await change(endpoint)).toEqual({ ...endpoint, ownerIds: ['1'] });
  expect(await known()).toEqual(['custom', 'custom']);
  const refused = await backend.machine(user, 'PUT', `/api/agents/${id}/config`, { model: null });
  expect(refused).toMatchObject({ status: 400, body: { error: 'The model custom needs config.baseUrl and config.model' } });
  expect(await change({ aiProvider: 'anthropic' })).toEqual({ aiProvider: 'anthropic', ownerIds: ['1'] });
  expect(await known()).toEqual(['anthropic', 'claude-sonnet-4-5']);
  expect(await change({ ...endpoint, apiKey: canary('k-') })).toEqual({ ...endpoint, ownerIds: ['1'] });
  expect(await change({ aiProvider: 'groq', model: 'llama-3.1-8b-instant', apiKey: canary('gsk-') })).toMatchObject({
    model: 'llama-3.1-8b-instant',
  });
  expect(await known()).toEqual(['groq', 'llama-3.1-8b-instant']);
});

test('100 parallel wrong passwords all count towards SIGN_IN_RATE_LIMIT', async () => {
  const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '40' });
  const email = 'rushed@example.com';
  await limited.account(email);
  const answers = await parallel(100, async () =>
    limited.call('POST', '/api/credentials/verify', { token: await assertion(undefined), body: { email, password: 'wrong' } }),
  );
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(40);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(60);
  await limited.stop();
});

test('POST /api/provision answers 402 for label to a subscriber of solo', async () => {
  const user = await backend.account();
  await grant(user, 'solo');
  const body = { plan: 'label', telegramToken: canary('1:') };
  expect(await backend.machine(user, 'POST', '/api/provision', body)).toMatchObject({ status: 402, body: { code: 'PAYMENT_REQUIRED' } });
});
