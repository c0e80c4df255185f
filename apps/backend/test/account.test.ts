import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@agentbot/contracts';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { removeClosedAccounts } from '../src/domain/offboarding/remove-closed-accounts.ts';
import { assertion, sessionOf, startBackend, type TestBackend, unreachableProviders } from './backend.ts';

/** The account page: name, password, sessions, export and deletion. */

const PASSWORD = canary('a long password ');
const NEW_PASSWORD = canary('another long password ');

let backend: TestBackend;
let admin: string;
let database: pg.Client;
beforeAll(async () => {
  backend = await startBackend(unreachableProviders);
  admin = await backend.account('admin@example.com');
  database = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await backend.stop();
});

let users = 0;
async function newUser() {
  const email = `user${users++}@example.com`;
  return { email, id: await backend.account(email) };
}
const asWeb = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  backend.call('POST', path, { token: await assertion(undefined), body, headers });
const signIn = (email: string, password = PASSWORD) => asWeb('/api/credentials/verify', { email, password }, { 'user-agent': 'Firefox' });
const withSession = async (user: string, session: string, method: string, path: string, body?: unknown) =>
  backend.call(method, path, { token: await assertion(user, { session }), body });
const inDatabase = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
/** An account that signs in with GitHub. @returns its id and the session */
async function newGitHubUser(subject: string) {
  const email = `octo${subject}@example.com`;
  const { body } = await asWeb('/api/credentials/provider', { provider: 'github', subject, email, emailVerified: true, name: 'Octo' });
  return { email, id: body.id as string, session: body.session as string };
}

test('getAccount says how the account signs in and whether its email is proved', async () => {
  const { id, email } = await newUser();
  expect((await backend.as(id, 'GET', '/api/account')).body).toEqual({
    account: {
      ...{ id, email, emailVerifiedAt: null, name: null, admin: false, plan: null, hasPassword: true, hasPasskey: false, providers: [] },
      agentMails: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
    status: 'ok',
  });
  const octo = await newGitHubUser('1');
  expect((await withSession(octo.id, octo.session, 'GET', '/api/account')).body.account).toMatchObject({
    ...{ name: 'Octo', hasPassword: false, providers: ['github'] },
    emailVerifiedAt: expect.stringMatching(/^\d{4}/),
  });
});

test('updateAccount changes the name and removes it, and refuses a name without visible characters', async () => {
  const { id } = await newUser();
  expect((await backend.as(id, 'PUT', '/api/account', { name: '  Ada  ' })).body.account.name).toBe('Ada');
  expect((await backend.as(id, 'GET', '/api/me')).body.name).toBe('Ada');
  for (const name of ['', ' ', '\u200b', 'a\u0007', 'x'.repeat(101), 1])
    expect([name, (await backend.as(id, 'PUT', '/api/account', { name })).status]).toEqual([name, 400]);
  expect((await backend.as(id, 'PUT', '/api/account', { name: null })).body.account.name).toBeNull();
});

describe('a change of password', () => {
  test('ends every other session and the links to set one, and keeps this session and the API keys', async () => {
    const { id, email } = await newUser();
    const [here, there] = [(await signIn(email)).body.session, (await signIn(email)).body.session];
    const { key } = (await withSession(id, here, 'POST', '/api/keys', { name: 'program' })).body;
    await inDatabase((tx) =>
      tx.passwordReset.create({ data: { hash: `hash-${id}`, ownerId: id, expiresAt: new Date(Date.now() + 60_000) } }),
    );
    const body = { password: NEW_PASSWORD, currentPassword: PASSWORD };
    expect(await withSession(id, here, 'PUT', '/api/account', body)).toMatchObject({ status: 200, body: { account: { id } } });
    const status = async (session: string) => (await withSession(id, session, 'GET', '/api/me')).status;
    expect([await status(here), await status(there), await status(sessionOf(id))]).toEqual([200, 401, 401]);
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(200);
    expect(await inDatabase((tx) => tx.passwordReset.count({ where: { ownerId: id } }))).toBe(0);
    expect([(await signIn(email)).status, (await signIn(email, NEW_PASSWORD)).status]).toEqual([401, 200]);
  });

  test('with a wrong current password is 403, which does not end the session, and changes nothing', async () => {
    const { id, email } = await newUser();
    const body = { password: NEW_PASSWORD, currentPassword: 'wrong' };
    expect(await backend.as(id, 'PUT', '/api/account', body)).toMatchObject({ status: 403, body: { code: 'WRONG_PASSWORD' } });
    expect([(await signIn(email)).status, (await signIn(email, NEW_PASSWORD)).status]).toEqual([200, 401]);
    expect((await backend.as(id, 'PUT', '/api/account', { password: NEW_PASSWORD })).body.error).toBe(
      'A new password needs currentPassword',
    );
  });

  test('of an account that signs in with GitHub is refused with 400', async () => {
    const { id, session } = await newGitHubUser('2');
    const body = { password: NEW_PASSWORD, currentPassword: '' };
    expect(await withSession(id, session, 'PUT', '/api/account', body)).toMatchObject({
      status: 400,
      body: { error: 'This account has no password: it signs in with GitHub or Google' },
    });
  });

  test('is limited like a sign-in: wrong passwords are 429 in the end, and then the right one is too', async () => {
    const limited = await startBackend({ SIGN_IN_RATE_LIMIT: '3' });
    const id = await limited.account('limited@example.com');
    const change = async (currentPassword: string) =>
      (await limited.as(id, 'PUT', '/api/account', { password: NEW_PASSWORD, currentPassword })).status;
    expect([await change('a'), await change('b'), await change('c')]).toEqual([403, 403, 403]);
    expect(await change(PASSWORD)).toBe(429);
    await limited.stop();
  });
});

describe('the sessions of an account', () => {
  test('are listed with their browser, and one ends at once', async () => {
    const { id, email } = await newUser();
    const { session } = (await signIn(email)).body;
    const { sessions } = (await backend.as(id, 'GET', '/api/account/sessions')).body;
    expect(sessions).toEqual([
      expect.objectContaining({ id: session, userAgent: 'Firefox', current: false }),
      expect.objectContaining({ id: sessionOf(id), userAgent: null, current: true }),
    ]);
    expect((await backend.as(id, 'DELETE', `/api/account/sessions/${session}`)).body).toEqual({ id: session, ended: true });
    expect((await withSession(id, session, 'GET', '/api/me')).status).toBe(401);
    expect((await backend.as(id, 'GET', '/api/account/sessions')).body.sessions).toHaveLength(1);
    const again = await backend.as(id, 'DELETE', `/api/account/sessions/${session}`);
    expect(again).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
  });

  test('of another account are 404 and stay', async () => {
    const [mine, theirs] = [await newUser(), await newUser()];
    const { session } = (await signIn(theirs.email)).body;
    expect((await backend.as(mine.id, 'DELETE', `/api/account/sessions/${session}`)).status).toBe(404);
    expect((await withSession(theirs.id, session, 'GET', '/api/me')).status).toBe(200);
  });
});

test('no route of the account accepts an API key', async () => {
  const { id } = await newUser();
  const { key } = (await backend.as(id, 'POST', '/api/keys', { name: 'k' })).body;
  const refused = { status: 403, body: { error: 'An API key cannot manage its account' } };
  for (const [method, path, body] of [
    ['GET', '/api/account'],
    ['PUT', '/api/account', { name: 'x' }],
    ['DELETE', '/api/account', { password: PASSWORD }],
    ['GET', '/api/account/export'],
    ['GET', '/api/account/sessions'],
    ['DELETE', '/api/account/sessions/x'],
  ] as const)
    expect(await backend.call(method, path, { token: key, body })).toMatchObject(refused);
  expect((await backend.as(id, 'GET', '/api/me')).status).toBe(200);
});

/** Rows of an owner in every table with an owner. @returns the names of the tables that have some */
async function tablesWith(ownerId: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'owner_id' ORDER BY 1",
  );
  expect(rows.length).toBeGreaterThan(25);
  const found: string[] = [];
  for (const { name } of rows) {
    if ((await database.query(`SELECT 1 FROM ${name} WHERE owner_id = $1 LIMIT 1`, [ownerId])).rowCount) found.push(name);
  }
  return found;
}

/** An account with an agent, a conversation, keys, a wallet and a booked model call. */
async function newFullUser() {
  const user = await newUser();
  const ownerId = user.id;
  const agentId: string = (await backend.machine(ownerId, 'POST', '/api/agents', { name: 'Mine' }, { 'idempotency-key': 'once' })).body.id;
  const { key } = (await backend.as(ownerId, 'POST', '/api/keys', { name: 'program' })).body;
  await backend.as(ownerId, 'PUT', '/api/provider-keys/openai', { apiKey: canary('sk-provider-') });
  await backend.machine(ownerId, 'PUT', `/api/agents/${agentId}/config`, { telegramToken: canary('1:telegram-') });
  await inDatabase(async (tx) => {
    await tx.wallet.create({ data: { address: `0x${ownerId}`, ownerId } });
    await tx.chatSession.create({ data: { id: `sess_${agentId}`, agentId, ownerId, title: 'A talk' } });
    const rows = Array.from({ length: 1_201 }, (_, index) => ({ id: `msg_${agentId}_${index}`, content: `Message ${index}` }));
    await tx.message.createMany({ data: rows.map((row) => ({ ...row, agentId, ownerId, sessionId: `sess_${agentId}`, sender: 'user' })) });
    const figures = { requests: 3, unpricedRequests: 0, inputTokens: 10n, cachedTokens: 0n, outputTokens: 5n, costMicros: 1_500_000n };
    await tx.modelDay.create({ data: { agentId, ownerId, day: new Date('2026-11-01'), provider: 'openai', model: 'm', ...figures } });
  });
  return { ...user, agentId, key: key as string };
}

test('exportAccount is one JSON file with everything that the account has, and without a secret', async () => {
  const { id, email, agentId } = await newFullUser();
  const response = await fetch(`${backend.url}/api/account/export`, { headers: { authorization: `Bearer ${await assertion(id)}` } });
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="agentbot-account.json"');
  const text = await response.text();
  const file = JSON.parse(text);
  expect(routes.exportAccount.backend.response.parse(file)).toEqual(file);
  expect(file).toMatchObject({
    account: { id, email },
    sessions: [{ id: sessionOf(id) }],
    apiKeys: [{ name: 'program', scopes: ['agents:read', 'agents:write'] }],
    modelKeys: [{ provider: 'openai' }],
    wallets: [{ address: `0x${id}` }],
    modelCalls: [{ day: '2026-11-01', agentId, requests: 3, costUsd: 1.5 }],
    agents: [{ id: agentId, name: 'Mine', conversations: [{ title: 'A talk' }] }],
  });
  expect(file.agents[0].messages.map(({ content }: { content: string }) => content)).toEqual(
    Array.from({ length: 1_201 }, (_, index) => `Message ${index}`),
  );
  expect(findInClear({ text })).toEqual([]);
  expect(text).not.toMatch(/argon2|sealed|hash/i);
  const { entries } = (await backend.as(id, 'GET', '/api/audit')).body;
  expect(entries[0]).toMatchObject({ action: 'exportAccount', outcome: 'done' });
});

describe('deleteAccount', () => {
  const remove = (id: string, body: object) => backend.as(id, 'DELETE', '/api/account', body);

  test('removes agents, credentials and every row of the account but the audit log and the cost ledger', async () => {
    const { id, email, agentId, key } = await newFullUser();
    expect(await tablesWith(id)).toEqual(
      expect.arrayContaining(['agents', 'api_keys', 'idempotency_keys', 'messages', 'model_days', 'sessions']),
    );
    expect(await remove(id, { password: PASSWORD })).toMatchObject({ status: 200, body: { id, state: 'deleted' } });
    expect((await backend.as(id, 'GET', '/api/me')).status).toBe(401);
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(401);
    expect((await signIn(email)).status).toBe(401);
    expect((await backend.machine(undefined, 'GET', `/api/agents/${agentId}`)).status).toBe(404);
    expect(await tablesWith(id)).toEqual(['audit_heads', 'audit_log', 'model_days']);
    expect(await inDatabase((tx) => tx.user.count({ where: { id } }))).toBe(0);
    // The address is free again.
    expect((await asWeb('/api/register', { email, password: PASSWORD })).status).toBe(201);
  });

  test('needs the right password: 400 without one, 403 for a wrong one, and the account stays', async () => {
    const { id, email } = await newUser();
    expect(await remove(id, {})).toMatchObject({ status: 400, body: { error: 'Type the password of the account to delete it' } });
    expect(await remove(id, { email })).toMatchObject({ status: 400 });
    expect(await remove(id, { password: 'wrong' })).toMatchObject({ status: 403, body: { code: 'WRONG_PASSWORD' } });
    expect((await backend.as(id, 'GET', '/api/me')).status).toBe(200);
  });

  test('needs the email of an account without a password', async () => {
    const { id, email, session } = await newGitHubUser('3');
    const removeAs = (body: object) => withSession(id, session, 'DELETE', '/api/account', body);
    expect(await removeAs({ email: 'other@example.com' })).toMatchObject({ status: 400 });
    expect(await removeAs({ password: 'x' })).toMatchObject({ status: 400 });
    expect(await removeAs({ email: ` ${email.toUpperCase()} ` })).toMatchObject({ status: 200, body: { state: 'deleted' } });
    const again = await asWeb('/api/credentials/provider', { provider: 'github', subject: '3', email, emailVerified: true, name: null });
    expect(again.body.id).not.toBe(id);
  });

  test('refuses the last administrator with 409, and one of two administrators who leave at once', async () => {
    expect(await remove(admin, { password: PASSWORD })).toMatchObject({ status: 409, body: { code: 'LAST_ADMINISTRATOR' } });
    const second = await newUser();
    const fresh = await startBackend();
    const ids = [await fresh.account(), await fresh.account()];
    await fresh.context.database.as('service', (tx) => tx.user.updateMany({ where: { id: { in: ids } }, data: { isAdmin: true } }));
    // Both requests wait for their own row, and go on in the same moment.
    const requests = await fresh.context.database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM users FOR UPDATE`;
      const sent = ids.map((id) => fresh.as(id, 'DELETE', '/api/account', { password: PASSWORD }));
      await sleep(1_000);
      return sent;
    });
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await fresh.stop();
    await inDatabase((tx) => tx.user.update({ where: { id: second.id }, data: { isAdmin: true } }));
    expect((await remove(second.id, { password: PASSWORD })).status).toBe(200);
    expect((await backend.as(admin, 'GET', '/api/me')).status).toBe(200);
  });

  test('refuses an account that Stripe still bills, in every state in which it may', async () => {
    const { id } = await newUser();
    const change = (status: string) =>
      inDatabase((tx) =>
        tx.subscription.upsert({
          where: { id: `sub_${id}` },
          create: { id: `sub_${id}`, ownerId: id, status, plan: 'solo' },
          update: { status },
        }),
      );
    for (const status of ['active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete']) {
      await change(status);
      expect([status, (await remove(id, { password: PASSWORD })).body.code]).toEqual([status, 'SUBSCRIPTION_ACTIVE']);
    }
    await change('canceled');
    expect((await remove(id, { password: PASSWORD })).status).toBe(200);
  });

  test('interrupted before its agents were deleted is finished by maintenance', async () => {
    const { id, agentId, email } = await newFullUser();
    await inDatabase((tx) => tx.user.update({ where: { id }, data: { closingAt: new Date(), passwordHash: null } }));
    await removeClosedAccounts(backend.context);
    await backend.settled(agentId);
    await removeClosedAccounts(backend.context);
    expect(await inDatabase((tx) => tx.user.count({ where: { id } }))).toBe(0);
    expect((await asWeb('/api/register', { email, password: PASSWORD })).status).toBe(201);
  });

  test('cancels what an agent is doing, and deletes the agent after it', async () => {
    const { id, agentId, key } = await newFullUser();
    const operation = { id: `op_${id}`, agentId, ownerId: id, kind: 'backup' };
    await inDatabase((tx) => tx.operation.create({ data: operation }));
    expect((await remove(id, { password: PASSWORD })).body).toEqual({ id, state: 'deleting' });
    expect(await inDatabase((tx) => tx.operation.findUnique({ where: { id: operation.id } }))).toMatchObject({ state: 'cancelled' });
    // Nobody can use the account while it waits for its agent.
    expect((await backend.as(id, 'GET', '/api/me')).status).toBe(401);
    expect((await backend.call('GET', '/api/agents', { token: key })).status).toBe(401);
    await removeClosedAccounts(backend.context);
    await backend.settled(agentId);
    await removeClosedAccounts(backend.context);
    expect(await tablesWith(id)).toEqual(['audit_heads', 'audit_log', 'model_days']);
  });

  test('leaves accounts that are not closing alone', async () => {
    const { id, agentId } = await newFullUser();
    await removeClosedAccounts(backend.context);
    await backend.settled(agentId);
    expect((await backend.machine(id, 'GET', `/api/agents/${agentId}`)).status).toBe(200);
  });
});
