import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthenticator } from '@agentbot/test-doubles/authenticator';
import { canary } from '@agentbot/test-doubles/canaries';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startBackend, type TestBackend } from './backend.ts';

/**
 * A user can register an account with an email address of another person. When that person proves the address, the account
 * becomes theirs, and every credential that the first user left in it is removed.
 */

const ORIGIN = 'http://localhost:3000';
const OLD_PASSWORD = canary('a long password ');

let backend: TestBackend;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;
let database: pg.Client;

beforeAll(async () => {
  mailbox = await startMailbox();
  backend = await startBackend({ SMTP_URL: mailbox.url });
  database = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await database.connect();
  await backend.account();
});
afterAll(async () => {
  await database.end();
  await backend.stop();
  await mailbox.close();
});

let email: string;
let user: string;
/** The account's password now. */
let current: string;
let accounts = 0;
beforeEach(async () => {
  email = `victim${accounts++}@example.com`;
  user = await backend.account(email);
  current = OLD_PASSWORD;
});

const asWeb = (path: string, body: unknown) => backend.as(undefined, 'POST', path, body);
/** The token of the link in a mail, with quoted-printable line breaks removed. */
const tokenIn = (text: string) => /token=(?:3D)?([\w-]{43})/.exec(text.replace(/=\r?\n/g, ''))?.[1] ?? '';

/** Requests a reset link and reads its token from the mailbox. */
async function mailedToken(): Promise<string> {
  const before = mailbox.mails.length;
  expect((await asWeb('/api/password/forgot', { email })).status).toBe(200);
  await pollUntil('a mail has come', () => mailbox.mails.length > before, { everyMs: 10 });
  return tokenIn(mailbox.mails.at(-1)?.text ?? '');
}
let passwords = 0;
async function reset(extra: object = {}) {
  const password = canary(`password ${passwords++} `);
  const answer = await asWeb('/api/password/reset', { token: await mailedToken(), password, ...extra });
  current = password;
  return { ...answer, password };
}
const newKey = async () => (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body.key as string;
const statusWith = async (token: string) => (await backend.call('GET', '/api/me', { token })).status;

async function linkWallet() {
  const account = privateKeyToAccount(generatePrivateKey());
  const { address } = account;
  const { message } = (await backend.as(user, 'POST', '/api/wallets/challenge', { address })).body;
  const signature = await account.signMessage({ message });
  return () => backend.as(user, 'POST', '/api/wallets', { address, signature });
}
async function registerPasskey() {
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'A', config: { plan: 'network' } })).body;
  const verificationType = 'webauthn';
  const { options } = (await backend.as(user, 'POST', `/api/agents/${id}/verify/challenge`, { verificationType })).body;
  const credential = createAuthenticator(ORIGIN).create(options);
  return () => backend.as(user, 'POST', `/api/agents/${id}/verify`, { verificationType, credential });
}
async function addSignInPasskey() {
  const { options } = (await backend.as(user, 'PUT', '/api/account/passkeys/challenge', { password: current })).body;
  const credential = createAuthenticator(ORIGIN).create(options);
  return () => backend.as(user, 'POST', '/api/account/passkeys', { name: 'Laptop', credential });
}
/** Counts the account's valid credentials of each kind. */
async function countCredentials(): Promise<Record<string, number>> {
  const tables = ['api_keys', 'wallets', 'passkeys', 'sign_in_passkeys', 'challenges', 'identities', 'password_resets'];
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table} WHERE owner_id = $1) AS ${table}`);
  const open = `(SELECT count(*)::int FROM sessions WHERE owner_id = $1 AND ended_at IS NULL) AS sessions`;
  return (await database.query(`SELECT ${[...counts, open].join(', ')}`, [user])).rows[0];
}
const noCredentials = {
  api_keys: 0,
  wallets: 0,
  passkeys: 0,
  sign_in_passkeys: 0,
  challenges: 0,
  identities: 0,
  password_resets: 0,
  sessions: 0,
};

/** Creates one credential of each kind, and one more open challenge. @returns the API key */
async function createAllCredentials(): Promise<string> {
  const key = await newKey();
  expect((await (await linkWallet())()).status).toBe(201);
  expect((await (await registerPasskey())()).status).toBe(200);
  expect((await (await addSignInPasskey())()).status).toBe(201);
  await linkWallet();
  return key;
}

describe('the first password reset of an account', () => {
  test('removes every earlier credential', async () => {
    const key = await createAllCredentials();
    await backend.context.database.as('service', (tx) =>
      tx.identity.create({ data: { provider: 'github', subject: user, ownerId: user } }),
    );
    await mailedToken();
    expect(await countCredentials()).toEqual({
      ...noCredentials,
      api_keys: 1,
      wallets: 1,
      passkeys: 1,
      sign_in_passkeys: 1,
      challenges: 1,
      identities: 1,
      password_resets: 1,
      sessions: 1,
    });
    const { status, password } = await reset();
    expect(status).toBe(200);
    expect(await countCredentials()).toEqual(noCredentials);
    expect(await statusWith(key)).toBe(401);
    expect((await backend.as(user, 'GET', '/api/me')).status).toBe(401);
    expect((await asWeb('/api/credentials/verify', { email, password: OLD_PASSWORD })).status).toBe(401);
    expect((await asWeb('/api/credentials/verify', { email, password })).status).toBe(200);
  });

  test('keeps the credentials of other accounts', async () => {
    const mine = user;
    email = `bystander${accounts}@example.com`;
    user = await backend.account(email);
    const key = await createAllCredentials();
    const before = await countCredentials();
    [user, email] = [mine, `victim${accounts - 1}@example.com`];
    await reset();
    user = (await backend.call('GET', '/api/me', { token: key })).body.id;
    expect(await countCredentials()).toEqual(before);
  });
});

describe('a later password reset', () => {
  beforeEach(async () => {
    await reset();
    await database.query('DELETE FROM sessions WHERE owner_id = $1', [user]);
    await backend.beginSession(user);
  });

  test('ends the sessions and keeps API keys, wallets and passkeys', async () => {
    const key = await createAllCredentials();
    await reset();
    expect(await countCredentials()).toEqual({
      ...noCredentials,
      api_keys: 1,
      wallets: 1,
      passkeys: 1,
      sign_in_passkeys: 1,
      challenges: 1,
    });
    expect(await statusWith(key)).toBe(200);
  });

  test('revokes the API keys too with revokeKeys', async () => {
    const key = await createAllCredentials();
    expect((await reset({ revokeKeys: true })).status).toBe(200);
    expect(await countCredentials()).toEqual({ ...noCredentials, wallets: 1, passkeys: 1, sign_in_passkeys: 1, challenges: 1 });
    expect(await statusWith(key)).toBe(401);
  });

  test('removes the passkeys that sign in too with removePasskeys', async () => {
    await createAllCredentials();
    expect((await reset({ removePasskeys: true })).status).toBe(200);
    expect(await countCredentials()).toEqual({ ...noCredentials, api_keys: 1, wallets: 1, passkeys: 1, challenges: 1 });
  });
});

describe('a credential request in flight during the first password reset', () => {
  const countLockWaits = async () =>
    (
      await database.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).rows[0].n;
  async function untilLockWaits(count: number): Promise<void> {
    for (const late = Date.now() + 10_000; (await countLockWaits()) < count; await sleep(10))
      if (Date.now() > late) throw new Error('No query waits for a lock');
  }

  test.each([
    ['an API key', async () => () => backend.as(user, 'POST', '/api/keys', { name: 'late' })],
    ['a wallet', linkWallet],
    ['a passkey', registerPasskey],
    ['a passkey that signs in', addSignInPasskey],
  ])('answers 401 and creates no credential: %s', async (_, prepare) => {
    const make = await prepare();
    const token = await mailedToken();
    const holder = new pg.Client({ connectionString: backend.config.DATABASE_URL });
    await holder.connect();
    try {
      // Locks the account's row: the reset waits for it first, then the other request.
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user]);
      const resetting = asWeb('/api/password/reset', { token, password: canary('a new long password ') });
      await untilLockWaits(1);
      const making = make();
      await untilLockWaits(2);
      await holder.query('ROLLBACK');
      expect((await resetting).status).toBe(200);
      expect((await making).status).toBe(401);
    } finally {
      await holder.end();
    }
    expect(await countCredentials()).toEqual(noCredentials);
  });
});
