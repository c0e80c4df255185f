import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { createLogWriter } from '../src/domain/telemetry/logs/log-writer.ts';
import { createUsageWriter } from '../src/domain/telemetry/stats/usage-writer.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { hasText, openLogView } from './log-view.ts';

/** Log and usage writers on a real Postgres: a row that Postgres refuses does not block the rows of other agents. */

const LEASE = 'follow test';
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(settings: Record<string, string> = {}) {
  const backend = await startBackend(settings);
  stops.push(backend.stop);
  const owner = await backend.account();
  const { database, processId } = backend.context;
  const expiresAt = new Date(Date.now() + 3_600_000);
  await database.as('service', (tx) => tx.lease.create({ data: { name: LEASE, holder: processId, expiresAt } }));
  const warnings: { message: string; agentId: string | undefined }[] = [];
  const log = Object.assign(Object.create(backend.context.log), {
    warn: ({ agentId }: { agentId?: string }, message: string) => warnings.push({ message, agentId }),
  });
  const writer = createLogWriter({ context: { ...backend.context, log }, lease: LEASE });
  stops.push(writer.close);
  return { backend, owner, writer, warnings };
}

async function createAgent(backend: TestBackend, owner: string): Promise<string> {
  const { status, body } = await backend.machine(owner, 'POST', '/api/agents', { name: 'Talker' });
  expect(status).toBe(201);
  return body.id;
}

/** Log lines in the engine's format, 1 ms apart. */
function linesOf(texts: string[]) {
  const from = Date.now() - texts.length;
  return texts.map((text, i) => ({ id: `${from + i}000000`, at: new Date(from + i), stream: 'stdout' as const, text }));
}

async function messages(backend: TestBackend, owner: string, id: string): Promise<{ message: string; gap?: true }[]> {
  const { body } = await backend.as(owner, 'GET', `/api/agents/${id}/logs?limit=100`);
  return body.logs.map(({ message, gap }: { message: string; gap?: true }) => ({ message, ...(gap && { gap }) }));
}

async function until<T>(get: () => Promise<T>, wanted: (value: T) => boolean, ms = 10_000): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(50)) {
    const value = await get();
    if (wanted(value) || Date.now() > end) return value;
  }
}

const metric = async (backend: TestBackend, name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await backend.context.metrics.registry.metrics())?.[1]);

test('an exit mark before the first line of a container does not block the log of another agent', async () => {
  const { backend, owner, writer, warnings } = await start();
  const [silent, talker] = [await createAgent(backend, owner), await createAgent(backend, owner)];
  for (const id of [silent, talker]) writer.open(id, { lastId: '', readTo: '' });

  writer.mark(silent, ['exit', 137]);
  writer.add(talker, linesOf(['one', 'two']), []);
  const stored = await until(
    () => messages(backend, owner, talker),
    (found) => found.length === 2,
  );
  expect(stored.map(({ message }) => message)).toEqual(['one', 'two']);
  expect(warnings).toEqual([]);

  // The mark is stored without `readTo`: a later process reads the container's log from the start.
  const rows = await backend.context.database.as('service', (tx) => tx.logChunk.findMany({ where: { agentId: silent } }));
  expect(rows.map(({ readTo, records }) => [readTo, JSON.parse(records)[0].slice(1)])).toEqual([[null, ['exit', 137]]]);
});

/** Creates a database with an encoding other than UTF-8, as an operator's Postgres may have. */
async function latin1Database(): Promise<string> {
  const admin = process.env.TEST_POSTGRES_URL as string;
  const name = `latin_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`).finally(() => client.end());
  return admin.replace(/\/postgres$/, `/${name}`);
}

test('a line that Postgres refuses becomes a gap mark, and all other lines are stored', async () => {
  const { backend, owner, writer, warnings } = await start({ DATABASE_URL: await latin1Database() });
  const [quiet, talker] = [await createAgent(backend, owner), await createAgent(backend, owner)];
  for (const id of [quiet, talker]) writer.open(id, { lastId: '', readTo: '' });
  const viewer = await openLogView(backend.url, owner, talker);
  await viewer.until(({ data }) => data.type === 'connected');

  const texts = Array.from({ length: 40 }, (_, i) => (i === 17 ? 'ready ✓' : `line ${i}`));
  for (const [i, line] of linesOf(texts).entries()) {
    writer.add(talker, [line], []);
    writer.add(quiet, linesOf([`quiet ${i}`]), []);
  }
  await viewer.until(hasText('line 39'), 10_000);
  const seen = viewer.events.filter(({ data }) => data.type !== 'connected').map(({ data }) => data.text ?? data.type);
  expect(seen).toEqual(texts.map((text) => (text === 'ready ✓' ? 'gap' : text)));
  viewer.leave();

  const kept = await messages(backend, owner, talker);
  expect(kept.map(({ message }) => message)).toEqual(texts.filter((text) => text !== 'ready ✓'));
  expect(kept.filter(({ gap }) => gap)).toEqual([{ message: 'line 18', gap: true }]);
  expect((await messages(backend, owner, quiet)).map(({ message }) => message)).toEqual(texts.map((_, i) => `quiet ${i}`));
  expect(await metric(backend, 'agentbot_log_lines_refused_total')).toBe(1);

  // The writer warns once per agent.
  for (let i = 0; i < 5; i++) {
    writer.add(talker, linesOf(['again ✓']), []);
    await sleep(60);
  }
  await until(
    () => metric(backend, 'agentbot_log_lines_refused_total'),
    (count) => count === 6,
  );
  expect(await metric(backend, 'agentbot_log_lines_refused_total')).toBe(6);
  expect(warnings.map(({ agentId }) => agentId)).toEqual([talker]);
});

test('8,000 refused lines of one agent do not delay the lines of another agent', async () => {
  const { backend, owner, writer } = await start({ DATABASE_URL: await latin1Database() });
  const [noisy, talker] = [await createAgent(backend, owner), await createAgent(backend, owner)];
  for (const id of [noisy, talker]) writer.open(id, { lastId: '', readTo: '' });
  writer.add(noisy, linesOf(Array.from({ length: 8_000 }, (_, i) => `✓ ${i}`)), []);
  writer.add(talker, linesOf(['one']), []);
  await sleep(100);
  writer.add(talker, linesOf(['two']), []);
  const found = await until(
    () => messages(backend, owner, talker),
    (each) => each.length === 2,
    5_000,
  );
  expect(found.map(({ message }) => message)).toEqual(['one', 'two']);
});

test('a database outage loses no line and logs one warning', async () => {
  const { backend, owner, writer, warnings } = await start();
  const talker = await createAgent(backend, owner);
  writer.open(talker, { lastId: '', readTo: '' });
  const admin = new pg.Client({ connectionString: process.env.TEST_POSTGRES_URL });
  await admin.connect();
  const name = new URL(backend.config.DATABASE_URL).pathname.slice(1);
  const disconnectAll = async (allowed: boolean) => {
    await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS ${allowed}`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  };
  await disconnectAll(false);
  writer.add(talker, linesOf(['said in the dark']), []);
  await sleep(2_500);
  await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`).finally(() => admin.end());
  const found = await until(
    () => messages(backend, owner, talker).catch(() => []),
    (each) => each.length > 0,
  );
  expect(found).toEqual([{ message: 'said in the dark' }]);
  expect(warnings.filter(({ message }) => message.includes('logs could not be stored'))).toHaveLength(1);
  expect(await metric(backend, 'agentbot_log_lines_refused_total')).toBe(0);
});

test('a usage sample that Postgres refuses does not block the sample of another agent', async () => {
  const { backend, owner } = await start();
  const [odd, even] = [await createAgent(backend, owner), await createAgent(backend, owner)];
  const usage = createUsageWriter(backend.context, () => 10_000);
  const sample = { cpu: 0, systemCpu: 0, onlineCpus: 1, memory: 1, received: 0, sent: 0, read: 0, written: 0, pids: 1 };
  // Without a memory limit the kernel reports the maximum of an unsigned 64-bit number, which exceeds BIGINT.
  usage.add(odd, { ...sample, memoryLimit: 2 ** 64 });
  usage.add(even, { ...sample, memoryLimit: 2 ** 31 });
  const stopping = new AbortController();
  const running = usage.run(stopping.signal);
  const rows = () => backend.context.database.as('service', (tx) => tx.usageSample.findMany({ select: { agentId: true } }));
  const found = await until(rows, (each) => each.length > 0, 5_000);
  stopping.abort();
  await running;
  expect(found).toEqual([{ agentId: even }]);
});
