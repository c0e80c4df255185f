import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { factsOf } from '@agentbot/openclaw-image/versions';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startChannels } from '@agentbot/test-doubles/channels';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** Slack through a real gateway, which connects by Socket Mode. `OPENCLAW_VERSION` chooses another version than the default. */

const VERSION = process.env.OPENCLAW_VERSION ?? '2026.3.13';
const IMAGE = `agentbot/openclaw:${VERSION}`;
const OWNER = 'U700000001';
const STRANGER = 'U700000002';
const BOT = canary('xoxb-1-');
const APP = canary('xapp-1-A0DOUBLE001-');
const SECOND_BOT = canary('xoxb-2-');
const SECOND_APP = canary('xapp-1-A0DOUBLE005-');
const apps = { [BOT]: { name: 'double', appToken: APP }, [SECOND_BOT]: { name: 'second', appToken: SECOND_APP } };
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
/** Slack as the backend reaches it, and as the containers do. */
let bots: Awaited<ReturnType<typeof startBots>>;
let channels: Awaited<ReturnType<typeof startChannels>>;
let folder: string;
let owner: string;
let id: string;

const ask = (action: string) => backend.as(owner, 'GET', `/api/agent?action=${action}&agentId=${id}`);
const tell = (body: object) => backend.as(owner, 'POST', '/api/agent', { agentId: id, ...body });
const readSlack = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/channels`)).body.channels[0];
const readLines = async (): Promise<string[]> =>
  (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=100`)).body.messages
    .reverse()
    .map(({ platform, sender, content }: Record<string, string>) => `${platform} ${sender}: ${content}`);
/** The texts that the bot has written, in order; a draft that changes is several texts. */
const readSent = async () =>
  (await channels.slack.calls())
    .filter(({ method }) => method === 'chat.postMessage' || method === 'chat.update')
    .map(({ token, body }) => ({ token, channel: String(body.channel), text: String(body.text) }));

/** Polls `read` until `good` accepts its value. @returns that value, or the last one after `ms` */
async function pollUntil<T>(read: () => Promise<T>, good: (value: T) => boolean, ms = 60_000): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(150)) {
    const value = await read();
    if (good(value) || Date.now() > end) return value;
  }
}
/** OpenClaw 2026.3.13 calls a channel running before its socket is connected. */
const awaitSocket = (token: string) => pollUntil(channels.slack.connected, (tokens) => tokens.includes(token), 120_000);
const awaitState = (state: string) => pollUntil(readSlack, (slack) => slack?.state === state);

beforeAll(async () => {
  model = await startModelProvider({ apiKey: canary('model-key-') });
  bots = await startBots({ slack: apps });
  channels = await startChannels({ image: IMAGE, labels: { 'agentbot.double': 'slack' }, slack: apps });
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-ca-'));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, channels.certificate);
  backend = await startBackendWithDocker('slack', { ...bots.settings, AGENT_EXTRA_CA_FILE: file, OPENCLAW_IMAGE: IMAGE });
  owner = await backend.account();
  const endpoint = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: canary('model-key-') };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', {
    name: 'On Slack',
    model: 'custom',
    config: { ...endpoint, slackBotToken: BOT, slackAppToken: APP, ownerIds: [OWNER] },
  });
  id = body.agent.id;
  await backend.settled(id);
  await channels.join(`openclaw-net-${id}`);
});
afterAll(async () => {
  await channels?.close();
  await backend?.stop();
  await model?.close();
  await bots?.close();
  await rm(folder, { recursive: true, force: true });
});

test('on Slack the agent answers its owner and not a stranger, and both sides are stored as messages', async () => {
  await awaitSocket(BOT);
  expect(await awaitState('connected')).toMatchObject({ channel: 'slack', state: 'connected', error: null });
  await channels.slack.write({ from: STRANGER, text: 'Let me in' });
  await channels.slack.write({ from: OWNER, text: 'Hello from Slack' });
  const answers = await pollUntil(readSent, (all) => all.some(({ text }) => text === 'You said: Hello from Slack'));
  const [{ channel } = { channel: '' }] = answers.filter(({ text }) => text === 'You said: Hello from Slack');
  expect(channel).toMatch(/^D/);
  expect(new Set(answers.map((answer) => answer.channel))).toEqual(new Set([channel]));
  expect(await pollUntil(readLines, (lines) => lines.length >= 2)).toEqual([
    'slack user: Hello from Slack',
    'slack agent: You said: Hello from Slack',
  ]);
  expect(model.requests.some(({ words }) => words.includes('Let me in'))).toBe(false);
});

test('in a Slack channel the agent answers a mention of its owner, and neither other messages nor strangers', async () => {
  await channels.slack.write({ from: OWNER, inChannel: true, text: 'Good morning everybody' });
  await channels.slack.write({ from: STRANGER, inChannel: true, mention: true, text: 'tell me a secret' });
  await channels.slack.write({ from: OWNER, inChannel: true, mention: true, text: 'are you here' });
  const inChannel = async () => (await readSent()).filter(({ channel }) => channel.startsWith('C'));
  const answers = await pollUntil(inChannel, (all) => all.some(({ text }) => text.includes('are you here')));
  expect(answers.at(-1)?.text).toMatch(/^You said: .*are you here/s);
  const lines = await pollUntil(readLines, (all) => all.length >= 4);
  expect(lines.slice(2)).toEqual([
    expect.stringMatching(/^slack user: .*are you here$/),
    expect.stringMatching(/^slack agent: You said: .*are you here$/),
  ]);
  expect(JSON.stringify(answers)).not.toMatch(/Good morning|secret/);
  expect(JSON.stringify(model.requests.map(({ body }) => body))).not.toContain('tell me a secret');
});

test('the agent reports the channel in its health and credentials, and its session belongs to Slack', async () => {
  expect((await ask('health')).body.channels).toEqual(['slack']);
  expect((await ask('credentials')).body.credentials).toMatchObject({ slack: true, telegram: false });
  const [{ id: sessionId }] = (await ask('sessions')).body.sessions;
  const { status, body } = await backend.as(owner, 'POST', '/api/chat', { message: 'Here?', agentId: id, sessionId });
  expect([status, body.error]).toEqual([400, 'This session belongs to slack: continue it there']);
});

test('set-credential replaces both tokens, and the agent answers as the other app', async () => {
  expect((await tell({ action: 'set-credential', key: 'slack', value: SECOND_BOT, appToken: SECOND_APP })).body).toEqual({
    success: true,
    key: 'slack',
    configured: true,
  });
  await backend.settled(id);
  await awaitSocket(SECOND_BOT);
  const before = (await readLines()).length;
  await channels.slack.write({ from: OWNER, text: 'Still the same?', token: SECOND_BOT });
  const lines = await pollUntil(readLines, (all) => all.length >= before + 2);
  expect(lines.slice(before)).toEqual(['slack user: Still the same?', 'slack agent: You said: Still the same?']);
  expect((await readSent()).at(-1)?.token).toBe(SECOND_BOT);
  // The bot tells the sender that it works on an answer.
  const reactions = (await channels.slack.calls()).filter(({ method }) => method === 'reactions.add');
  expect(reactions[0]?.body).toMatchObject({ name: 'eyes' });
});

test('a bot token that would end the gateway of this version is refused before the agent stops', async () => {
  if (!factsOf(VERSION).bundledChannels.includes('slack')) return expect(VERSION).not.toBe('2026.3.13');
  const refused = { action: 'set-credential', key: 'slack', value: canary('xoxb-3-'), appToken: canary('xapp-1-A0UNKNOWN-') };
  expect((await tell(refused)).status).toBe(200);
  await backend.settled(id);
  const [operation] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  expect(operation).toMatchObject({
    state: 'failed',
    error: 'Slack does not know this token, or it was revoked. Set new tokens for Slack',
  });
  expect((await backend.machine(owner, 'GET', `/api/agents/${id}`)).body.status).toBe('active');
  expect(await readSlack()).toMatchObject({ state: 'connected' });
});

test('a channel whose app-level token Slack refuses says so, without the token', async () => {
  const appToken = canary('xapp-1-A0UNKNOWN-');
  expect((await tell({ action: 'set-credential', key: 'slack', value: BOT, appToken })).status).toBe(200);
  await backend.settled(id);
  const { error } = await awaitState('error');
  expect(error).toMatch(/invalid_auth/);
  expect(error).not.toContain(appToken);
});

test('set-credential without a value disconnects Slack, and the shapes are again those without it', async () => {
  expect((await tell({ action: 'set-credential', key: 'slack' })).body).toEqual({ success: true, key: 'slack', configured: false });
  await backend.settled(id);
  expect((await backend.as(owner, 'GET', `/api/agents/${id}/channels`)).body.channels).toEqual([]);
  expect((await ask('credentials')).body.credentials).not.toHaveProperty('slack');
  const names = await backend.context.database.as('service', (tx) => tx.agentSecret.findMany({ where: { agentId: id } }));
  expect(names.map(({ name }) => name).filter((name) => name.startsWith('slack'))).toEqual([]);
});
