import { setTimeout as sleep } from 'node:timers/promises';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';

/** A user requests a plan; an administrator grants or refuses it; the user's page hears of it. */

let backend: TestBackend;
let other: TestBackend;
let admin: string;
beforeAll(async () => {
  backend = await startBackend();
  other = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
  admin = await backend.account('admin@example.com');
});
afterAll(() => Promise.all([backend.stop(), other.stop()]));

let users = 0;
async function newUser() {
  const email = `user${users++}@example.com`;
  return { email, id: await backend.account(email) };
}
const request = (user: string, body: object = { plan: 'solo' }) => backend.as(user, 'POST', '/api/plan-requests', body);
const latest = async (user: string) => (await backend.as(user, 'GET', '/api/plan-requests')).body.request;
const planOf = async (user: string) => (await backend.as(user, 'GET', '/api/me')).body.plan;
const waiting = async () => (await backend.as(admin, 'GET', '/api/admin/plan-requests')).body.requests;
const decide = (id: string, how: 'grant' | 'refuse', body: object = {}, as = admin) =>
  backend.as(as, 'POST', `/api/admin/plan-requests/${id}/${how}`, body);
const newest = async (user: string) => (await backend.machine(user, 'GET', '/api/audit')).body.entries[0];

describe('a request for a plan', () => {
  test('is listed for administrators, oldest first, with its user, current plan and message', async () => {
    const [first, second] = [await newUser(), await newUser()];
    await backend.as(admin, 'PUT', `/api/admin/users/${second.id}/plan`, { plan: 'solo' });
    const made = await request(first.id, { plan: 'solo', message: ' Please \n me ' });
    expect(made).toMatchObject({
      status: 201,
      body: { request: { plan: 'solo', message: 'Please \n me', state: 'open', decidedAt: null } },
    });
    await request(second.id, { plan: 'network' });
    expect(await waiting()).toEqual([
      expect.objectContaining({ userId: first.id, email: first.email, currentPlan: null, plan: 'solo', message: 'Please \n me' }),
      expect.objectContaining({ userId: second.id, currentPlan: 'solo', plan: 'network', message: null }),
    ]);
    expect(await newest(first.id)).toMatchObject({ action: 'requestPlan', outcome: 'done' });
    for (const { id } of await waiting()) await decide(id, 'refuse');
  });

  test('granted gives the plan and leaves the list', async () => {
    const { id } = await newUser();
    const made = (await request(id)).body.request;
    expect(await planOf(id)).toBeNull();
    expect(await decide(made.id, 'grant')).toMatchObject({ status: 200, body: { request: { state: 'granted', grantedPlan: 'solo' } } });
    expect([await planOf(id), await waiting()]).toEqual(['solo', []]);
    expect(await latest(id)).toMatchObject({ id: made.id, state: 'granted', decidedAt: expect.stringMatching(/^\d{4}/) });
    expect(await newest(admin)).toMatchObject({ action: 'grantPlanRequest', outcome: 'done', target: id });
  });

  test('can be granted with another plan', async () => {
    const { id } = await newUser();
    const made = (await request(id, { plan: 'network' })).body.request;
    await decide(made.id, 'grant', { plan: 'collective' });
    expect([await planOf(id), await latest(id)]).toEqual([
      'collective',
      expect.objectContaining({ plan: 'network', grantedPlan: 'collective' }),
    ]);
  });

  test('refused gives no plan and shows the reason; then the user may ask again', async () => {
    const { id } = await newUser();
    const made = (await request(id)).body.request;
    expect((await decide(made.id, 'refuse', { reason: 'Not yet' })).status).toBe(200);
    expect([await planOf(id), await latest(id)]).toEqual([null, expect.objectContaining({ state: 'refused', reason: 'Not yet' })]);
    expect(await newest(admin)).toMatchObject({ action: 'refusePlanRequest', target: id });
    expect((await request(id)).status).toBe(201);
    await decide((await latest(id)).id, 'refuse');
  });

  test('is the only open one of its account, also of ten at once', async () => {
    const { id } = await newUser();
    const answers = await Promise.all(Array.from({ length: 10 }, () => request(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('PLAN_REQUEST_OPEN');
    await decide((await latest(id)).id, 'refuse');
  });

  test('is decided once, also by two administrators at once', async () => {
    const { id } = await newUser();
    const made = (await request(id)).body.request;
    // Both requests wait for the row, and go on in the same moment.
    const requests = await backend.context.database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM plan_requests WHERE id = ${made.id} FOR UPDATE`;
      const sent = [decide(made.id, 'grant'), decide(made.id, 'refuse')];
      await sleep(500);
      return sent;
    });
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const granted = answers[0]?.status === 200;
    expect([await planOf(id), (await latest(id)).state]).toEqual(granted ? ['solo', 'granted'] : [null, 'refused']);
    expect((await decide(made.id, 'grant')).body.code).toBe('PLAN_REQUEST_CLOSED');
  });

  test('is answered by a plan that an administrator grants by hand', async () => {
    const { id } = await newUser();
    await request(id);
    await backend.as(admin, 'PUT', `/api/admin/users/${id}/plan`, { plan: 'label' });
    expect([await latest(id), await waiting()]).toEqual([expect.objectContaining({ state: 'granted', grantedPlan: 'label' }), []]);
  });

  test('for the plan that the account has is refused with 400', async () => {
    const { id } = await newUser();
    await backend.as(admin, 'PUT', `/api/admin/users/${id}/plan`, { plan: 'solo' });
    expect(await request(id)).toMatchObject({ status: 400, body: { error: 'Your account has this plan already' } });
  });

  test('cannot be seen or decided by another user', async () => {
    const [mine, theirs] = [await newUser(), await newUser()];
    const made = (await request(mine.id)).body.request;
    expect(await latest(theirs.id)).toBeNull();
    for (const user of [mine.id, theirs.id])
      expect([(await decide(made.id, 'grant', {}, user)).status, (await decide(made.id, 'refuse', {}, user)).status]).toEqual([403, 403]);
    expect((await latest(mine.id)).state).toBe('open');
    await decide(made.id, 'refuse');
  });

  test('refuses a message above 500 characters or with control characters', async () => {
    const { id } = await newUser();
    for (const message of ['x'.repeat(501), 'a\u0007', 1]) expect((await request(id, { plan: 'solo', message })).status).toBe(400);
    expect(await latest(id)).toBeNull();
  });
});

/** The frames of a user's stream, read until `stop`. */
async function openStream(token: string, query = '') {
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${other.url}/api/overview/stream${query}`, { headers, signal: abort.signal });
  const frames: { type: string }[] = [];
  const reading = (async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) frames.push(JSON.parse(line.slice(6)));
    }
  })().catch(() => undefined);
  await pollUntil('the stream has begun', async () => frames.length > 0, { everyMs: 20 });
  return {
    types: () => frames.map(({ type }) => type),
    async stop() {
      abort.abort();
      await reading;
    },
  };
}

test('a decision reaches the streams of its user in every process within a second, and no other user’s', async () => {
  const [mine, theirs] = [await newUser(), await newUser()];
  const made = (await request(mine.id)).body.request;
  const streams = [await openStream(await assertion(mine.id)), await openStream(await assertion(theirs.id))];
  const started = performance.now();
  await decide(made.id, 'grant');
  await pollUntil('the stream tells of the account', async () => streams[0]?.types().includes('account') === true, { everyMs: 20 });
  expect(performance.now() - started).toBeLessThan(2_000);
  await sleep(1_000);
  expect(streams[1]?.types()).toEqual(['again']);
  for (const stream of streams) await stream.stop();
});

test('the stream of an API key for one agent does not tell of the account', async () => {
  const { id } = await newUser();
  const agentId = (await backend.machine(id, 'POST', '/api/agents', { name: 'Mine' })).body.id;
  const { key } = (await backend.as(id, 'POST', '/api/keys', { name: 'k', agentId })).body;
  const stream = await openStream(key, `?agentId=${agentId}`);
  await request(id);
  await sleep(1_000);
  expect(stream.types()).not.toContain('account');
  await stream.stop();
  await decide((await latest(id)).id, 'refuse');
});
