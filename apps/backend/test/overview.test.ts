import { setTimeout as sleep } from 'node:timers/promises';
import type { OverviewFrame } from '@agentbot/contracts';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';

/** What the dashboard asks for beside the contract of machine clients: the live list, checked tokens, the installation. */

let backend: TestBackend;
let bots: Awaited<ReturnType<typeof startBots>>;
let admin: string;
let other: string;

beforeAll(async () => {
  bots = await startBots({ telegram: { [canary('1:good-')]: 'good_bot' }, discord: { 'disc.good': 'good-bot' } });
  backend = await startBackend(bots.settings);
  admin = await backend.account('admin@example.com');
  other = await backend.account('other@example.com');
});
afterAll(async () => {
  await backend?.stop();
  await bots?.close();
});

const make = async (owner: string, name: string, config: object = {}) =>
  (await backend.machine(owner, 'POST', '/api/agents', { name, config })).body.id as string;

/** Reads a user's stream of changes. */
async function listen(userId: string, query = '') {
  const leaving = new AbortController();
  const frames: OverviewFrame[] = [];
  const headers = { authorization: `Bearer ${await assertion(userId)}` };
  const response = await fetch(`${backend.url}/api/overview/stream${query}`, { headers, signal: leaving.signal });
  const read = async () => {
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      // A frame may come in two pieces.
      const whole = (rest + chunk).split('\n\n');
      rest = whole.pop() ?? '';
      for (const [, data = ''] of whole.join('\n').matchAll(/^data: (.*)$/gm)) frames.push(JSON.parse(data));
    }
  };
  const reading = read().catch(() => undefined);
  const seen = async (good: (frames: OverviewFrame[]) => boolean) => {
    for (const end = Date.now() + 60_000; !good(frames) && Date.now() < end; ) await sleep(20);
    return frames;
  };
  await seen(({ length }) => length > 0);
  const stop = () => {
    leaving.abort();
    return reading;
  };
  return { frames, seen, stop };
}

test('the list shows what a card shows, without a secret in it', async () => {
  const id = await make(admin, 'Listed', { telegramToken: canary('1:'), model: 'gpt-4' });
  await backend.context.database.as('service', async (tx) => {
    const session = await tx.chatSession.create({ data: { id: 'sess_1', agentId: id, ownerId: admin } });
    for (const content of ['first', `second ${'x'.repeat(500)}`]) {
      await tx.message.create({
        data: { id: `msg_${content.length}`, agentId: id, ownerId: admin, sessionId: session.id, sender: 'user', content },
      });
    }
  });
  const { body } = await backend.as(admin, 'GET', '/api/overview');
  expect(body.agents).toEqual([
    expect.objectContaining({
      id,
      name: 'Listed',
      status: 'pending',
      channels: ['telegram'],
      lastMessage: { text: `second ${'x'.repeat(153)}`, sender: 'user', platform: 'web', at: expect.any(String) },
    }),
  ]);
  expect(findInClear({ answer: JSON.stringify(body) })).toEqual([]);
  expect((await backend.as(other, 'GET', '/api/overview')).body.agents).toEqual([]);
  const page = await backend.as(admin, 'GET', `/api/agents/${id}/overview`);
  expect(page.body.agent).toMatchObject({
    id,
    observed: null,
    resources: null,
    current: null,
    platformImage: backend.config.OPENCLAW_IMAGE,
  });
  expect((await backend.as(other, 'GET', `/api/agents/${id}/overview`)).status).toBe(404);
  const session = await backend.as(admin, 'GET', `/api/agents/${id}/messages?sessionId=sess_none`);
  expect(session.body).toMatchObject({ messages: [], total: 0 });
});

test('a change of an agent reaches its owner alone, as one frame for many', async () => {
  const [mine, theirs] = [await listen(admin), await listen(other)];
  expect(mine.frames).toEqual([{ type: 'again' }]);
  const id = await make(admin, 'Live');
  await mine.seen((frames) => frames.length > 1);
  expect(mine.frames[1]).toMatchObject({ type: 'changed', agents: [{ id, name: 'Live' }], removed: [] });

  const only = await listen(admin, `?agentId=${id}`);
  const second = await make(admin, 'Second');
  await backend.context.database.as('service', async (tx) => {
    for (let i = 0; i < 50; i++) await tx.agent.update({ where: { id }, data: { stateReason: `change ${i}` } });
  });
  await backend.machine(admin, 'DELETE', `/api/agents/${second}`);
  const frames = await mine.seen((all) => all.some((frame) => frame.type === 'changed' && frame.removed.includes(second)));
  expect(frames.length).toBeLessThan(10);
  expect(frames.at(-1)).toMatchObject({ type: 'changed', removed: [second] });
  const ofOne = await only.seen(({ length }) => length > 1);
  expect(ofOne.slice(1).flatMap((frame) => (frame.type === 'changed' ? frame.agents.map((agent) => agent.id) : []))).toContain(id);
  expect(JSON.stringify(ofOne)).not.toContain(second);
  expect(theirs.frames).toEqual([{ type: 'again' }]);
  await Promise.all([mine.stop(), theirs.stop(), only.stop()]);
});

test('a token is checked with its provider', async () => {
  const check = (channel: string, token: string) => backend.as(admin, 'POST', '/api/channels/check', { channel, token });
  expect((await check('telegram', canary('1:good-'))).body).toEqual({ account: '@good_bot', status: 'ok' });
  expect((await check('discord', 'disc.good')).body).toEqual({ account: 'good-bot', status: 'ok' });
  expect(await check('discord', 'disc.bad')).toMatchObject({ status: 400, body: { error: 'Discord does not know this token' } });
  // One that would lead to another address of the provider is still nothing but a token.
  expect((await check('telegram', '1:good/../1:good')).status).toBe(400);
  expect((await check('telegram', 'broken')).status).toBe(503);
});

test('the administrator sees every account and agent, a page at a time, and how the installation is', async () => {
  const theirs = await make(other, 'Of another');
  const first = await backend.as(admin, 'GET', '/api/admin/users?limit=1');
  expect(first.body.users).toEqual([expect.objectContaining({ email: 'other@example.com', admin: false, agentCount: 1 })]);
  const second = await backend.as(admin, 'GET', `/api/admin/users?limit=1&cursor=${first.body.next}`);
  expect(second.body).toMatchObject({ users: [{ email: 'admin@example.com', admin: true }], next: null });
  expect((await backend.as(admin, 'GET', '/api/admin/users?q=%25')).body.users).toEqual([]);

  const found = await backend.as(admin, 'GET', '/api/admin/agents?q=other@');
  expect(found.body.agents).toEqual([expect.objectContaining({ id: theirs, name: 'Of another', ownerEmail: 'other@example.com' })]);
  expect((await backend.as(admin, 'GET', '/api/admin/agents?state=running')).body.agents).toEqual([]);

  const { health } = (await backend.as(admin, 'GET', '/api/admin/health')).body;
  expect(health).toMatchObject({
    docker: { available: false, memoryBytes: null },
    queue: { queued: 0, running: 0, oldestQueued: null },
    users: 2,
    provisioning: 'enabled',
  });
  // The one deleted above may have left something on the engine, which was away.
  expect(health.orphans.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['container', 'network', 'volume']);
  expect(health.agents).toContainEqual({ status: 'pending', count: expect.any(Number) });
  expect(health.database.sizeBytes).toBeGreaterThan(1_000_000);
  for (const path of ['users', 'agents', 'health']) expect((await backend.as(other, 'GET', `/api/admin/${path}`)).status).toBe(403);
});
