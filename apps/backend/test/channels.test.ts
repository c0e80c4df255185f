import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startChannels } from '@agentbot/test-doubles/channels';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PNG } from 'pngjs';
import decodeQR from 'qr/decode.js';
import { gatewayOf } from '../src/domain/agents/gateway.ts';
import { type HistoryEntry, textOf } from '../src/infra/openclaw/session-history.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** Telegram and WhatsApp through a real gateway, and its conversations in our API. */

const IMAGE = 'agentbot/openclaw:2026.3.13';
const OWNER = 100;
const STRANGER = 200;
const GROUP = -500;
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let channels: Awaited<ReturnType<typeof startChannels>>;
let folder: string;
let owner: string;
let id: string;

const readMessages = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=100`)).body.messages.reverse();
const readLines = async () =>
  (await readMessages()).map(({ platform, sender, content }: Record<string, string>) => `${platform} ${sender}: ${content}`);
const readChannels = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/channels`)).body.channels;
const readSent = async () =>
  (await channels.calls())
    .filter(({ method }) => method === 'sendMessage' || method === 'editMessageText')
    .map(({ parameters }) => ({ chat: Number(parameters.chat_id), text: String(parameters.text) }));
async function connectGateway() {
  const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
  return gatewayOf(backend.context, agent);
}

/** Polls `read` until `good` accepts its value. @returns that value, or the last one after `ms` */
async function pollUntil<T>(read: () => Promise<T>, good: (value: T) => boolean, ms = 60_000): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(150)) {
    const value = await read();
    if (good(value) || Date.now() > end) return value;
  }
}

beforeAll(async () => {
  model = await startModelProvider({ apiKey: canary('model-key-') });
  channels = await startChannels({
    image: IMAGE,
    labels: { 'agentbot.double': 'channels' },
    telegram: { [canary('4711:')]: 'double_bot', [canary('4712:')]: 'second_bot' },
  });
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-ca-'));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, channels.certificate);
  backend = await startBackendWithDocker('channels', {
    AGENT_EXTRA_CA_FILE: file,
  });
  owner = await backend.account();
  const endpoint = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: canary('model-key-') };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', {
    name: 'Everywhere',
    model: 'custom',
    config: { ...endpoint, telegramToken: canary('4711:'), whatsappToken: 'any', ownerIds: [String(OWNER)] },
  });
  id = body.agent.id;
  await backend.settled(id);
  await channels.join(`openclaw-net-${id}`);
});
afterAll(async () => {
  await channels?.close();
  await backend?.stop();
  await model?.close();
  await rm(folder, { recursive: true, force: true });
});

test('on Telegram the agent answers the owner and not a stranger, and both sides are stored as messages', async () => {
  await pollUntil(
    () => channels.calls(),
    (calls) => calls.some(({ method }) => method === 'setMyCommands'),
  );
  await channels.write({ from: STRANGER, text: 'Let me in' });
  await channels.write({ from: OWNER, text: 'Hello from Telegram' });
  const answers = await pollUntil(readSent, (all) => all.some(({ text }) => text === 'You said: Hello from Telegram'));
  expect(answers).toContainEqual({ chat: OWNER, text: 'You said: Hello from Telegram' });
  expect(answers.filter(({ chat }) => chat === STRANGER)).toEqual([]);
  expect(await pollUntil(readLines, (lines) => lines.length >= 2)).toEqual([
    'telegram user: Hello from Telegram',
    'telegram agent: You said: Hello from Telegram',
  ]);
  expect(model.requests.some(({ words }) => words.includes('Let me in'))).toBe(false);
});

test('in a Telegram group the agent answers only a mention', async () => {
  await channels.write({ from: OWNER, group: GROUP, text: 'Good morning everybody' });
  await channels.write({ from: OWNER, group: GROUP, text: '@agent are you here' });
  const answers = await pollUntil(readSent, (all) => all.some(({ chat }) => chat === GROUP));
  expect(answers.filter(({ chat }) => chat === GROUP).map(({ text }) => text)).toContain('You said: @agent are you here');
  const lines = await pollUntil(readLines, (all) => all.length >= 4);
  expect(lines.slice(2)).toEqual(['telegram user: @agent are you here', 'telegram agent: You said: @agent are you here']);
});

test('sessions and their histories equal those of the gateway, including the session of POST /api/chat', async () => {
  const reply = (await backend.as(owner, 'POST', '/api/chat', { message: 'Hello from the web', agentId: id })).body.reply;
  expect(reply).toBe('You said: Hello from the web');
  const { sessions } = (await backend.as(owner, 'GET', `/api/agent?action=sessions&agentId=${id}`)).body;
  const connection = await connectGateway();
  const theirs = (await connection.request<{ sessions: { key: string }[] }>('sessions.list')).sessions;
  expect(sessions).toHaveLength(theirs.length);

  const conversations = async (): Promise<string[]> => {
    const all = [];
    for (const session of sessions) {
      const { messages } = (await backend.as(owner, 'GET', `/api/agent?action=session&sessionId=${session.id}&agentId=${id}`)).body;
      all.push(messages.map(({ role, content }: Record<string, string>) => `${role}: ${content}`).join('\n'));
    }
    return all.sort();
  };
  const histories = [];
  for (const { key } of theirs) {
    const { messages } = await connection.request<{ messages: HistoryEntry[] }>('chat.history', { sessionKey: key });
    histories.push(messages.map(({ role, content }) => `${role}: ${textOf(content)}`).join('\n'));
  }
  expect(await conversations()).toEqual(histories.sort());
});

test("POST /api/chat refuses a channel's session with 400", async () => {
  const { sessions } = (await backend.as(owner, 'GET', `/api/agent?action=sessions&agentId=${id}`)).body;
  const refused = [];
  for (const { id: sessionId } of sessions) {
    const { status, body } = await backend.as(owner, 'POST', '/api/chat', { message: 'Here?', agentId: id, sessionId });
    if (status === 400) refused.push(body.error);
  }
  expect(refused).toEqual(Array(2).fill('This session belongs to telegram: continue it there'));
});

test('messages sent while the gateway is disconnected are imported once after the reconnect', async () => {
  const before = await readLines();
  await backend.context.gateways.drop(id);
  await channels.write({ from: OWNER, text: 'Anybody there?' });
  await pollUntil(readSent, (all) => all.some(({ text }) => text === 'You said: Anybody there?'));
  const after = await pollUntil(readLines, (lines) => lines.length >= before.length + 2);
  expect(after.slice(before.length)).toEqual(['telegram user: Anybody there?', 'telegram agent: You said: Anybody there?']);
  await backend.context.gateways.drop(id);
  await connectGateway();
  await sleep(1_500);
  expect(await readLines()).toEqual(after);
});

test('GET channels reports Telegram as connected and WhatsApp as pairing', async () => {
  expect(await readChannels()).toEqual([
    {
      channel: 'telegram',
      state: 'connected',
      account: null,
      error: null,
      lastInboundAt: expect.any(String),
      lastOutboundAt: null,
    },
    { channel: 'whatsapp', state: 'pairing', account: null, error: null, lastInboundAt: null, lastOutboundAt: null },
  ]);
});

test("linkWhatsApp answers with the gateway's QR code, and unlinkWhatsApp ends the pairing", async () => {
  const link = () => backend.as(owner, 'POST', `/api/agents/${id}/channels/whatsapp/link`);
  // On a slow machine the gateway may time out: retry.
  const { status, body } = await pollUntil(link, (answer) => answer.status === 200);
  expect([status, body.error, body.status]).toEqual([200, undefined, 'pairing']);
  const { data, width, height } = PNG.sync.read(Buffer.from(body.qr.split(',')[1], 'base64'));
  expect(decodeQR({ data, width, height })).toMatch(/^reference-of-the-double-\d,/);
  expect((await readChannels()).find(({ channel }: { channel: string }) => channel === 'whatsapp').state).toBe('pairing');
  expect((await backend.as(owner, 'DELETE', `/api/agents/${id}/channels/whatsapp/link`)).body).toEqual({
    success: true,
    status: 'pairing',
  });
});

test('set-credential gives the channel a new token, and a repair keeps the history', async () => {
  const before = await readLines();
  const telegram = { action: 'set-credential', key: 'telegram', value: canary('4712:'), agentId: id };
  expect((await backend.as(owner, 'POST', '/api/agent', telegram)).body.configured).toBe(true);
  await backend.settled(id);
  expect((await backend.machine(owner, 'POST', `/api/agents/${id}/repair`)).status).toBe(200);
  expect(await readLines()).toEqual(before);
  await channels.write({ from: OWNER, text: 'Still the same?', token: canary('4712:') });
  const lines = await pollUntil(readLines, (all) => all.length >= before.length + 2);
  expect(lines.slice(before.length)).toEqual(['telegram user: Still the same?', 'telegram agent: You said: Still the same?']);
  expect((await channels.calls()).map(({ token }) => token)).toContain(canary('4712:'));
});

test('the channels of a stopped agent are off, and another account gets 404', async () => {
  const stranger = await backend.account();
  expect((await backend.as(stranger, 'GET', `/api/agents/${id}/channels`)).status).toBe(404);
  expect((await backend.as(stranger, 'POST', `/api/agents/${id}/channels/whatsapp/link`)).status).toBe(404);
  await backend.machine(owner, 'POST', `/api/agents/${id}/stop`);
  expect((await readChannels()).map(({ state }: { state: string }) => state)).toEqual(['off', 'off']);
  const { status, body } = await backend.as(owner, 'POST', `/api/agents/${id}/channels/whatsapp/link`);
  expect([status, body.error]).toEqual([500, 'The agent has no running gateway']);
});
