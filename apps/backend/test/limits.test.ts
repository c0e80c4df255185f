import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { beginOperation } from '../src/domain/operations/operations.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let admin: string;

beforeAll(async () => {
  backend = await startBackend();
  admin = await backend.account();
});
afterAll(() => backend.stop());

test('POST /api/agents/provision answers 402 without a subscription', async () => {
  const user = await backend.account();
  expect(await backend.as(user, 'POST', '/api/agents/provision', { name: 'x' })).toMatchObject({
    status: 402,
    body: { error: 'Active subscription required to provision agents' },
  });
});

test('30 parallel POST /api/agents/provision at a limit of 3 create 3 agents and answer 429 to the rest', async () => {
  const user = await backend.account();
  await backend.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'collective' });
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => backend.as(user, 'POST', '/api/agents/provision', { name: `Agent ${i}` })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(27);
  expect(refused[0]?.body).toEqual({ error: 'Agent limit reached for your plan', code: 'AGENT_LIMIT_REACHED', current: 3, limit: 3 });
  expect((await backend.as(user, 'GET', '/api/agents')).body.count).toBe(3);
});

test('POST /api/agents answers 402 at the agent limit', async () => {
  const user = await backend.account();
  const create = () => backend.call('POST', '/api/agents', { token: INTERNAL_KEY, headers: { 'x-user-id': user }, body: { name: 'x' } });
  expect((await create()).status).toBe(201);
  expect(await create()).toMatchObject({ status: 402, body: { code: 'AGENT_LIMIT_REACHED', current: 1, limit: 1 } });
});

test('five parallel deletions of one agent share one operation and all answer 200', async () => {
  const { body } = await backend.as(admin, 'POST', '/api/agents', { name: 'Busy' }).then(() => backend.as(admin, 'GET', '/api/agents'));
  const { id } = body.agents[0];
  const answers = await Promise.all(Array.from({ length: 5 }, () => backend.as(admin, 'DELETE', `/api/agents/${id}`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
  const operations = await backend.context.database.as('service', (tx) => tx.operation.count({ where: { agentId: id } }));
  expect(operations).toBe(1);
});

test('eight parallel sign-ups create exactly one administrator', async () => {
  const fresh = await startBackend();
  const ids = await Promise.all(Array.from({ length: 8 }, () => fresh.account()));
  const accounts = await Promise.all(ids.map((id) => fresh.as(id, 'GET', '/api/me')));
  expect(accounts.filter(({ body }) => body.admin)).toHaveLength(1);
  await fresh.stop();
});

test('a user’s request above API_RATE_LIMIT answers 429; /health is not limited', async () => {
  const limited = await startBackend({ API_RATE_LIMIT: '3' });
  const user = await limited.account();
  for (let i = 0; i < 3; i++) expect((await limited.as(user, 'GET', '/api/me')).status).toBe(200);
  const refused = await limited.as(user, 'GET', '/api/me');
  expect(refused).toMatchObject({ status: 429, body: { error: 'Too many requests, please slow down.' } });
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect((await limited.call('GET', '/health')).status).toBe(200);
  await limited.stop();
});

test('SIGN_IN_RATE_LIMIT counts wrong passwords per email and client address; another address can still sign in', async () => {
  const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '3' });
  const email = 'guessed@example.com';
  await limited.account(email);
  const signIn = async (password: string, client: string) =>
    limited.call('POST', '/api/credentials/verify', {
      token: await assertion(undefined),
      body: { email, password },
      headers: { 'x-forwarded-for': client },
    });
  for (let i = 0; i < 3; i++) expect((await signIn('wrong', '192.0.2.1')).status).toBe(401);
  expect(await signIn(canary('a long password '), '192.0.2.1')).toMatchObject({
    status: 429,
    body: { error: 'Too many sign-in attempts: wait 15 minutes, then try again' },
  });
  expect((await signIn(canary('a long password '), '192.0.2.2')).status).toBe(200);
  await limited.stop();
});

test('ten times SIGN_IN_RATE_LIMIT wrong passwords from any addresses lock that email, and no other', async () => {
  const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '1' });
  const [email, other] = ['spread@example.com', 'calm@example.com'];
  for (const each of [email, other]) await limited.account(each);
  const signIn = async (of: string, password: string, client: string) =>
    limited.call('POST', '/api/credentials/verify', {
      token: await assertion(undefined),
      body: { email: of, password },
      headers: { 'x-forwarded-for': client },
    });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => signIn(email, 'wrong', `198.51.100.${index}`)));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
  const right = canary('a long password ');
  expect((await signIn(email, right, '203.0.113.1')).status).toBe(429);
  expect((await signIn(other, right, '203.0.113.2')).status).toBe(200);
  await limited.stop();
});

test('limits count an IPv6 client by its /64, and an IPv4-mapped address as IPv4', async () => {
  const limited = await startBackend({ API_RATE_LIMIT: '2', SIGN_IN_RATE_LIMIT: '2' });
  const list = async (client: string) => (await limited.call('GET', '/api/agents', { headers: { 'x-forwarded-for': client } })).status;
  expect([await list('2001:db8::1'), await list('2001:db8::2'), await list('2001:db8::ffff:1')]).toEqual([200, 200, 429]);
  expect(await list('2001:db8:0:1::1')).toBe(200);
  expect([await list('192.0.2.7'), await list('::ffff:192.0.2.7'), await list('::ffff:c000:207')]).toEqual([200, 200, 429]);
  await limited.account('six@example.com');
  const guess = async (client: string) => {
    const body = { email: 'six@example.com', password: 'wrong' };
    const headers = { 'x-forwarded-for': client };
    return (await limited.call('POST', '/api/credentials/verify', { token: await assertion(undefined), body, headers })).status;
  };
  expect([await guess('2001:db8:5::1'), await guess('2001:db8:5::2')]).toEqual([401, 401]);
  expect(await guess('2001:db8:5::3')).toBe(429);
  await limited.stop();
});

test('a stream above STREAM_LIMIT of its user answers 429, until one of them closes', async () => {
  const limited = await startBackend({ STREAM_LIMIT: '2' });
  const [user, other] = [await limited.account(), await limited.account()];
  const open = async (userId: string, credential: 'session' | 'internal') => {
    const closing = new AbortController();
    const headers: Record<string, string> =
      credential === 'session'
        ? { authorization: `Bearer ${await assertion(userId)}` }
        : { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': userId };
    const response = await fetch(`${limited.url}/api/overview/stream`, { headers, signal: closing.signal });
    return { response, status: response.status, close: () => closing.abort() };
  };
  const first = await open(user, 'session');
  const streams = [first, await open(user, 'internal'), await open(other, 'session')];
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
  const refused = await open(user, 'session');
  expect([refused.status, await refused.response.json()]).toEqual([
    429,
    { error: 'Too many open streams: close one, then try again', code: 'RATE_LIMITED' },
  ]);
  first.close();
  await pollUntil('a place is free', async () => (await open(user, 'session')).status === 200, { seconds: 10, everyMs: 50 });
  await limited.stop();
});

test('of an owner’s slow operations one is in flight, so that another owner’s begins beside it', async () => {
  const { database, boss } = backend.context;
  const agentOf = async (owner: string) => {
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Archived' })).body;
    return database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
  };
  const [busy, other] = [await backend.account(), await backend.account()];
  await backend.as(admin, 'PUT', `/api/admin/users/${busy}/plan`, { plan: 'network' });
  const agents = [await agentOf(busy), await agentOf(busy), await agentOf(other)];
  // Without an engine, an operation that has begun waits for one.
  const ids: string[] = [];
  for (const agent of agents) ids.push((await database.as('service', (tx) => beginOperation(tx, boss, agent, 'backup'))).id);
  const states = async () => {
    const rows = await database.as('service', (tx) => tx.operation.findMany({ where: { id: { in: ids } } }));
    return ids.map((id) => rows.find((row) => row.id === id)?.state);
  };
  await pollUntil('the other owner’s operation runs', async () => (await states())[2] === 'running', { seconds: 30, everyMs: 100 });
  expect((await states()).filter((state) => state === 'running')).toHaveLength(2);
  expect((await states())[2]).toBe('running');
  const running = (await states()).indexOf('running');
  expect((await backend.as(busy, 'POST', `/api/agents/${agents[running]?.id}/operations/${ids[running]}/cancel`)).status).toBe(200);
  await pollUntil('the next operation of the owner runs', async () => (await states())[1 - running] === 'running', {
    seconds: 30,
    everyMs: 100,
  });
});
