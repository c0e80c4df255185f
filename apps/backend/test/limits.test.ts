import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
