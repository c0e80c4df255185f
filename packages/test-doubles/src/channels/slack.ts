import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSocketMode, type SlackApp } from './slack-socket.ts';

/** A call of a bot that writes: messages, reactions and the status of a thread. */
export interface SlackCall {
  method: string;
  token: string;
  body: Record<string, unknown>;
}

export interface SlackWritten {
  from: string;
  text: string;
  inChannel?: boolean;
  /** Begins the text with a mention of the bot. */
  mention?: boolean;
  /** The token of the bot; the first bot by default. */
  token?: string;
}

interface Message {
  type: 'message';
  ts: string;
  user: string;
  text: string;
  thread_ts?: string;
  bot_id?: string;
  app_id?: string;
}

/** Slack's refusal, which it sends with status 200. */
class SlackError extends Error {
  readonly more: object;
  constructor(error: string, more: object = {}) {
    super(error);
    this.more = more;
  }
}

const TEAM = 'T0DOUBLE';
const MAX_CHARACTERS = 40_000;
/** Methods that only an app-level token may call. All others of this double need the token of a bot. */
const appMethods = ['apps.connections.open'];
const writing = /^(chat|reactions|assistant)\./;

interface Options {
  /** Maps tokens of bots to their apps. */
  apps: Record<string, { name: string; appToken: string }>;
  /** The base address of Socket Mode. */
  socketUrl: () => string;
  /** How long Slack waits for an acknowledgement. */
  ackMs?: number;
  /** The number of messages per channel and time window. */
  limit?: { messages: number; windowMs: number };
  /** Maps tokens to the status of every answer, or to the error of every answer. */
  failures?: Record<string, number | string>;
}

/** Slack: the Web API's methods of a bot that talks, and Socket Mode. @see https://docs.slack.dev/apis/web-api */
export function createSlack({ apps, socketUrl, ackMs = 3000, limit = { messages: 5, windowMs: 5000 }, failures = {} }: Options) {
  let lastId = 0;
  const nextId = (prefix: string) => `${prefix}0DOUBLE${String(++lastId).padStart(3, '0')}`;
  const known: SlackApp[] = Object.entries(apps).map(([botToken, { name, appToken }]) => ({
    id: nextId('A'),
    name,
    botToken,
    appToken,
    user: nextId('U'),
    bot: nextId('B'),
    channel: nextId('C'),
    direct: new Map(),
  }));
  const sockets = createSocketMode({ team: TEAM, socketUrl, ackMs });
  const calls: SlackCall[] = [];
  const histories = new Map<string, Message[]>();
  const reactions = new Set<string>();
  const windows = new Map<string, { used: number; until: number }>();
  let lastTs = 0;

  /** The time of a message, which is its id in its channel: no two are equal. */
  function nextTs(): string {
    lastTs = Math.max(lastTs + 1, Date.now() * 1000);
    return `${Math.floor(lastTs / 1e6)}.${String(lastTs % 1e6).padStart(6, '0')}`;
  }

  /** Counts a message against its channel's limit. @returns the seconds to wait past the limit */
  function secondsToWait(channel: string): number {
    const now = Date.now();
    let window = windows.get(channel);
    if (!window || window.until <= now) window = { used: 0, until: now + limit.windowMs };
    windows.set(channel, window);
    if (window.used >= limit.messages) return Math.ceil((window.until - now) / 1000);
    window.used++;
    return 0;
  }

  const personOf = (id: string) => ({
    id,
    team_id: TEAM,
    name: `person-${id.toLowerCase()}`,
    real_name: `Person ${id}`,
    deleted: false,
    is_bot: false,
    profile: { display_name: `Person ${id}`, real_name: `Person ${id}` },
  });
  const botUserOf = (app: SlackApp) => ({
    ...personOf(app.user),
    name: app.name,
    real_name: app.name,
    is_bot: true,
    profile: { display_name: app.name, real_name: app.name, bot_id: app.bot, api_app_id: app.id },
  });
  const isPerson = (id: string) => /^[UW][A-Z0-9]{2,}$/.test(id);

  function directChannel(app: SlackApp, person: string): string {
    const id = app.direct.get(person) ?? nextId('D');
    app.direct.set(person, id);
    return id;
  }

  function conversationOf(app: SlackApp, id: string) {
    if (id === app.channel)
      return { id, name: 'general', is_channel: true, is_member: true, is_im: false, topic: { value: '' }, purpose: { value: '' } };
    const [person] = [...app.direct].find(([, channel]) => channel === id) ?? [];
    if (!person) throw new SlackError('channel_not_found');
    return { id, is_im: true, user: person };
  }

  const historyOf = (channel: string) => histories.get(channel) ?? [];

  function messageAt(channel: string, ts: unknown): Message {
    const message = historyOf(channel).find((each) => each.ts === ts);
    if (!message) throw new SlackError('message_not_found');
    return message;
  }

  function textOf({ text, markdown_text: markdown, blocks, attachments }: Record<string, unknown>): string {
    const written = String(text ?? markdown ?? '');
    if (!written && !blocks && !attachments) throw new SlackError('no_text');
    if ([...written].length > MAX_CHARACTERS) throw new SlackError('msg_too_long');
    return written;
  }

  /** The text of a part of a stream, which is text or a list of chunks; a form has the list as JSON. */
  function streamed({ markdown_text: markdown, chunks = [] }: Record<string, unknown>): string {
    const list: { text?: string }[] = typeof chunks === 'string' ? JSON.parse(chunks) : chunks;
    return `${markdown ?? ''}${list.map(({ text = '' }) => text).join('')}`;
  }

  /** Stores a message and tells the apps that see the channel, the writer's own included. */
  function publish(app: SlackApp, channel: string, message: Message): void {
    histories.set(channel, [...historyOf(channel), message]);
    const isDirect = channel !== app.channel;
    const event = { ...message, channel, event_ts: message.ts, team: TEAM };
    sockets.deliver(app, { ...event, channel_type: isDirect ? 'im' : 'channel' });
    if (!isDirect && message.text.includes(`<@${app.user}>`)) sockets.deliver(app, { ...event, type: 'app_mention' });
  }

  function post(app: SlackApp, body: Record<string, unknown>) {
    const to = String(body.channel ?? '');
    // Slack accepts a person's id for the private channel with them.
    const channel = isPerson(to) ? directChannel(app, to) : conversationOf(app, to).id;
    const text = textOf(body);
    const thread = body.thread_ts ? { thread_ts: String(body.thread_ts) } : {};
    const message: Message = { type: 'message', ts: nextTs(), user: app.user, bot_id: app.bot, app_id: app.id, text, ...thread };
    publish(app, channel, message);
    return { channel, ts: message.ts, message };
  }

  function update(body: Record<string, unknown>, change: (before: string) => string) {
    const channel = String(body.channel);
    const message = messageAt(channel, body.ts);
    if (!message.bot_id) throw new SlackError('cant_update_message');
    message.text = change(message.text);
    return { channel, ts: message.ts, text: message.text };
  }

  function react(body: Record<string, unknown>, add: boolean): object {
    const { channel, timestamp, name } = body;
    if (!name) throw new SlackError('no_reaction');
    // A name such as `eyes` or `+1`, not the character.
    if (!/^[a-z0-9_+-]+$/.test(String(name))) throw new SlackError('invalid_name');
    const key = `${channel} ${messageAt(String(channel), timestamp).ts} ${name}`;
    if (reactions.has(key) === add) throw new SlackError(add ? 'already_reacted' : 'no_reaction');
    if (add) reactions.add(key);
    else reactions.delete(key);
    return {};
  }

  function pageOf(channel: string, isShown: (message: Message) => boolean, { limit: most = 100, oldest, latest }: Record<string, unknown>) {
    const messages = historyOf(channel).filter(
      (message) => isShown(message) && (!oldest || message.ts >= String(oldest)) && (!latest || message.ts <= String(latest)),
    );
    return { messages: messages.slice(-Number(most)), has_more: messages.length > Number(most) };
  }

  /** Runs a method. @returns the fields of its answer beside `ok` */
  function run(app: SlackApp, method: string, body: Record<string, unknown>): object {
    const channel = String(body.channel ?? '');
    switch (method) {
      case 'apps.connections.open':
        return { url: sockets.open(app) };
      case 'auth.test':
        return {
          url: 'https://double.slack.com/',
          team: 'Double',
          user: app.name,
          team_id: TEAM,
          user_id: app.user,
          bot_id: app.bot,
          is_enterprise_install: false,
        };
      case 'bots.info':
        return { bot: { id: app.bot, app_id: app.id, user_id: app.user, name: app.name, deleted: false } };
      case 'team.info':
        return { team: { id: TEAM, name: 'Double', domain: 'double' } };
      case 'users.info': {
        const id = String(body.user);
        if (id === app.user) return { user: botUserOf(app) };
        if (!isPerson(id)) throw new SlackError('user_not_found');
        return { user: personOf(id) };
      }
      case 'users.list':
        return { members: [botUserOf(app), ...[...app.direct.keys()].map(personOf)], response_metadata: { next_cursor: '' } };
      case 'conversations.info':
        return { channel: conversationOf(app, channel) };
      case 'conversations.list':
        return { channels: [conversationOf(app, app.channel)], response_metadata: { next_cursor: '' } };
      case 'conversations.open': {
        const person = String(body.users ?? '');
        if (!isPerson(person)) throw new SlackError('user_not_found');
        return { channel: { id: directChannel(app, person) } };
      }
      case 'conversations.history': {
        const { messages, has_more } = pageOf(conversationOf(app, channel).id, () => true, body);
        return { messages: messages.toReversed(), has_more };
      }
      case 'conversations.replies': {
        const { ts } = messageAt(conversationOf(app, channel).id, body.ts);
        return pageOf(channel, (message) => message.ts === ts || message.thread_ts === ts, body);
      }
      case 'chat.postMessage':
        return post(app, body);
      case 'chat.startStream':
        if (!body.thread_ts) throw new SlackError('invalid_arguments');
        // A stream may begin without text.
        return post(app, { ...body, text: streamed(body), blocks: [] });
      case 'chat.postEphemeral':
        conversationOf(app, channel);
        textOf(body);
        return { message_ts: nextTs() };
      case 'chat.update':
        return update(body, () => textOf(body));
      case 'chat.appendStream':
      case 'chat.stopStream':
        return update(body, (before) => before + streamed(body));
      case 'chat.delete': {
        const { ts } = messageAt(channel, body.ts);
        histories.set(
          channel,
          historyOf(channel).filter((message) => message.ts !== ts),
        );
        return { channel, ts };
      }
      case 'reactions.add':
        return react(body, true);
      case 'reactions.remove':
        return react(body, false);
      case 'assistant.threads.setStatus':
        conversationOf(app, String(body.channel_id));
        return {};
      default:
        throw new SlackError('unknown_method', { req_method: method });
    }
  }

  /** Finds the app that a token may act for. */
  function authenticate(method: string, header: string, parameter: unknown): SlackApp {
    const fromHeader = /^Bearer (\S+)$/.exec(header)?.[1];
    // An app-level token is read in the header alone.
    const token = fromHeader ?? (appMethods.includes(method) ? undefined : parameter);
    if (!token) throw new SlackError(parameter ? 'invalid_auth' : 'not_authed');
    const failure = failures[String(token)];
    if (typeof failure === 'string') throw new SlackError(failure, failure === 'missing_scope' ? { needed: 'connections:write' } : {});
    const app = known.find(({ botToken, appToken }) => token === botToken || token === appToken);
    if (!app) throw new SlackError('invalid_auth');
    if ((token === app.appToken) !== appMethods.includes(method)) throw new SlackError('not_allowed_token_type');
    return app;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const say = (status: number, body: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body));
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://slack');
    const method = /\/api\/([\w.]+)$/.exec(pathname)?.[1] ?? '';
    const isJson = request.headers['content-type']?.startsWith('application/json');
    const fields = isJson && text ? JSON.parse(text) : Object.fromEntries([...searchParams, ...new URLSearchParams(text)]);
    const { token: parameter, ...body } = fields as Record<string, unknown>;
    const header = request.headers.authorization ?? '';
    try {
      const status = failures[header.replace('Bearer ', '')];
      if (typeof status === 'number') return void say(status, { ok: false, error: 'fatal_error' });
      const app = authenticate(method, header, parameter);
      if (writing.test(method)) calls.push({ method, token: app.botToken, body });
      const wait = method === 'chat.postMessage' ? secondsToWait(String(body.channel)) : 0;
      if (wait > 0) return void say(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(wait) });
      say(200, { ok: true, ...run(app, method, body) });
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      say(200, { ok: false, error: error.message, ...error.more });
    }
  }

  const appOf = (token: string | undefined) => known.find(({ botToken }) => botToken === token) ?? known[0];

  return {
    calls,
    answer,
    /** A client of Socket Mode has connected. */
    connect: sockets.connect,
    /** Whether the app of a bot's token, or the first one, has a socket. */
    isConnected: (token?: string) => known.some((app) => app === appOf(token) && sockets.isConnected(app)),
    /** Tells the first app's sockets to reconnect. */
    disconnect(): void {
      if (known[0]) sockets.disconnect(known[0]);
    },
    /** A person writes to a bot, in private or in its channel. */
    write({ from, text, inChannel = false, mention = false, token }: SlackWritten): void {
      const app = appOf(token);
      if (!app) return;
      const channel = inChannel ? app.channel : directChannel(app, from);
      publish(app, channel, { type: 'message', ts: nextTs(), user: from, text: mention ? `<@${app.user}> ${text}` : text });
    },
  };
}
