import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, type DiscordAPIError, Events, GatewayIntentBits, Partials } from 'discord.js';
import { WebSocket } from 'ws';
import { startBots } from '../src/bots.ts';

/** The double of Discord's API and gateway, with discord.js as the client. */

const TOKEN = 'ODAzNTExMTAyMjQ2Nzg5MTI.the.token-of-the-double';
const AGENT = 'DiscordBot (https://example.com, 1.0)';
let bots: Awaited<ReturnType<typeof startBots>>;
let client: Client;

const call = async (
  path: string,
  { token = TOKEN, agent = AGENT, ...rest }: { token?: string; agent?: string; method?: string; body?: string } = {},
) => {
  const headers = { authorization: token.includes(' ') ? token : `Bot ${token}`, 'user-agent': agent, 'content-type': 'application/json' };
  const response = await fetch(`${bots.settings.DISCORD_API_BASE}${path}`, { headers, ...rest });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
};
const newClient = () =>
  new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.MessageContent,
    ],
    partials: [Partials.Channel],
    rest: { api: `${bots.settings.DISCORD_API_BASE}`.replace('/v10', ''), retries: 0 },
  });
const next = (sent: () => void) =>
  new Promise<{ content: string; author: { id: string }; reply: (text: string) => Promise<{ content: string }> }>((resolve) => {
    client.once(Events.MessageCreate, resolve);
    sent();
  });

beforeAll(async () => {
  bots = await startBots({ discord: { [TOKEN]: 'double-bot' }, limit: { messages: 2, windowMs: 400 } });
  client = newClient();
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(TOKEN);
  await ready;
});
afterAll(async () => {
  await client.destroy();
  await bots.close();
});

test.each([
  ['an unknown token', { token: 'other' }, 401, { message: '401: Unauthorized', code: 0 }],
  ['a token without the word Bot', { token: `Bearer ${TOKEN}` }, 401, { message: '401: Unauthorized', code: 0 }],
  ['a client without a name', { agent: 'node' }, 403, 'error code: 1010'],
])('Discord refuses %s', async (_, options, status, body) => {
  expect(await call('/users/@me', options)).toMatchObject({ status, body });
});

test('Discord answers 404 to an unknown route and an unknown channel', async () => {
  expect(await call('/users/everybody')).toMatchObject({ status: 404, body: { message: '404: Not Found', code: 0 } });
  const body = JSON.stringify({ content: 'x' });
  expect(await call('/channels/12345678/messages', { method: 'POST', body })).toMatchObject({
    status: 404,
    body: { message: 'Unknown Channel', code: 10_003 },
  });
});

test('a bot gets the messages of its guild and of private chats, and replies', async () => {
  expect(client.user?.username).toBe('double-bot');
  const inChannel = await next(() => bots.discord.write({ from: '70000000000000001', text: 'Hello all', inChannel: true }));
  expect([inChannel.content, inChannel.author.id]).toEqual(['Hello all', '70000000000000001']);
  const direct = await next(() => bots.discord.write({ from: '70000000000000001', text: 'Hello you' }));
  expect(direct.content).toBe('Hello you');
  expect((await direct.reply('Hello')).content).toBe('Hello');
  expect(bots.discord.calls.at(-1)).toMatchObject({ body: { content: 'Hello' }, token: TOKEN });
});

test('Discord refuses an empty text and 2001 characters with the codes of its form errors', async () => {
  const { id } = client.channels.cache.find((channel) => channel.isTextBased() && !channel.isDMBased()) ?? { id: '' };
  const send = (content: string) =>
    client.rest.post(`/channels/${id}/messages`, { body: { content } }).catch((error: DiscordAPIError) => error);
  const long = (await send('a'.repeat(2001))) as DiscordAPIError;
  expect([long.status, long.code, long.rawError]).toMatchObject([
    400,
    50_035,
    { errors: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] } } },
  ]);
  expect(await send('')).toMatchObject({ status: 400, code: 50_006, message: 'Cannot send an empty message' });
});

test('Discord limits the messages of a channel: its headers let a client wait, and a client that does not wait gets 429', async () => {
  await sleep(400);
  const { id } = client.channels.cache.find((channel) => channel.isTextBased() && !channel.isDMBased()) ?? { id: '' };
  const send = () => call(`/channels/${id}/messages`, { method: 'POST', body: JSON.stringify({ content: 'x' }) });
  const [first, second, third] = [await send(), await send(), await send()];
  expect([first, second].map(({ status, headers }) => [status, headers.get('x-ratelimit-remaining')])).toEqual([
    [200, '1'],
    [200, '0'],
  ]);
  expect(third).toMatchObject({ status: 429, body: { message: 'You are being rate limited.', global: false } });
  const { retry_after: wait } = third.body;
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(0.4);
  expect([third.headers.get('retry-after'), third.headers.get('x-ratelimit-scope')]).toEqual(['1', 'user']);
  await sleep(wait * 1000 + 20);
  expect((await send()).status).toBe(200);
});

test('the gateway refuses a wrong token, an unknown intent, a payload before identify, and a second identify', async () => {
  const { url } = (await call('/gateway/bot')).body;
  const closure = (query: string, ...payloads: object[]) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`${url}/${query}`);
      socket.once('close', resolve);
      socket.once('message', () => {
        for (const payload of payloads) socket.send(JSON.stringify(payload));
      });
    });
  const identify = (token: string, intents = 1) => ({ op: 2, d: { token, intents, properties: {} } });
  expect([
    await closure('?v=10&encoding=json', identify('wrong')),
    await closure('?v=10&encoding=json', identify(TOKEN, 1 << 30)),
    await closure('?v=10&encoding=json', { op: 3, d: {} }),
    await closure('?v=10&encoding=json', identify(TOKEN), identify(TOKEN)),
    await closure('?v=10&encoding=json', identify(TOKEN), { op: 77 }),
    await closure('?v=6&encoding=json'),
  ]).toEqual([4004, 4013, 4003, 4005, 4001, 4012]);
  const refused = newClient();
  await expect(refused.login('wrong')).rejects.toThrow();
  await refused.destroy();
});
