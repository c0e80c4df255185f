import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../src/shared/sha256.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';

/** Browser sessions are rows: a sign-in creates one, and its end applies at once in every process. */

const PASSWORD = canary('a long password ');
/** 14 days, the lifetime of the cookie. */
const LIFETIME_MS = 1_209_600_000;

let backend: TestBackend;
let other: TestBackend;

beforeAll(async () => {
  backend = await startBackend();
  other = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
});
afterAll(() => Promise.all([backend.stop(), other.stop()]));

const asWeb = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  backend.call('POST', path, { token: await assertion(undefined), body, headers });
const signIn = async (email: string, password = PASSWORD) =>
  asWeb('/api/credentials/verify', { email, password }, { 'user-agent': 'Firefox' });
const me = async (user: string, session: string, at = backend) =>
  (await at.call('GET', '/api/me', { token: await assertion(user, { session }) })).status;
const rowOf = (id: string) => backend.context.database.as('service', (tx) => tx.session.findUniqueOrThrow({ where: { id } }));
/** Changes a session's row, and waits until every process knows. */
async function change(id: string, data: { expiresAt?: Date; lastSeenAt?: Date }): Promise<void> {
  await backend.context.database.as('service', (tx) => tx.session.update({ where: { id }, data }));
  await backend.context.callers.fence();
}

/** Sets a new password with a reset link that is inserted here instead of mailed. */
async function reset(ownerId: string, password: string) {
  const token = 'x'.repeat(43);
  const link = { hash: sha256(token), ownerId, expiresAt: new Date(Date.now() + 60_000) };
  await backend.context.database.as('service', (tx) => tx.passwordReset.create({ data: link }));
  return asWeb('/api/password/reset', { token, password });
}

let users = 0;
async function newUser() {
  const email = `user${users++}@example.com`;
  return { email, id: await backend.account(email) };
}

test('POST /api/credentials/verify creates a session of 14 days that its assertions name', async () => {
  const { email, id } = await newUser();
  const before = Date.now();
  const { body } = await signIn(email);
  expect(body).toEqual({ id, email, name: null, session: expect.stringMatching(/^session_[a-z0-9]{12}$/) });
  expect(await me(id, body.session)).toBe(200);
  const row = await rowOf(body.session);
  expect(row).toMatchObject({ ownerId: id, userAgent: 'Firefox', endedAt: null });
  expect(Math.abs(row.expiresAt.getTime() - before - LIFETIME_MS)).toBeLessThan(60_000);
});

test('POST /api/credentials/provider creates a new session for each sign-in', async () => {
  const octo = { provider: 'github', subject: '1', email: 'octo@example.com', emailVerified: true, name: null };
  const [first, second] = [await asWeb('/api/credentials/provider', octo), await asWeb('/api/credentials/provider', octo)];
  expect(second.body.id).toBe(first.body.id);
  expect(second.body.session).not.toBe(first.body.session);
  for (const { body } of [first, second]) expect(await me(body.id, body.session)).toBe(200);
});

describe('a sign-in with a provider', () => {
  const withProvider = (identity: object) =>
    asWeb('/api/credentials/provider', { provider: 'github', emailVerified: true, name: null, ...identity });
  const count = (email: string) => backend.context.database.as('service', (tx) => tx.user.count({ where: { email } }));

  test('answers 401 to a new identity with an unverified email, and creates no account', async () => {
    const email = 'unverified@example.com';
    expect(await withProvider({ subject: '10', email, emailVerified: false })).toMatchObject({
      status: 401,
      body: { error: 'Your sign-in provider has not verified your email address' },
    });
    expect(await count(email)).toBe(0);
  });

  test('never opens an account with the same email: 409 for an account with a password or another provider', async () => {
    const { email } = await newUser();
    const taken = { status: 409, body: { code: 'EMAIL_TAKEN' } };
    expect(await withProvider({ subject: '11', email })).toMatchObject(taken);
    expect((await withProvider({ subject: '12', email: 'linked@example.com' })).status).toBe(200);
    expect(await withProvider({ provider: 'google', subject: '13', email: 'linked@example.com' })).toMatchObject(taken);
  });

  test('tells equal subjects of two providers apart', async () => {
    const [first, second] = [
      await withProvider({ subject: '14', email: 'fourteen@example.com' }),
      await withProvider({ provider: 'google', subject: '14', email: 'quatorze@example.com' }),
    ];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body.id).not.toBe(first.body.id);
  });

  test('finds its account again after its email has changed or is no longer verified', async () => {
    const { body } = await withProvider({ subject: '15', email: 'before@example.com' });
    const again = await withProvider({ subject: '15', email: 'after@example.com', emailVerified: false });
    expect(again).toMatchObject({ status: 200, body: { id: body.id, email: 'before@example.com' } });
  });

  test('leaves the account without a password: 401 for any', async () => {
    const email = 'passwordless@example.com';
    await withProvider({ subject: '16', email });
    for (const password of [PASSWORD, '', 'null']) expect((await signIn(email, password)).body.session).toBeUndefined();
  });
});

test('POST /api/credentials/sign-out ends only that session, at once, in every process', async () => {
  const { email, id } = await newUser();
  const [here, there] = [(await signIn(email)).body.session, (await signIn(email)).body.session];
  expect(await me(id, here, other)).toBe(200);
  expect(await asWeb('/api/credentials/sign-out', { session: here })).toMatchObject({ status: 200, body: { id } });
  expect([await me(id, here), await me(id, here, other), await me(id, there)]).toEqual([401, 401, 200]);
  expect(await asWeb('/api/credentials/sign-out', { session: here })).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
  const { entries } = (await backend.machine(id, 'GET', '/api/audit')).body;
  expect(entries[0]).toMatchObject({ action: 'signOut', outcome: 'done' });
});

test('an assertion answers 401 when its session is missing, unknown, expired or another user’s', async () => {
  const [mine, theirs] = [await newUser(), await newUser()];
  const { session } = (await signIn(mine.email)).body;
  expect(await me(mine.id, '')).toBe(401);
  expect(await me(mine.id, 'session_unknown00000')).toBe(401);
  expect(await me(theirs.id, session)).toBe(401);
  expect([await me(mine.id, session), await me(theirs.id, session)]).toEqual([200, 401]);
  await change(session, { expiresAt: new Date() });
  expect(await me(mine.id, session)).toBe(401);
});

describe('a password reset', () => {
  test('ends every session of the user and of no other user', async () => {
    const [mine, theirs] = [await newUser(), await newUser()];
    const sessions = [(await signIn(mine.email)).body.session, (await signIn(mine.email)).body.session];
    const foreign = (await signIn(theirs.email)).body.session;
    // One of them is old: the reset must not compare seconds.
    await change(sessions[0], { lastSeenAt: new Date(Date.now() - 3_600_000) });
    expect((await reset(mine.id, canary('another long password '))).status).toBe(200);
    for (const session of sessions) expect(await me(mine.id, session)).toBe(401);
    expect(await me(theirs.id, foreign)).toBe(200);
    const { session } = (await signIn(mine.email, canary('another long password '))).body;
    expect(await me(mine.id, session)).toBe(200);
  });

  test('leaves no session to in-flight sign-ins with the old password', async () => {
    const { email, id } = await newUser();
    const attempts = Array.from({ length: 8 }, () => signIn(email));
    await Promise.all([...attempts, reset(id, canary('another long password '))]);
    for (const { status, body } of await Promise.all(attempts)) if (status === 200) expect(await me(id, body.session)).toBe(401);
  });
});

test('a request updates lastSeenAt of its session at most once a minute', async () => {
  const { email, id } = await newUser();
  const { session } = (await signIn(email)).body;
  const { lastSeenAt: begun, expiresAt } = await rowOf(session);
  await me(id, session);
  await backend.context.callers.lastSeen.flush();
  expect((await rowOf(session)).lastSeenAt).toEqual(begun);
  // The expiry is set, too: it is what processes are told of.
  await change(session, { lastSeenAt: new Date(Date.now() - 61_000), expiresAt });
  await me(id, session);
  const isSeen = async () => (await rowOf(session)).lastSeenAt >= begun;
  await pollUntil('the session was seen', isSeen, { seconds: 10, everyMs: 50 });
});

test('the reconciler deletes expired sessions and keeps the others', async () => {
  const { email } = await newUser();
  const [old, live] = [(await signIn(email)).body.session, (await signIn(email)).body.session];
  await change(old, { expiresAt: new Date(Date.now() - 1_000) });
  const third = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
  const has = (id: string) => backend.context.database.as('service', (tx) => tx.session.count({ where: { id } }));
  for (const end = Date.now() + 20_000; (await has(old)) && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
  await third.stop();
  expect([await has(old), await has(live)]).toEqual([0, 1]);
});
