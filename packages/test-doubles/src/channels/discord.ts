import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { createGateway, type DiscordBot } from './discord-gateway.ts';

/** A call of a bot, except those of its start. */
export interface DiscordCall {
  route: string;
  token: string;
  body: Record<string, unknown>;
}

/** Discord's refusal: a status and its JSON code. @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
class DiscordError extends Error {
  readonly status: number;
  readonly body: object;
  constructor(status: number, code: number, message: string, errors?: object) {
    super(message);
    this.status = status;
    this.body = { message, code, ...(errors && { errors }) };
  }
}

const MAX_CHARACTERS = 2000;
/** The form of a client's name that Discord demands. @see https://docs.discord.com/developers/reference#user-agent */
const userAgent = /^DiscordBot \(https?:\/\/\S+, \S+\)/;
const FIRST_ID = 80_351_110_224_678_912n;

const unauthorized = () => new DiscordError(401, 0, '401: Unauthorized');
const unknownRoute = () => new DiscordError(404, 0, '404: Not Found');
const invalidContent = (code: string, message: string) =>
  new DiscordError(400, 50_035, 'Invalid Form Body', { content: { _errors: [{ code, message }] } });

interface Options {
  /** Maps tokens to the bots' names. */
  bots: Record<string, string>;
  /** The address of the gateway, which `GET /gateway/bot` returns. */
  gatewayUrl: () => string;
  /** The number of messages per channel and time window. */
  limit?: { messages: number; windowMs: number };
  /** Maps tokens to the status of every answer. */
  failures?: Record<string, number>;
}

/** Discord: the REST calls of a bot that talks, and its gateway. @see https://docs.discord.com/developers/reference */
export function createDiscord({ bots, gatewayUrl, limit = { messages: 5, windowMs: 5000 }, failures = {} }: Options) {
  let lastId = FIRST_ID;
  const nextId = () => String(++lastId);
  const known = new Map<string, DiscordBot>();
  for (const [token, username] of Object.entries(bots)) {
    const guild = nextId();
    known.set(token, { id: nextId(), username, guild, channel: nextId(), direct: new Map() });
  }
  const gateway = createGateway(known, nextId, gatewayUrl);
  const calls: DiscordCall[] = [];
  const windows = new Map<string, { used: number; until: number }>();

  const userOf = ({ id, username }: DiscordBot) => ({ id, username, discriminator: '0', global_name: null, avatar: null, bot: true });

  /** Counts a message against its channel's limit. @returns the headers of Discord's answer */
  function count(channel: string): { headers: Record<string, string>; retryAfter: number | undefined } {
    const now = Date.now();
    let window = windows.get(channel);
    if (!window || window.until <= now) window = { used: 0, until: now + limit.windowMs };
    windows.set(channel, window);
    const isOver = window.used >= limit.messages;
    if (!isOver) window.used++;
    const seconds = (window.until - now) / 1000;
    return {
      retryAfter: isOver ? seconds : undefined,
      headers: {
        'x-ratelimit-limit': String(limit.messages),
        'x-ratelimit-remaining': String(limit.messages - window.used),
        'x-ratelimit-reset': (window.until / 1000).toFixed(3),
        'x-ratelimit-reset-after': seconds.toFixed(3),
        'x-ratelimit-bucket': 'messages-of-a-channel',
        ...(isOver && { 'x-ratelimit-scope': 'user', 'retry-after': String(Math.ceil(seconds)) }),
      },
    };
  }

  function sendMessage(bot: DiscordBot, channel: string, { content = '', embeds }: Record<string, unknown>) {
    if (channel !== bot.channel && ![...bot.direct.values()].includes(channel)) throw new DiscordError(404, 10_003, 'Unknown Channel');
    if (typeof content !== 'string') throw invalidContent('BASE_TYPE_BAD_STRING', 'Could not interpret "content" as string.');
    if ([...content].length > MAX_CHARACTERS) {
      throw invalidContent('BASE_TYPE_MAX_LENGTH', `Must be ${MAX_CHARACTERS} or fewer in length.`);
    }
    if (!content && !(Array.isArray(embeds) && embeds.length > 0)) throw new DiscordError(400, 50_006, 'Cannot send an empty message');
    return gateway.messageOf(channel, userOf(bot), content);
  }

  /** Runs a call. @returns its result, or undefined for 204 */
  function run(bot: DiscordBot, method: string, path: string, body: Record<string, unknown>): unknown {
    const [, channel = '', rest = ''] = /^\/channels\/(\d+)(\/.*)?$/.exec(path) ?? [];
    switch (`${method} ${channel ? `/channels/:id${rest.replace(/\d{5,}/, ':message')}` : path.replace(bot.id, '@bot')}`) {
      case 'GET /users/@me':
        return userOf(bot);
      case 'GET /gateway/bot':
        return {
          url: gatewayUrl(),
          shards: 1,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 },
        };
      case 'GET /applications/@me':
      case 'GET /oauth2/applications/@me':
        // Flags: the privileged intents of members and of message content, limited to small bots.
        return { id: bot.id, name: bot.username, flags: (1 << 15) | (1 << 19), bot: userOf(bot) };
      case 'PUT /applications/@bot/commands':
        return Array.isArray(body) ? body.map((command) => ({ ...command, id: nextId(), application_id: bot.id })) : [];
      case 'GET /applications/@bot/commands':
        return [];
      case 'POST /users/@me/channels':
        return { id: gateway.directChannel(bot, String(body.recipient_id)), type: 1 };
      case 'GET /channels/:id':
        return {
          id: channel,
          type: channel === bot.channel ? 0 : 1,
          ...(channel === bot.channel && { guild_id: bot.guild, name: 'general' }),
        };
      case 'POST /channels/:id/messages': {
        const message = sendMessage(bot, channel, body);
        gateway.publish(bot, message);
        return message;
      }
      case 'PATCH /channels/:id/messages/:message':
        return sendMessage(bot, channel, body);
      case 'POST /channels/:id/typing':
        return undefined;
      default:
        throw unknownRoute();
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const say = (status: number, body?: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body && JSON.stringify(body));
    const { pathname } = new URL(request.url ?? '/', 'http://discord');
    const path = pathname.replace(/^\/api\/v10/, '');
    let limits: ReturnType<typeof count> | undefined;
    try {
      // Cloudflare stands before Discord's API and blocks other clients.
      if (!userAgent.test(request.headers['user-agent'] ?? '')) return void response.writeHead(403).end('error code: 1010');
      if (path === pathname) throw unknownRoute();
      const [, token = ''] = /^Bot (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
      const failure = failures[token];
      if (failure) throw new DiscordError(failure, 0, 'Internal Server Error');
      const bot = known.get(token);
      if (!bot) throw unauthorized();
      const body = text ? JSON.parse(text) : {};
      const [, channel] = /^\/channels\/(\d+)\/messages$/.exec(path) ?? [];
      if (channel && request.method === 'POST') {
        limits = count(channel);
        if (limits.retryAfter !== undefined) {
          const refusal = { message: 'You are being rate limited.', retry_after: limits.retryAfter, global: false };
          return void say(429, refusal, limits.headers);
        }
      }
      const result = run(bot, request.method ?? '', path, body);
      if (request.method !== 'GET') calls.push({ route: `${request.method} ${path}`, token, body });
      say(result === undefined ? 204 : 200, result as object, limits?.headers);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      say(error.status, error.body, limits?.headers);
    }
  }

  return {
    calls,
    answer,
    /** A client of the gateway has connected. */
    connect: (socket: WebSocket, url: string) => gateway.connect(socket, url),
    /** A person writes to the first bot, in private or in the channel of its guild. */
    write(message: { from: string; text: string; inChannel?: boolean }): void {
      const [bot] = known.values();
      if (bot) gateway.write(bot, message);
    },
  };
}
