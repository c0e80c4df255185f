import { setTimeout as sleep } from 'node:timers/promises';
import type { OverviewFrame } from '@agentbot/contracts';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';

/** Routes for the dashboard only: the live overview, the check of channel tokens, and the admin pages. */

let backend: TestBackend;
let bots: Awaited<ReturnType<typeof startBots>>;
let admin: string;
let other: string;

beforeAll(async () => {
  bots = await startBots({
    telegram: { [canary('1:good-')]: 'good_bot' },
    discord: { 'disc.good': 'good-bot' },
    slack: { [canary('xoxb-good-')]: { name: 'good', appToken: canary('xapp-good-') } },
  });
  backend = await startBackend(bots.settings);
  admin = await backend.account('admin@example.com');
  other = await backend.account('other@example.com');
});
afterAll(async () => {
  await backend?.stop();
  await bots?.close();
});

const createAgent = async (owner: string, name: string, config: object = {}) =>
  (await backend.machine(owner, 'POST', '/api/agents', { name, config })).body.id as string;

/** Opens the user's overview stream and collects its frames. */
async function openStream(userId: string, query = '') {
  const abort = new AbortController();
  const frames: OverviewFrame[] = [];
  const headers = { authorization: `Bearer ${await assertion(userId)}` };
  const response = await fetch(`${backend.url}/api/overview/stream${query}`, { headers, signal: abort.signal });
  const read = async () => {
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      // A frame may be split between two chunks.
      const whole = (rest + chunk).split('\n\n');
      rest = whole.pop() ?? '';
      for (const [, data = ''] of whole.join('\n').matchAll(/^data: (.*)$/gm)) frames.push(JSON.parse(data));
    }
  };
  const reading = read().catch(() => undefined);
  const until = async (wanted: (frames: OverviewFrame[]) => boolean) => {
    for (const end = Date.now() + 60_000; !wanted(frames) && Date.now() < end; ) await sleep(20);
    return frames;
  };
  await until(({ length }) => length > 0);
  const stop = () => {
    abort.abort();
    return reading;
  };
  return { frames, until, stop };
}

test('GET /api/overview returns the owner’s agents with last message and without secrets', async () => {
  const id = await createAgent(admin, 'Listed', { telegramToken: canary('1:'), model: 'gpt-4' });
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

test('GET /api/overview/stream sends changes to the owner only, many changes in one frame', async () => {
  const [mine, theirs] = [await openStream(admin), await openStream(other)];
  expect(mine.frames).toEqual([{ type: 'again' }]);
  const id = await createAgent(admin, 'Live');
  await mine.until((frames) => frames.length > 1);
  expect(mine.frames[1]).toMatchObject({ type: 'changed', agents: [{ id, name: 'Live' }], removed: [] });

  const only = await openStream(admin, `?agentId=${id}`);
  const second = await createAgent(admin, 'Second');
  await backend.context.database.as('service', async (tx) => {
    for (let i = 0; i < 50; i++) await tx.agent.update({ where: { id }, data: { stateReason: `change ${i}` } });
  });
  await backend.machine(admin, 'DELETE', `/api/agents/${second}`);
  const frames = await mine.until((all) => all.some((frame) => frame.type === 'changed' && frame.removed.includes(second)));
  expect(frames.length).toBeLessThan(10);
  expect(frames.at(-1)).toMatchObject({ type: 'changed', removed: [second] });
  const ofOne = await only.until(({ length }) => length > 1);
  expect(ofOne.slice(1).flatMap((frame) => (frame.type === 'changed' ? frame.agents.map((agent) => agent.id) : []))).toContain(id);
  expect(JSON.stringify(ofOne)).not.toContain(second);
  expect(theirs.frames).toEqual([{ type: 'again' }]);
  await Promise.all([mine.stop(), theirs.stop(), only.stop()]);
});

test('POST /api/channels/check asks the provider and answers 400 to an unknown token, 503 to a failure', async () => {
  const check = (channel: string, token: string) => backend.as(admin, 'POST', '/api/channels/check', { channel, token });
  expect((await check('telegram', canary('1:good-'))).body).toEqual({ account: '@good_bot', status: 'ok' });
  expect((await check('discord', 'disc.good')).body).toEqual({ account: 'good-bot', status: 'ok' });
  expect((await check('slack', canary('xoxb-good-'))).body).toEqual({ account: '@good in Double', status: 'ok' });
  expect((await check('slack-app', canary('xapp-good-'))).body).toEqual({ account: 'the app A0DOUBLE001', status: 'ok' });
  expect(await check('discord', 'disc.bad')).toMatchObject({ status: 400, body: { error: 'Discord does not know this token' } });
  // A token with a path must not reach another address of the provider.
  expect((await check('telegram', '1:good/../1:good')).status).toBe(400);
  for (const token of ['none', '2:unknown']) {
    expect(await check('telegram', token)).toMatchObject({ status: 400, body: { error: 'Telegram does not know this token' } });
  }
  for (const [channel, token, name] of [
    ['telegram', '1:broken', 'Telegram'],
    ['telegram', '1:flooded', 'Telegram'],
    ['discord', 'disc.broken', 'Discord'],
    // Discord's refusal of a client is not a refusal of the token.
    ['discord', 'disc.blocked', 'Discord'],
    ['slack', 'xoxb-broken', 'Slack'],
    ['slack-app', 'xapp-broken', 'Slack'],
  ] as const) {
    expect(await check(channel, token)).toMatchObject({
      status: 503,
      body: { code: 'CHANNEL_UNAVAILABLE', error: `${name} is not available right now: try again in a moment` },
    });
  }
});

const BOT_KIND = 'A Slack bot token begins with xoxb-: copy the Bot User OAuth Token of the Slack app';
const APP_KIND = 'A Slack app-level token begins with xapp-: generate it in the Slack app under Basic Information';

test.each([
  ['slack', 'xoxb-unknown', 'Slack does not know this token, or it was revoked'],
  ['slack', 'xoxb-revoked', 'Slack does not know this token, or it was revoked'],
  ['slack', canary('xapp-good-'), BOT_KIND],
  // The token of a user.
  ['slack', 'xoxp-1', BOT_KIND],
  ['slack-app', 'xapp-unknown', 'Slack does not know this token, or it was revoked'],
  ['slack-app', 'xapp-unscoped', 'The token lacks the scope connections:write: generate an app-level token with this scope'],
  ['slack-app', canary('xoxb-good-'), APP_KIND],
  ['slack', 'xoxb-kind', 'This is another kind of Slack token: the Bot User OAuth Token (xoxb-…) is needed here'],
])('POST /api/channels/check says for %s why the token %s is refused', async (channel, token, error) => {
  expect(await backend.as(admin, 'POST', '/api/channels/check', { channel, token })).toMatchObject({ status: 400, body: { error } });
});

test('Slack’s two tokens are set together or not at all, and only in their own fields', async () => {
  const id = await createAgent(admin, 'On Slack');
  const pair = { slackBotToken: canary('xoxb-'), slackAppToken: canary('xapp-') };
  const { slackBotToken, slackAppToken } = pair;
  const both = 'Slack needs two tokens: its bot token (slackBotToken, xoxb-…) and its app-level token (slackAppToken, xapp-…)';
  const change = (body: object) => backend.as(admin, 'PUT', `/api/agents/${id}/config`, body);
  const credential = (body: object) =>
    backend.as(admin, 'POST', '/api/agent', { action: 'set-credential', agentId: id, key: 'slack', ...body });
  for (const body of [{ slackBotToken }, { slackAppToken }, { config: { slackBotToken } }]) {
    expect(await change(body)).toMatchObject({ status: 400, body: { error: both } });
  }
  expect(await change({ slackBotToken: slackAppToken, slackAppToken: slackBotToken })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining(BOT_KIND) },
  });
  for (const [path, body] of [
    ['/api/agents', { name: 'Half', config: { slackBotToken } }],
    ['/api/agents/provision', { name: 'Half', config: { slackAppToken } }],
    ['/api/deployments', { agentId: 'half', config: { slackBotToken } }],
    ['/api/provision', { plan: 'solo', slackAppToken }],
  ] as const) {
    expect(await backend.as(admin, 'POST', path, body)).toMatchObject({ status: 400, body: { error: both } });
  }
  const together = 'Slack needs two tokens: send value (xoxb-…) and appToken (xapp-…) together, or neither to disconnect Slack';
  for (const body of [{ value: slackBotToken }, { appToken: slackAppToken }]) {
    expect(await credential(body)).toMatchObject({ status: 400, body: { error: together } });
  }
  expect(await credential({ value: 'xoxp-1', appToken: slackAppToken })).toMatchObject({ status: 400, body: { error: BOT_KIND } });
  const other = { key: 'telegram', value: '1:x', appToken: slackAppToken };
  expect(await credential(other)).toMatchObject({ status: 400, body: { error: 'appToken is for the key slack' } });

  const channels = async () => (await backend.as(admin, 'GET', `/api/agents/${id}/overview`)).body.agent.channels;
  expect(await channels()).toEqual([]);
  expect((await change(pair)).status).toBe(200);
  expect(await channels()).toEqual(['slack']);
  expect((await credential({})).body).toEqual({ success: true, key: 'slack', configured: false });
  expect(await channels()).toEqual([]);
  const stored = await backend.context.database.as('service', (tx) => tx.agentSecret.findMany({ where: { agentId: id } }));
  expect(stored.map(({ name }) => name).filter((name) => name.startsWith('slack'))).toEqual([]);
  expect((await credential({ value: slackBotToken, appToken: slackAppToken })).body.configured).toBe(true);
  const { body } = await backend.as(admin, 'GET', `/api/agents/${id}/channels`);
  expect(body.channels).toMatchObject([{ channel: 'slack', state: 'off' }]);
});

test('/api/admin pages through all users and agents, reports health, and answers 403 to other users', async () => {
  await backend.as(other, 'DELETE', `/api/agents/${await createAgent(other, 'Deleted')}`);
  const theirs = await createAgent(other, 'Of another');
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
  // Docker was away when the agent above was deleted, so its resources may remain.
  const kinds = new Set(health.orphans.map(({ kind }: { kind: string }) => kind));
  expect([...kinds].sort()).toEqual(['container', 'network', 'volume']);
  expect(health.agents).toContainEqual({ status: 'pending', count: expect.any(Number) });
  expect(health.database.sizeBytes).toBeGreaterThan(1_000_000);
  for (const path of ['users', 'agents', 'health']) expect((await backend.as(other, 'GET', `/api/admin/${path}`)).status).toBe(403);
});
