import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Bot, type GrammyError } from 'grammy';
import { startBots } from '../src/bots.ts';

/** The double of Telegram's bot API, with grammY as the client. The sentences are those of github.com/tdlib/telegram-bot-api. */

const TOKEN = '4711:AAH-the_token_of-the-double_0123456';
let bots: Awaited<ReturnType<typeof startBots>>;
let bot: Bot;

const clientOf = (token: string) => new Bot(token, { client: { apiRoot: bots.settings.TELEGRAM_API_BASE } });
/** Telegram's refusal of a call. */
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'it was accepted',
    (error: GrammyError) => ({ code: error.error_code, description: error.description, parameters: error.parameters }),
  );
const refused = (code: number, description: string, parameters = {}) => ({ code, description, parameters });
const post = async (path: string, body: object = {}) => {
  const response = await fetch(`${bots.settings.TELEGRAM_API_BASE}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
};

beforeAll(async () => {
  bots = await startBots({ telegram: { [TOKEN]: 'double_bot' } });
});
afterAll(() => bots.close());
beforeEach(() => {
  bot = clientOf(TOKEN);
  bots.telegram.write({ from: 100, text: '/start' });
});

test.each([
  ['no number', 'token', 404, 'Not Found'],
  ['a slash', '4711:a%2Fb', 404, 'Not Found'],
  ['an unknown number', '4712:AAH-the_token_of-the-double_0123456', 401, 'Unauthorized'],
  ['the secret of another bot', '4711:AAH-another', 401, 'Unauthorized'],
  ['a leading zero', '0711:AAH', 401, 'Unauthorized: invalid token specified'],
  ['more than 80 characters', `4711:${'a'.repeat(80)}`, 401, 'Unauthorized: invalid token specified'],
])('Telegram refuses a token with %s', async (_, token, code, description) => {
  expect(await post(`/bot${token}/getMe`)).toMatchObject({ status: code, body: { ok: false, error_code: code, description } });
});

test('Telegram knows its methods in any case, and answers 404 to others', async () => {
  expect(await post(`/bot${TOKEN}/GETME`)).toMatchObject({
    body: { ok: true, result: { id: 4711, is_bot: true, username: 'double_bot' } },
  });
  expect(await post(`/bot${TOKEN}/getEverything`)).toMatchObject({
    status: 404,
    body: { ok: false, error_code: 404, description: 'Not Found: method not found' },
  });
});

test('an offset of getUpdates confirms the updates before it', async () => {
  const texts = async (offset?: number) =>
    (await bot.api.getUpdates({ ...(offset !== undefined && { offset }), timeout: 0 })).map(({ update_id, message }) => [
      update_id,
      message?.text,
    ]);
  bots.telegram.write({ from: 100, text: 'one' });
  bots.telegram.write({ from: 100, text: 'two' });
  const [last] = (await texts(-1))[0] as [number, string];
  expect(await texts()).toEqual([[last, 'two']]);
  bots.telegram.write({ from: 100, text: 'three' });
  expect(await texts(last)).toEqual([
    [last, 'two'],
    [last + 1, 'three'],
  ]);
  expect(await texts(last + 1)).toEqual([[last + 1, 'three']]);
  expect(await texts(last)).toEqual([[last + 1, 'three']]);
  expect(await texts(last + 2)).toEqual([]);
});

test('a second poller ends the first one with 409, and so does a webhook', async () => {
  await bot.api.getUpdates({ offset: 1_000_000, timeout: 0 });
  const first = refusal(bot.api.getUpdates({ offset: 1_000_000, timeout: 20 }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const second = refusal(clientOf(TOKEN).api.getUpdates({ offset: 1_000_000, timeout: 20 }));
  expect(await first).toEqual(
    refused(409, 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'),
  );
  await bot.api.setWebhook('https://example.com/hook');
  expect(await second).toEqual(refused(409, 'Conflict: terminated by setWebhook request'));
  const { description } = (await refusal(bot.api.getUpdates())) as { description: string };
  expect(description).toBe("Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  expect((await bot.api.getWebhookInfo()).url).toBe('https://example.com/hook');
  await bot.api.deleteWebhook();
  expect(await refusal(bot.api.setWebhook('http://example.com'))).toMatchObject({ code: 400 });
  bots.telegram.write({ from: 100, text: 'again' });
  expect((await bot.api.getUpdates({ timeout: 1 })).at(-1)?.message?.text).toBe('again');
});

test.each<[string, (api: Bot['api']) => Promise<unknown>, ReturnType<typeof refused>]>([
  ['an empty text', (api) => api.sendMessage(100, ''), refused(400, 'Bad Request: message text is empty')],
  ['only spaces', (api) => api.sendMessage(100, '  \n'), refused(400, 'Bad Request: text must be non-empty')],
  ['4097 characters', (api) => api.sendMessage(100, 'a'.repeat(4097)), refused(400, 'Bad Request: message is too long')],
  ['a person who never wrote', (api) => api.sendMessage(101, 'Hello'), refused(400, 'Bad Request: chat not found')],
  [
    'an unknown tag',
    (api) => api.sendMessage(100, 'é <font>x</font>', { parse_mode: 'HTML' }),
    refused(400, 'Bad Request: can\'t parse entities: Unsupported start tag "font" at byte offset 3'),
  ],
  [
    'crossed tags',
    (api) => api.sendMessage(100, '<b>a<i>b</b></i>', { parse_mode: 'HTML' }),
    refused(400, 'Bad Request: can\'t parse entities: Unmatched end tag at byte offset 8, expected "</i>", found "</b>"'),
  ],
  [
    'an open tag',
    (api) => api.sendMessage(100, '<b>a', { parse_mode: 'HTML' }),
    refused(400, 'Bad Request: can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
  ],
  ['no message to edit', (api) => api.editMessageText(100, 99_999, 'x'), refused(400, 'Bad Request: message to edit not found')],
  ['a wrong action', (api) => api.sendChatAction(100, 'dance' as 'typing'), refused(400, 'Bad Request: wrong parameter action in request')],
  [
    'a command in capitals',
    (api) => api.setMyCommands([{ command: 'Help', description: 'h' }]),
    refused(400, 'Bad Request: BOT_COMMAND_INVALID'),
  ],
  [
    '101 commands',
    (api) => api.setMyCommands(Array.from({ length: 101 }, (_, at) => ({ command: `c${at}`, description: 'c' }))),
    refused(400, 'Bad Request: BOT_COMMANDS_TOO_MUCH'),
  ],
])('Telegram refuses %s', async (_, call, expected) => {
  expect(await refusal(call(bot.api))).toEqual(expected);
});

test('Telegram counts the characters of a text without its markup', async () => {
  const { text, entities } = await bot.api.sendMessage(100, `<b>${'é'.repeat(4095)}</b>&lt;`, { parse_mode: 'HTML' });
  expect(text).toBe(`${'é'.repeat(4095)}<`);
  expect(entities).toEqual([{ type: 'bold', offset: 0, length: 4095 }]);
});

test('an edit without a change is refused', async () => {
  const { message_id } = await bot.api.sendMessage(100, 'first');
  expect(await bot.api.editMessageText(100, message_id, 'second')).toMatchObject({ message_id, text: 'second' });
  expect(await refusal(bot.api.editMessageText(100, message_id, 'second'))).toMatchObject({
    code: 400,
    description: expect.stringMatching(/^Bad Request: message is not modified: /),
  });
});

test('a person who blocked the bot and a flood have their own refusals', async () => {
  bots.telegram.write({ from: 200, text: 'Hello' });
  bots.telegram.block(200);
  expect(await refusal(bot.api.sendMessage(200, 'x'))).toEqual(refused(403, 'Forbidden: bot was blocked by the user'));
  bots.telegram.flood(30);
  const description = 'Too Many Requests: retry after 30';
  expect(await refusal(bot.api.sendMessage(100, 'x'))).toEqual(refused(429, description, { retry_after: 30 }));
  expect(await post(`/bot${TOKEN}/sendMessage`, { chat_id: 100, text: 'x' })).toMatchObject({ status: 429, retryAfter: '30' });
  bots.telegram.flood(0);
  expect((await bot.api.sendMessage(100, 'x')).text).toBe('x');
});
