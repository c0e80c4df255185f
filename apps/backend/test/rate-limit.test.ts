import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { startBackend, type TestBackend } from './backend.ts';

/** Requests that are counted in memory and settled with Postgres, by two backends on one database. */

const LIMIT = 400;
let backends: [TestBackend, TestBackend];
let database: pg.Client;

beforeAll(async () => {
  const settings = { API_RATE_LIMIT: String(LIMIT) };
  const one = await startBackend(settings);
  backends = [one, await startBackend({ ...settings, DATABASE_URL: one.config.DATABASE_URL })];
  database = new pg.Client({ connectionString: one.config.DATABASE_URL });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  for (const backend of backends) await backend.stop();
});

const ask = async (backend: TestBackend, client: string) => {
  const { status, headers } = await backend.call('GET', '/api/agents', { headers: { 'x-forwarded-for': client } });
  return { status, remaining: Number(headers.get('ratelimit-remaining')), reset: Number(headers.get('ratelimit-reset')) };
};
const pointsOf = async (client: string) =>
  (await database.query('SELECT points FROM rate_limits WHERE key = $1', [`api:ip:${client}`])).rows[0]?.points;

test('a flood through two backends is refused at the limit, with an error of 5 % at most and none below it', async () => {
  const answers = await Promise.all(Array.from({ length: 2 * LIMIT }, (_, n) => ask(backends[n % 2] as TestBackend, '192.0.2.1')));
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeGreaterThanOrEqual(LIMIT);
  expect(passed).toBeLessThanOrEqual(LIMIT * 1.05);
  // From now on both know.
  for (const backend of backends) expect(await ask(backend, '192.0.2.1')).toMatchObject({ status: 429, remaining: 0 });
});

test('a client that changes backends is refused at the limit, with an error of 5 % at most', async () => {
  let passed = 0;
  for (let n = 0; n < LIMIT; n++) if ((await ask(backends[0], '192.0.2.2')).status === 200) passed++;
  while ((await ask(backends[1], '192.0.2.2')).status === 200) passed++;
  expect(passed).toBeGreaterThanOrEqual(LIMIT);
  expect(passed).toBeLessThanOrEqual(LIMIT * 1.05);
});

test('requests are counted one by one in the headers, and in Postgres soon after', async () => {
  const [first, second] = [await ask(backends[0], '192.0.2.3'), await ask(backends[0], '192.0.2.3')];
  expect([first.remaining, second.remaining]).toEqual([LIMIT - 1, LIMIT - 2]);
  expect(first.reset).toBe(60);
  await pollUntil('both are in Postgres', async () => (await pointsOf('192.0.2.3')) === 2, { seconds: 5, everyMs: 20 });
  await ask(backends[1], '192.0.2.3');
  await pollUntil('three are in Postgres', async () => (await pointsOf('192.0.2.3')) === 3, { seconds: 5, everyMs: 20 });
  expect((await ask(backends[1], '192.0.2.3')).remaining).toBe(LIMIT - 4);
});

test('a request does not wait for the row of its count', async () => {
  await ask(backends[0], '192.0.2.4');
  await pollUntil('the row is there', async () => (await pointsOf('192.0.2.4')) === 1, { seconds: 5, everyMs: 20 });
  await database.query('BEGIN');
  await database.query('SELECT 1 FROM rate_limits WHERE key = $1 FOR UPDATE', ['api:ip:192.0.2.4']);
  const answers = [await ask(backends[0], '192.0.2.4'), await ask(backends[0], '192.0.2.4')];
  await database.query('COMMIT');
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await pollUntil('all are counted', async () => (await pointsOf('192.0.2.4')) === 3, { seconds: 5, everyMs: 20 });
});
