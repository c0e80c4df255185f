import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { APPLICATION_ROLE } from '../src/infra/database/database.ts';
import { queryAs } from '../src/infra/database/query-as.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Reads that send the tenant's settings and the query together. Row-level security must hold on this path like on every other. */

let backend: TestBackend;
let pool: pg.Pool;
let mine: { owner: string; agents: string[] };
let theirs: { owner: string; agents: string[] };

async function accountWithAgents() {
  const owner = await backend.account();
  const agents: string[] = [];
  await backend.context.database.as('service', (tx) => tx.user.update({ where: { id: owner }, data: { plan: 'network' } }));
  for (const name of ['One', 'Two']) agents.push((await backend.machine(owner, 'POST', '/api/agents', { name })).body.id);
  return { owner, agents: agents.sort() };
}

beforeAll(async () => {
  backend = await startBackend();
  // One connection, so that each read meets what the one before has left.
  pool = new pg.Pool({ connectionString: backend.config.DATABASE_URL, options: APPLICATION_ROLE, max: 1 });
  mine = await accountWithAgents();
  theirs = await accountWithAgents();
});
afterAll(async () => {
  await pool.end();
  await backend.stop();
});

const everything = { name: 'test-agents', text: 'SELECT id FROM agents ORDER BY id' };
const idsFor = async (tenant: Parameters<typeof queryAs>[1]) =>
  (await queryAs<{ id: string }>(pool, tenant, everything, [])).map(({ id }) => id);

test('a hot read shows a user its own rows, one agent its own, and the platform all, whoever read before on that connection', async () => {
  const all = [...mine.agents, ...theirs.agents].sort();
  const agentId = mine.agents[0] as string;
  for (let round = 0; round < 3; round++) {
    expect(await idsFor('service')).toEqual(all);
    expect(await idsFor({ userId: mine.owner })).toEqual(mine.agents);
    expect(await idsFor({ userId: theirs.owner })).toEqual(theirs.agents);
    expect(await idsFor({ userId: mine.owner, agentId })).toEqual([agentId]);
    expect(await idsFor({ userId: theirs.owner, agentId })).toEqual([]);
    expect(await idsFor({ userId: 'nobody' })).toEqual([]);
  }
});

test('a hot read leaves no tenant on its connection', async () => {
  expect((await idsFor('service')).length).toBe(4);
  const { rows } = await pool.query(`SELECT current_setting('app.actor', true) AS actor, (SELECT count(*)::int FROM agents) AS seen`);
  expect(rows).toEqual([{ actor: '', seen: 0 }]);
});

test('many hot reads at once each get the rows of their own tenant', async () => {
  const shared = backend.context.pool;
  const read = (userId: string) => queryAs<{ id: string }>(shared, { userId }, everything, []);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => read(n % 2 ? mine.owner : theirs.owner)));
  for (const [n, rows] of answers.entries()) expect(rows.map(({ id }) => id)).toEqual(n % 2 ? mine.agents : theirs.agents);
});

test('a failed hot read rejects with the error of Postgres, and the next one works', async () => {
  const wrong = { name: 'test-wrong', text: 'SELECT 1 / $1::int AS n' };
  await expect(queryAs(pool, { userId: mine.owner }, wrong, [0])).rejects.toThrow('division by zero');
  expect(await queryAs(pool, { userId: mine.owner }, wrong, [1])).toEqual([{ n: 1 }]);
  await expect(queryAs(pool, { userId: mine.owner }, { name: 'test-bad', text: 'SELECT nothing' }, [])).rejects.toThrow('does not exist');
  expect(await idsFor({ userId: mine.owner })).toEqual(mine.agents);
});

test('a hot read is one round trip: the connection sends once', async () => {
  const postgres = new URL(backend.config.DATABASE_URL);
  let sent = 0;
  const proxy = createServer((socket) => {
    const upstream = connect(Number(postgres.port), postgres.hostname);
    socket.on('data', () => sent++);
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = new URL(postgres);
  through.port = String((proxy.address() as AddressInfo).port);
  const counted = new pg.Pool({ connectionString: through.href, options: APPLICATION_ROLE, max: 1 });
  await queryAs(counted, { userId: mine.owner }, everything, []);
  sent = 0;
  for (let reads = 0; reads < 10; reads++) expect(await queryAs(counted, { userId: mine.owner }, everything, [])).toHaveLength(2);
  expect(sent).toBe(10);
  await counted.end();
  proxy.close();
});

test('GET /api/agents and GET /api/agents/:id answer from the rows of the caller, with the fields of both sides', async () => {
  const [own, foreign] = [mine.agents[0] as string, theirs.agents[0] as string];
  const { body: key } = await backend.machine(mine.owner, 'POST', '/api/keys', { name: 'k' });
  const get = (address: string) => backend.call('GET', address, { token: key.key });
  const [row] = await backend.context.database.as('service', (tx) => tx.agent.findMany({ where: { id: own } }));
  expect((await get(`/api/agents/${own}`)).body).toEqual({
    id: own,
    status: 'pending',
    startedAt: null,
    plan: row?.plan,
    subdomain: `${own}.agents.localhost`,
    url: expect.stringContaining(`//${own}.agents.localhost`),
    openclawVersion: null,
    verified: false,
    verificationType: null,
    attestationUid: null,
    verifiedAt: null,
  });
  expect(await get(`/api/agents/${foreign}`)).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
  expect((await get('/api/agents')).body.map(({ id }: { id: string }) => id).sort()).toEqual(mine.agents);
  const { body } = await backend.as(mine.owner, 'GET', '/api/agents');
  const listed = body.agents.find(({ id }: { id: string }) => id === own);
  expect(listed).toMatchObject({
    name: row?.name,
    model: row?.model,
    createdAt: row?.createdAt.toISOString(),
    updatedAt: row?.updatedAt.toISOString(),
  });
});
