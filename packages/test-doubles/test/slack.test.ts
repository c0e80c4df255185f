import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LogLevel, SocketModeClient } from '@slack/socket-mode';
import { WebClient } from '@slack/web-api';
import { WebSocket } from 'ws';
import { startBots } from '../src/bots.ts';

/** The double of Slack's Web API and Socket Mode, with Slack's own SDK as the client. */

const BOT = 'xoxb-the-token-of-the-double';
const APP = 'xapp-1-A0DOUBLE001-the-token-of-the-double';
const PERSON = 'U700000001';
const ACK_MS = 300;

interface Received {
  ack: () => Promise<void>;
  event: { channel: string; channel_type?: string; text: string; user: string; ts: string; bot_id?: string };
  retry_num: number;
  retry_reason: string;
  body: { event_id: string };
}

let bots: Awaited<ReturnType<typeof startBots>>;
let socket: SocketModeClient;
let web: WebClient;

const clientOf = (token?: string) => new WebClient(token, { slackApiUrl: `${bots.settings.SLACK_API_BASE}/`, logLevel: LogLevel.ERROR });
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    ({ data }: { data: { error: string } }) => data.error,
  );
const acknowledge = ({ ack }: Received) => void ack();
const next = async (name: string, sent: () => void): Promise<Received> => {
  const event = new Promise<Received>((resolve) => socket.once(name, resolve));
  sent();
  return event;
};

beforeAll(async () => {
  bots = await startBots({ slack: { [BOT]: { name: 'double', appToken: APP } }, limit: { messages: 3, windowMs: 900 }, ackMs: ACK_MS });
  web = clientOf(BOT);
  socket = new SocketModeClient({
    appToken: APP,
    clientPingTimeout: 1_000,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: `${bots.settings.SLACK_API_BASE}/` },
  });
  await socket.start();
});
afterAll(async () => {
  await socket.disconnect();
  await bots.close();
});

test.each([
  ['no token', 'auth.test', undefined, 'not_authed'],
  ['an unknown token', 'auth.test', 'xoxb-other', 'invalid_auth'],
  ['an app-level token where a bot’s is needed', 'auth.test', APP, 'not_allowed_token_type'],
  ['a bot’s token where an app-level token is needed', 'apps.connections.open', BOT, 'not_allowed_token_type'],
  ['an unknown method', 'chat.shout', BOT, 'unknown_method'],
])('Slack refuses %s', async (_, method, token, error) => {
  expect(await errorOf(clientOf(token).apiCall(method))).toBe(error);
});

test('Slack answers a refusal with status 200, and does not read an app-level token in a parameter', async () => {
  const post = (method: string, body: string) =>
    fetch(`${bots.settings.SLACK_API_BASE}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
  const refused = await post('apps.connections.open', `token=${APP}`);
  expect([refused.status, await refused.json()]).toEqual([200, { ok: false, error: 'invalid_auth' }]);
  expect(await (await post('auth.test', `token=${BOT}`)).json()).toMatchObject({ ok: true, user: 'double' });
});

test('a bot knows itself, its channel and the person it opens a conversation with', async () => {
  const { user_id: user, bot_id: bot, team } = await web.auth.test();
  expect([team, user, bot]).toEqual(['Double', expect.stringMatching(/^U/), expect.stringMatching(/^B/)]);
  expect((await web.users.info({ user: PERSON })).user).toMatchObject({ id: PERSON, is_bot: false });
  expect(await errorOf(web.users.info({ user: 'nobody' }))).toBe('user_not_found');
  const { channel } = await web.conversations.open({ users: PERSON });
  expect((await web.conversations.info({ channel: channel?.id ?? '' })).channel).toMatchObject({ is_im: true, user: PERSON });
  expect(await errorOf(web.conversations.info({ channel: 'C000' }))).toBe('channel_not_found');
});

test('a person’s message arrives in private and in the channel, where a mention is an event of its own', async () => {
  const direct = await next('message', () => bots.slack.write({ from: PERSON, text: 'Hello you' }));
  await direct.ack();
  expect(direct.event).toMatchObject({ channel_type: 'im', text: 'Hello you', user: PERSON });
  const inChannel = await next('message', () => bots.slack.write({ from: PERSON, text: 'Hello all', inChannel: true }));
  await inChannel.ack();
  expect(inChannel.event).toMatchObject({ channel_type: 'channel', text: 'Hello all' });
  socket.once('message', ({ ack }: Received) => ack());
  const mention = await next('app_mention', () => bots.slack.write({ from: PERSON, text: 'are you here', inChannel: true, mention: true }));
  await mention.ack();
  expect(mention.event.text).toMatch(/^<@U\w+> are you here$/);
});

test('a bot writes, changes and deletes its message, and gets the event of its own message', async () => {
  const channel = (await web.conversations.open({ users: PERSON })).channel?.id ?? '';
  const posted: { ts?: string }[] = [];
  const own = await next('message', () => void web.chat.postMessage({ channel, text: 'Hello' }).then((answer) => posted.push(answer)));
  await own.ack();
  await sleep(50);
  expect(own.event).toMatchObject({ text: 'Hello', bot_id: expect.stringMatching(/^B/), ts: posted[0]?.ts });
  const { ts } = own.event;
  await web.chat.update({ channel, ts, text: 'Hello again' });
  const { messages = [] } = await web.conversations.history({ channel, limit: 1 });
  expect(messages.map(({ text }) => text)).toEqual(['Hello again']);
  await web.reactions.add({ channel, timestamp: ts, name: 'eyes' });
  expect(await errorOf(web.reactions.add({ channel, timestamp: ts, name: '👀' }))).toBe('invalid_name');
  expect(await errorOf(web.reactions.add({ channel, timestamp: ts, name: 'eyes' }))).toBe('already_reacted');
  await web.reactions.remove({ channel, timestamp: ts, name: 'eyes' });
  await web.chat.delete({ channel, ts });
  expect(await errorOf(web.chat.update({ channel, ts, text: 'gone' }))).toBe('message_not_found');
  expect(bots.slack.calls.map(({ method }) => method)).toEqual(
    expect.arrayContaining(['chat.postMessage', 'chat.update', 'reactions.add']),
  );
  expect(bots.slack.calls.at(-1)).toMatchObject({ token: BOT });
});

test('a bot streams an answer into a thread', async () => {
  socket.on('message', acknowledge);
  bots.slack.write({ from: PERSON, text: 'A long story' });
  const channel = (await web.conversations.open({ users: PERSON })).channel?.id ?? '';
  const { messages = [] } = await web.conversations.history({ channel, limit: 1 });
  const streamer = web.chatStream({
    buffer_size: 5,
    channel,
    thread_ts: messages[0]?.ts ?? '',
    recipient_user_id: PERSON,
    recipient_team_id: 'T0DOUBLE',
  });
  await streamer.append({ markdown_text: 'Once upon ' });
  await streamer.append({ markdown_text: 'a time' });
  await streamer.stop();
  const thread = await web.conversations.replies({ channel, ts: messages[0]?.ts ?? '' });
  expect(thread.messages?.map(({ text }) => text)).toEqual(['A long story', 'Once upon a time']);
  socket.off('message', acknowledge);
});

test('Slack refuses an empty text and 40,001 characters, and limits the messages of a channel', async () => {
  const channel = (await web.conversations.open({ users: 'U700000002' })).channel?.id ?? '';
  const send = (text: string) => web.chat.postMessage({ channel, text });
  expect(await errorOf(send('a'.repeat(40_001)))).toBe('msg_too_long');
  expect(await errorOf(web.apiCall('chat.postMessage', { channel }))).toBe('no_text');
  socket.on('message', acknowledge);
  await send('third of the window');
  const limited = await fetch(`${bots.settings.SLACK_API_BASE}/chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BOT}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, text: 'fourth' }),
  });
  expect([limited.status, limited.headers.get('retry-after'), await limited.json()]).toEqual([
    429,
    '1',
    { ok: false, error: 'ratelimited' },
  ]);
  // The SDK waits as long as Slack says.
  expect(await send('fourth')).toMatchObject({ ok: true });
  socket.off('message', acknowledge);
});

test('an envelope that is not acknowledged is sent again, and one that is acknowledged is not', async () => {
  const received: Received[] = [];
  const collect = (each: Received) => void received.push(each);
  socket.on('message', collect);
  bots.slack.write({ from: PERSON, text: 'Do you hear me' });
  await sleep(ACK_MS * 1.6);
  expect(received.map(({ retry_num, retry_reason }) => [retry_num, retry_reason])).toEqual([
    [0, ''],
    [1, 'timeout'],
  ]);
  expect(new Set(received.map(({ body }) => body.event_id)).size).toBe(1);
  await received.at(-1)?.ack();
  await sleep(ACK_MS * 2);
  expect(received).toHaveLength(2);
  socket.off('message', collect);
});

test('a socket needs a ticket that was not used, and a socket that Slack closes connects again', async () => {
  const { url = '' } = await clientOf(APP).apps.connections.open();
  const first = new WebSocket(url);
  const [hello] = await once(first, 'message');
  expect(JSON.parse(String(hello))).toMatchObject({ type: 'hello', num_connections: 2, connection_info: { app_id: 'A0DOUBLE001' } });
  first.close();
  const second = new WebSocket(url);
  const [code] = await once(second, 'close');
  expect(code).toBe(1008);
  expect(bots.slack.isConnected()).toBe(true);
  const reconnected = new Promise((resolve) => socket.once('connected', resolve));
  bots.slack.disconnect();
  await reconnected;
  const again = await next('message', () => bots.slack.write({ from: PERSON, text: 'Still there?' }));
  await again.ack();
  expect(again.event.text).toBe('Still there?');
});
