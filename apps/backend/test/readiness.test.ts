import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';

/** `GET /health/ready`: the status of a backend, and the problem of each part. */

const OK = { database: 'ok', engine: 'ok', image: 'ok', queue: 'ok', firewall: 'ok' };
const NO_ENGINE = 'The Docker Engine does not answer: agents without a container reply, and no container can be changed';
let backend: TestBackend | undefined;
let database: pg.Client | undefined;
afterEach(async () => {
  await database?.end();
  await backend?.stop();
  [database, backend] = [undefined, undefined];
});

const ask = async () => {
  const response = await fetch(`${backend?.url}/health/ready`);
  // Untyped, as JSON.parse returns it.
  const body: ReturnType<typeof JSON.parse> = await response.json();
  return { status: response.status, cache: response.headers.get('cache-control'), body };
};
async function connect(): Promise<pg.Client> {
  database = new pg.Client({ connectionString: backend?.config.DATABASE_URL });
  await database.connect();
  return database;
}

test('a backend with everything is ready, also for a client without a credential', async () => {
  backend = await startBackendWithDocker('ready', { HOST_FIREWALL: 'off' });
  expect(await ask()).toEqual({ status: 200, cache: 'no-store', body: { status: 'ready', parts: OK } });
});

test('an image that is not here and may not be pulled is named', async () => {
  // This repository has images that were built here; its name elsewhere may belong to a stranger.
  const image = 'agentbot/openclaw:2020.1.1';
  backend = await startBackendWithDocker('ready', { HOST_FIREWALL: 'off', OPENCLAW_IMAGE: image });
  const problem = 'OPENCLAW_IMAGE is not on this machine and may not be pulled, so no new agent can start';
  expect((await ask()).body).toEqual({ status: 'degraded', parts: { ...OK, image: problem } });
});

test('an engine that does not answer about the image is named', async () => {
  const engine = await startEngineProxy(/^GET .*\/images\//, process.env.DOCKER_HOST || undefined);
  try {
    backend = await startBackendWithDocker('ready', { HOST_FIREWALL: 'off', DOCKER_HOST: engine.dockerHost });
    const problem = 'The Docker Engine does not say whether it has OPENCLAW_IMAGE. The log of the backend has its error';
    expect((await ask()).body).toEqual({ status: 'degraded', parts: { ...OK, image: problem } });
  } finally {
    await engine.close();
  }
});

test('without an engine, and with a queue that stands still, it serves and says so; an answer is two seconds old at most', async () => {
  backend = await startBackend();
  expect(await ask()).toMatchObject({ status: 200, body: { status: 'degraded', parts: { ...OK, engine: NO_ENGINE } } });
  const owner = await backend.account();
  const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Waiting' })).body;
  // No worker knows this operation.
  await (await connect()).query(
    `INSERT INTO operations (id, agent_id, owner_id, kind, state, created_at)
     VALUES ('op_waiting', $1, $2, 'backup', 'queued', now() - interval '301 seconds')`,
    [id, owner],
  );
  const queue = async () => (await ask()).body.parts.queue;
  await pollUntil('the queue is reported', async () => (await queue()) !== 'ok', { seconds: 4 });
  expect(await queue()).toMatch(/^The oldest operation has waited 30\d seconds for a worker: /);
  await database?.query(`UPDATE operations SET created_at = now() - interval '290 seconds' WHERE id = 'op_waiting'`);
  await pollUntil('the queue is well', async () => (await queue()) === 'ok', { seconds: 4 });
});

test('a database that does not answer in two seconds makes it unavailable', async () => {
  backend = await startBackend();
  const client = await connect();
  await client.query('BEGIN; LOCK TABLE operations IN ACCESS EXCLUSIVE MODE');
  const began = performance.now();
  const { status, body } = await ask();
  expect(performance.now() - began).toBeLessThan(4_000);
  expect([status, body]).toEqual([
    503,
    { status: 'unavailable', parts: { ...OK, database: 'The database does not answer', engine: NO_ENGINE } },
  ]);
  await client.query('COMMIT');
  await pollUntil('the database is well', async () => (await ask()).status === 200, { seconds: 4 });
});

test('a firewall that this process may not install is named', async () => {
  backend = await startBackend({ DOCKER_HOST: 'tcp://127.0.0.1:9' });
  await backend.context.firewall.ensure();
  expect((await ask()).body.parts.firewall).toMatch(/^The host firewall is not installed, so agents can reach services on this host: /);
});
