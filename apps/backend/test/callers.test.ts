import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { type ChildBackend, startChildBackend } from './child-backend.ts';

/** Who calls is kept in memory, and ends at once in another process, which runs here as a process of its own. */

let backend: TestBackend;
let other: ChildBackend;
let owner: pg.Client;
let admin: string;

beforeAll(async () => {
  backend = await startBackend();
  const { DATABASE_URL } = backend.config;
  other = await startChildBackend({ DATABASE_URL, DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  owner = new pg.Client({ connectionString: DATABASE_URL });
  await owner.connect();
  admin = await backend.account();
});
afterAll(async () => {
  await owner.end();
  await other.stop();
  await backend.stop();
});

const newKey = async (ownerId: string): Promise<{ id: string; key: string }> =>
  (await backend.machine(ownerId, 'POST', '/api/keys', { name: 'k' })).body;
/** The status of a request to the other process. */
const there = async (token: string, address = '/api/agents') => (await other.call('GET', address, undefined, token)).status;

test('a revoked key answers 401 in another process as soon as its revocation is answered', async () => {
  const user = await backend.account();
  for (let round = 0; round < 25; round++) {
    const { id, key } = await newKey(user);
    expect([await there(key), await there(key)]).toEqual([200, 200]);
    expect((await backend.machine(user, 'DELETE', `/api/keys/${id}`)).status).toBe(200);
    expect(await there(key)).toBe(401);
  }
});

test('an ended session answers 401 in another process as soon as its end is answered', async () => {
  for (let round = 0; round < 10; round++) {
    const email = `round${round}@example.com`;
    const user = await backend.account(email);
    const asWeb = async (address: string, body: unknown) => backend.call('POST', address, { token: await assertion(undefined), body });
    const { session } = (await asWeb('/api/credentials/verify', { email, password: canary('a long password ') })).body;
    const me = async () => there(await assertion(user, { session }), '/api/me');
    expect([await me(), await me()]).toEqual([200, 200]);
    expect((await asWeb('/api/credentials/sign-out', { session })).status).toBe(200);
    expect(await me()).toBe(401);
  }
});

test('a withdrawn administrator’s right ends in another process', async () => {
  const list = async () => there(await assertion(admin), '/api/admin/users');
  expect([await list(), await list()]).toEqual([200, 200]);
  await owner.query('UPDATE users SET is_admin = false WHERE id = $1', [admin]);
  await backend.context.callers.fence();
  expect(await list()).toBe(403);
  await owner.query('UPDATE users SET is_admin = true WHERE id = $1', [admin]);
  await backend.context.callers.fence();
  expect(await list()).toBe(200);
});

test('a blocked user’s key and session answer 401 in another process as soon as the block is answered', async () => {
  for (let round = 0; round < 10; round++) {
    const user = await backend.account();
    const { key } = await newKey(user);
    const me = async () => there(await assertion(user), '/api/me');
    expect([await there(key), await me()]).toEqual([200, 200]);
    expect((await backend.as(admin, 'PUT', `/api/admin/users/${user}/blocked`, { blocked: true })).status).toBe(200);
    expect([await there(key), await me()]).toEqual([401, 401]);
    expect((await backend.as(admin, 'PUT', `/api/admin/users/${user}/blocked`, { blocked: false })).status).toBe(200);
    expect(await there(key)).toBe(200);
  }
});

test('a role and a deleted account end in another process as soon as they are answered', async () => {
  const user = await backend.account();
  const { key } = await newKey(user);
  const list = async () => there(await assertion(user), '/api/admin/users');
  expect((await backend.as(admin, 'PUT', `/api/admin/users/${user}/role`, { admin: true })).status).toBe(200);
  expect([await there(key), await list()]).toEqual([200, 200]);
  expect((await backend.as(admin, 'PUT', `/api/admin/users/${user}/role`, { admin: false })).status).toBe(200);
  expect(await list()).toBe(403);
  expect((await backend.as(admin, 'DELETE', `/api/admin/users/${user}`)).status).toBe(200);
  expect([await there(key), await list()]).toEqual([401, 401]);
});

test('a request of a known caller reads no key and no session from the database', async () => {
  const user = await backend.account();
  const { key } = await newKey(user);
  const token = await assertion(admin);
  const requests = () => Promise.all([there(key), there(token)]);
  expect(await requests()).toEqual([200, 200]);
  // The uses of both are written by now: a write waits for the lock, too.
  await sleep(1_500);
  await owner.query('BEGIN');
  await owner.query('LOCK TABLE api_keys, sessions IN ACCESS EXCLUSIVE MODE');
  const answer = await Promise.race([requests(), sleep(3_000, 'waits for the database', { ref: false })]);
  await owner.query('ROLLBACK');
  expect(answer).toEqual([200, 200]);
});

test('a key that ends while the connection for notifications is lost answers 401', async () => {
  const user = await backend.account();
  const { id, key } = await newKey(user);
  expect([await there(key), await there(key)]).toEqual([200, 200]);
  await owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`);
  // The process listens again after half a second.
  await sleep(100);
  await owner.query('DELETE FROM api_keys WHERE id = $1', [id]);
  expect(await there(key)).toBe(401);
  const isListening = async () => {
    const { rows } = await owner.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    return rows[0].n >= 2;
  };
  await pollUntil('both processes listen again', isListening, { seconds: 10, everyMs: 50 });
});

test('the use of a key is written within seconds', async () => {
  const user = await backend.account();
  const { key } = await newKey(user);
  const lastUsed = async () => (await backend.machine(user, 'GET', '/api/keys')).body.keys[0].lastUsed;
  expect(await lastUsed()).toBeNull();
  await there(key);
  await pollUntil('the use is written', async () => (await lastUsed()) !== null, { seconds: 5, everyMs: 50 });
  expect(Math.abs(Date.now() - Date.parse(await lastUsed()))).toBeLessThan(30_000);
});
