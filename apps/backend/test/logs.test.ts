import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assertion, removeLeftovers, startBackendWithDocker } from './backend.ts';
import { hasText, openLogView, runInContainer } from './log-view.ts';

/** Stored and live logs of a real container; a proxy counts the calls of the engine. */

const IMAGE = 'agentbot/openclaw-test:stand-in-logs';
const SECRET = canary('4711:');
const id = 'chatty';
const followCall = /GET .*\/logs\?.*follow=(true|1)/;
let removeImage: () => Promise<void>;
let engine: Awaited<ReturnType<typeof startEngineProxy>>;
let settings: Record<string, string>;
let backend: Awaited<ReturnType<typeof startBackendWithDocker>>;
let first: typeof backend | undefined;
const others: (typeof backend)[] = [];
let owner: string;
let stranger: string;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  engine = await startEngineProxy(null, process.env.DOCKER_HOST || undefined);
  settings = {
    ...(await takeAgentSlots()).settings,
    OPENCLAW_IMAGE: IMAGE,
    DOCKER_HOST: engine.dockerHost,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  };
  first = await startBackendWithDocker('logs', settings);
  backend = first;
  owner = await backend.account();
  stranger = await backend.account();
  await backend.machine(owner, 'POST', '/api/deployments', { agentId: id, config: { telegramToken: SECRET, plan: 'label' } });
  await backend.settled(id);
});
afterAll(async () => {
  await backend?.machine(undefined, 'DELETE', `/api/agents/${id}`);
  await Promise.all([...others, first].map((each) => each?.stop()));
  await removeLeftovers(backend.config.INSTALLATION);
  await engine.close();
  await removeImage();
});

/** Starts another backend process of the same installation. */
async function startAnother() {
  const [DATABASE_URL, INSTALLATION] = [backend.config.DATABASE_URL, backend.config.INSTALLATION];
  const another = await startBackendWithDocker('logs-another', { ...settings, DATABASE_URL, INSTALLATION });
  others.push(another);
  return another;
}
const view = (lastEventId?: string, from = backend) => openLogView(from.url, owner, id, lastEventId);
const active = async (from = backend) => (await from.as(owner, 'GET', '/api/logs/active')).body.streams;
const page = async (query = '') => (await backend.as(owner, 'GET', `/api/agents/${id}/logs${query}`)).body;
async function until(done: () => Promise<boolean> | boolean, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !(await done()); await sleep(50)) if (Date.now() > end) throw new Error('It did not happen in time');
}
/** Waits until the log of the agent contains the line. */
const untilStored = (message: string) =>
  until(async () => (await page('?limit=100')).logs.some((entry: { message: string }) => entry.message === message));
const numbered = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word} ${i}`);
const writeLines = (word: string, count: number) => runInContainer(id, `for (let i = 0; i < ${count}; i++) say('${word} ' + i);`);

describe('a live view', () => {
  /** Writes 80 lines to the log. @returns the median time from a write to the viewer, in ms */
  async function timeLines(run: string): Promise<number> {
    const viewer = await view();
    await viewer.until(({ data }) => data.type === 'connected');
    await runInContainer(
      id,
      `for (let i = 0; i < 80; i++) { say('${run} ' + Date.now() + ' ' + i); await new Promise((r) => setTimeout(r, 25)); } say('${run} timed');`,
    );
    await viewer.until(hasText(`${run} timed`));
    const timed = viewer.events.flatMap(({ data, at }) => {
      const [, said, number] = new RegExp(`^${run} (\\d+) (\\d+)$`).exec(data.text ?? '') ?? [];
      return said ? [{ number: Number(number), took: at - Number(said) }] : [];
    });
    viewer.leave();
    expect(timed.map(({ number }) => number)).toEqual(Array.from({ length: 80 }, (_, i) => i));
    return timed.map(({ took }) => took).sort((a, b) => a - b)[40] as number;
  }

  test('delivers each line in order, within 200 ms (median)', async () => {
    // Other processes slow this machine down: the best of three runs counts.
    const medians: number[] = [];
    for (const run of ['one', 'two', 'three']) medians.push(await timeLines(run));
    expect(Math.min(...medians)).toBeLessThan(200);
  });

  test('resumes after Last-Event-ID without a lost or repeated line, from the buffer and from the database', async () => {
    const writing = runInContainer(
      id,
      "for (let i = 0; i < 120; i++) { say('reload ' + i); await new Promise((r) => setTimeout(r, 10)); } say('reloaded');",
    );
    const first = await view();
    const left = await first.until(hasText('reload 30'));
    first.leave();
    await sleep(200);
    const second = await view(left.id);
    await second.until(hasText('reloaded'));
    await writing;
    expect(second.texts()).toEqual([...numbered('reload', 120).slice(31), 'reloaded']);
    const seen = second.events.at(-1)?.id;
    second.leave();

    await writeLines('burst', 3_000);
    await untilStored('burst 2999');
    const third = await view(seen);
    await third.until(hasText('burst 2999'));
    expect(third.events.map(({ data }) => data.type)).not.toContain('gap');
    expect(third.texts()).toEqual(numbered('burst', 3_000));
    third.leave();
    const fresh = await view();
    await fresh.until(hasText('burst 2999'));
    expect(fresh.texts()).toEqual(numbered('burst', 3_000).slice(-500));
    fresh.leave();
  });

  test('shares one engine stream among 200 viewers', async () => {
    const viewers = await Promise.all(Array.from({ length: 200 }, () => view()));
    await Promise.all(viewers.map((viewer) => viewer.until(({ data }) => data.type === 'connected')));
    expect(await active()).toEqual([{ agentId: id, clients: 200, lines: 500 }]);
    await writeLines('to all', 20);
    await Promise.all(viewers.map((viewer) => viewer.until(hasText('to all 19'))));
    expect(engine.open(followCall)).toBe(1);
    for (const viewer of viewers) viewer.leave();
    await until(async () => (await active())[0].clients === 0);
  });

  test('answers 404 to another user, as do the stored log and the stats', async () => {
    const viewer = await view();
    await viewer.until(({ data }) => data.type === 'connected');
    expect((await openLogView(backend.url, stranger, id)).response.status).toBe(404);
    for (const path of [`/api/logs/${id}/history`, `/api/agents/${id}/logs`, `/api/agents/${id}/stats/history`])
      expect([path, (await backend.as(stranger, 'GET', path)).status]).toEqual([path, 404]);
    expect((await backend.as(stranger, 'POST', `/api/logs/${id}/stop`)).status).toBe(404);
    expect((await backend.as(stranger, 'GET', '/api/logs/active')).body.streams).toEqual([]);
    await writeLines('still', 1);
    await viewer.until(hasText('still 0'));
    viewer.leave();
  });
});

describe('the stored log', () => {
  test('pages by before, since and level, without secrets, for a stopped agent and a replaced container', async () => {
    await runInContainer(
      id,
      `for (let i = 0; i < 30; i++) say(JSON.stringify({ level: i % 3 ? 'info' : 'error', subsystem: 'gateway', message: 'page ' + i + ' ${SECRET}' }));`,
    );
    await untilStored('page 29 [redacted]');
    const last = await page('?limit=10');
    expect(last.logs.map(({ message }: { message: string }) => message)).toEqual(
      numbered('page', 30)
        .slice(20)
        .map((text) => `${text} [redacted]`),
    );
    const before = await page(`?limit=10&before=${last.logs[0].id}`);
    expect(before.logs.at(-1).message).toBe('page 19 [redacted]');
    expect((await page(`?limit=10&since=${before.logs.at(-1).id}`)).logs).toEqual(last.logs);
    const errors = await page('?limit=4&level=error');
    expect(errors.logs.map(({ message }: { message: string }) => message.split(' ')[1])).toEqual(['18', '21', '24', '27']);
    expect(errors.total).toBe(10);

    const [row] = await backend.context.database.as(
      'service',
      (tx) => tx.$queryRaw<{ leaked: number }[]>`SELECT count(*)::int AS leaked FROM log_chunks WHERE records LIKE ${`%${SECRET}%`}`,
    );
    expect(row?.leaked).toBe(0);

    await backend.machine(undefined, 'POST', `/api/agents/${id}/stop`);
    expect((await page('?limit=10')).logs).toEqual(last.logs);
    expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/repair`)).status).toBe(200);
    await writeLines('after', 1);
    await untilStored('after 0');
    const after = await page(`?limit=100&since=${last.logs.at(-1).id}`);
    expect(after.logs.at(-1).message).toBe('after 0');
    expect(after.logs.some(({ gap }: { gap?: true }) => gap)).toBe(false);
    expect((await page(`?limit=10&before=${after.logs[0].id}`)).logs).toEqual(last.logs);
  });

  test('catches up after an engine outage, with a gap mark where the engine has dropped lines', async () => {
    const viewer = await view();
    await viewer.until(hasText('after 0'));
    engine.setAway(true);
    await writeLines('away', 50);
    engine.setAway(false);
    await viewer.until(hasText('away 49'));
    expect(viewer.texts().filter((text) => text.startsWith('away'))).toEqual(numbered('away', 50));
    expect(viewer.events.some(({ data }) => data.type === 'gap')).toBe(false);

    engine.setAway(true);
    // Above the engine's log limit of two files of 32 MB.
    await runInContainer(id, "const long = 'x'.repeat(10000); for (let i = 0; i < 7000; i++) say('lost ' + i + long); say('found');");
    engine.setAway(false);
    await viewer.until(hasText('found'));
    expect(viewer.events.some(({ data }) => data.type === 'gap')).toBe(true);
    const ids = viewer.events.flatMap((event) => event.id ?? []);
    expect(ids).toEqual([...new Set(ids)].sort());
    viewer.leave();
  });

  test('is trimmed to about the last 10,000 lines', async () => {
    // At most 3,000 more remain: one chunk (1,000) and the lines that wait for the next trim (2,000).
    await writeLines('many', 14_000);
    await untilStored('many 13999');
    await until(async () => (await page('?limit=1')).total < 13_000);
    expect((await page('?limit=1')).total).toBeGreaterThanOrEqual(10_000);
  });
});

describe('two processes of one installation', () => {
  test('store each line once, send the same events to all viewers, and hand the engine stream over', async () => {
    const other = await startAnother();
    const [here, there] = [await view(), await view(undefined, other)];
    await Promise.all([here, there].map((viewer) => viewer.until(({ data }) => data.type === 'connected')));
    expect(await active()).toEqual([{ agentId: id, clients: 2, lines: expect.any(Number) }]);
    expect(await active(other)).toEqual(await active());
    expect((await other.as(owner, 'GET', `/api/logs/${id}/history`)).body).toMatchObject({ streaming: true, clients: 2 });
    await writeLines('both', 100);
    await Promise.all([here, there].map((viewer) => viewer.until(hasText('both 99'))));
    for (const viewer of [here, there]) {
      expect(viewer.texts().filter((text) => text.startsWith('both'))).toEqual(numbered('both', 100));
    }
    expect(here.events.slice(-100).map((event) => event.id)).toEqual(there.events.slice(-100).map((event) => event.id));
    expect(engine.open(followCall)).toBe(1);

    const writing = runInContainer(
      id,
      "for (let i = 0; i < 200; i++) { say('handed ' + i); await new Promise((r) => setTimeout(r, 20)); } say('over');",
    );
    here.leave();
    await sleep(500);
    await backend.leave();
    first = undefined;
    backend = other;
    await there.until(hasText('over'));
    await writing;
    expect(there.texts().filter((text) => text.startsWith('handed'))).toEqual(numbered('handed', 200));
    await until(() => engine.open(followCall) === 1);

    const third = await startAnother();
    expect((await third.as(owner, 'POST', `/api/logs/${id}/stop`)).body).toEqual({ success: true });
    await there.ended;
    expect(await active()).toEqual([]);
  });
});

describe('a log of 10 MB per second', () => {
  test('disconnects a viewer that does not read, and reaches a reading viewer in order', async () => {
    await backend.as(owner, 'POST', `/api/logs/${id}/stop`);
    const { hostname, port } = new URL(backend.url);
    const stalled = createConnection(Number(port), hostname);
    stalled.on('error', () => undefined);
    stalled.write(
      `GET /api/logs/${id}/stream HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${await assertion(owner)}\r\nConnection: close\r\n\r\n`,
    );
    stalled.pause();
    const viewer = await view();
    await until(async () => (await active())[0]?.clients === 2);
    await runInContainer(
      id,
      `const line = 'x'.repeat(990); const from = Date.now(); let n = 0;
       while (Date.now() - from < 10000) {
         for (const due = (Date.now() - from) * 10; n < due && Date.now() - from < 10000; ) say('flood ' + n++ + ' ' + line);
         await new Promise((r) => setTimeout(r, 5));
       }
       say('flooded ' + n);`,
    );
    const { data } = await viewer.until(({ data: { text = '' } }) => text.startsWith('flooded'));
    const lines = Number(data.text?.split(' ')[1]);
    // A busy machine writes less.
    expect(lines).toBeGreaterThan(20_000);
    const numbers = viewer.texts().flatMap((text) => (text.startsWith('flood ') ? [Number(text.split(' ')[1])] : []));
    expect(numbers.filter((number, i) => number <= (numbers[i - 1] ?? -1))).toEqual([]);
    await until(async () => (await active())[0]?.clients === 1);
    // A gap mark stands where the engine or the backend dropped lines.
    if (numbers.length < lines) expect(viewer.events.some((event) => event.data.type === 'gap')).toBe(true);
    viewer.leave();
    stalled.destroy();
  });
});
