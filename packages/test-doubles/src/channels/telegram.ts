import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBot, type Parameters, type Written } from './telegram-bot.ts';
import { TelegramError } from './telegram-text.ts';

export type { Written } from './telegram-bot.ts';

/** A call of the bot, except polling. */
export interface BotCall {
  method: string;
  token: string;
  parameters: Parameters;
}

const MAX_TOKEN = 80;

async function parametersOf(request: IncomingMessage, query: URLSearchParams): Promise<Parameters> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const inQuery = Object.fromEntries(query);
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return { ...inQuery, ...Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    return { ...inQuery, ...JSON.parse(text || '{}') };
  } catch {
    throw new TelegramError(400, "Bad Request: can't parse JSON object");
  }
}

/**
 * Telegram's bot API, with the codes and sentences of Telegram's own server.
 * @param bots maps tokens to the bots' names
 * @param failures maps tokens to the status of every answer
 * @see https://core.telegram.org/bots/api#making-requests https://github.com/tdlib/telegram-bot-api
 */
export function createTelegram(bots: Record<string, string>, failures: Record<string, number> = {}) {
  const calls: BotCall[] = [];
  const states = new Map(Object.entries(bots).map(([token, username]) => [token, createBot(token, username)]));
  const botOf = (token = Object.keys(bots)[0] ?? '') => {
    const bot = states.get(token);
    if (!bot) throw new Error(`There is no bot with the token ${token}`);
    return bot;
  };

  async function run(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://telegram');
    const [, token = '', method = ''] = /^\/bot([^/]*)\/(\w*)$/.exec(pathname) ?? [];
    const parameters = await parametersOf(request, searchParams);
    // The servers in front of the bot API know no path with a malformed token.
    if (!/^\d+:[\w-]+$/.test(token) || !method) throw new TelegramError(404, 'Not Found');
    if (token.startsWith('0') || token.length > MAX_TOKEN) throw new TelegramError(401, 'Unauthorized: invalid token specified');
    const failure = failures[token];
    if (failure === 429) throw new TelegramError(429, 'Too Many Requests: retry after 7', 7);
    if (failure) throw new TelegramError(failure, 'Internal Server Error');
    const bot = states.get(token);
    if (!bot) throw new TelegramError(401, 'Unauthorized');
    if (method.toLowerCase() !== 'getupdates') calls.push({ method, token, parameters });
    return bot.call(method, parameters);
  }

  return {
    calls,
    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const say = (status: number, body: object, retryAfter?: number) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...(retryAfter && { 'retry-after': String(retryAfter) }) })
          .end(JSON.stringify(body));
      try {
        say(200, { ok: true, result: await run(request) });
      } catch (error) {
        if (!(error instanceof TelegramError)) throw error;
        const { code, message: description, retryAfter } = error;
        const parameters = retryAfter && { parameters: { retry_after: retryAfter } };
        say(code, { ok: false, error_code: code, description, ...parameters }, retryAfter);
      }
    },
    /** @param token of the bot; by default the first one, as in the next functions */
    write: (message: Written, token?: string) => botOf(token).write(message),
    block: (person: number, token?: string) => botOf(token).block(person),
    flood: (seconds: number, token?: string) => botOf(token).flood(seconds),
  };
}
