import type { WebSocket } from 'ws';

export interface DiscordBot {
  id: string;
  username: string;
  /** Its guild, and the guild's only channel. */
  guild: string;
  channel: string;
  /** The private channel with each person. */
  direct: Map<string, string>;
}

interface Session {
  id: string;
  bot: DiscordBot;
  intents: number;
  socket: WebSocket;
  sequence: number;
}

const HEARTBEAT_MS = 41_250;
const opcodes = { dispatch: 0, heartbeat: 1, identify: 2, presence: 3, resume: 6, requestMembers: 8, invalid: 9, hello: 10, ack: 11 };
/** @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const closures = {
  unknownOpcode: [4001, 'Unknown opcode.'],
  decode: [4002, 'Error while decoding payload.'],
  notAuthenticated: [4003, 'Not authenticated.'],
  authentication: [4004, 'Authentication failed.'],
  alreadyAuthenticated: [4005, 'Already authenticated.'],
  version: [4012, 'Invalid API version.'],
  intents: [4013, 'Invalid intent(s).'],
} as const;
const intentBits = { guildMessages: 1 << 9, directMessages: 1 << 12, content: 1 << 15 };
/** The bits of all intents: 0 to 16, 20, 21, 24 and 25. */
const ALL_INTENTS = 0x1ffff | (3 << 20) | (3 << 24);

/** Discord's gateway. @see https://docs.discord.com/developers/events/gateway */
export function createGateway(known: Map<string, DiscordBot>, nextId: () => string, gatewayUrl: () => string) {
  const sessions = new Map<string, Session>();

  const send = (socket: WebSocket, op: number, d: unknown, more: object = {}) =>
    socket.send(JSON.stringify({ op, d, s: null, t: null, ...more }));
  const dispatch = (session: Session, t: string, d: object) => send(session.socket, opcodes.dispatch, d, { t, s: ++session.sequence });
  const userOf = ({ id, username }: DiscordBot) => ({ id, username, discriminator: '0', global_name: null, avatar: null, bot: true });
  const personOf = (from: string) => ({ id: from, username: `person${from}`, discriminator: '0', global_name: null, avatar: null });

  function guildOf(bot: DiscordBot) {
    const joinedAt = new Date().toISOString();
    return {
      id: bot.guild,
      name: 'A guild',
      icon: null,
      owner_id: nextId(),
      joined_at: joinedAt,
      large: false,
      unavailable: false,
      member_count: 1,
      features: [],
      emojis: [],
      stickers: [],
      voice_states: [],
      presences: [],
      threads: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
      // All permissions.
      roles: [
        { id: bot.guild, name: '@everyone', permissions: String(2n ** 50n - 1n), position: 0, color: 0, hoist: false, managed: false },
      ],
      channels: [{ id: bot.channel, type: 0, name: 'general', position: 0, permission_overwrites: [], parent_id: null }],
      members: [{ user: userOf(bot), roles: [], joined_at: joinedAt, deaf: false, mute: false, flags: 0 }],
    };
  }

  const messageOf = (channel: string, author: object, content: string) => ({
    id: nextId(),
    channel_id: channel,
    author,
    content,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    type: 0,
  });

  function directChannel(bot: DiscordBot, person: string): string {
    const id = bot.direct.get(person) ?? nextId();
    bot.direct.set(person, id);
    return id;
  }

  function identify(socket: WebSocket, { token = '', intents }: { token?: string; intents?: number }): Session | keyof typeof closures {
    const bot = known.get(token.replace(/^Bot /, ''));
    if (!bot) return 'authentication';
    if (typeof intents !== 'number' || (intents & ~ALL_INTENTS) !== 0) return 'intents';
    const session: Session = { id: `session-${nextId()}`, bot, intents, socket, sequence: 0 };
    sessions.set(session.id, session);
    dispatch(session, 'READY', {
      v: 10,
      user: userOf(bot),
      guilds: [{ id: bot.guild, unavailable: true }],
      session_id: session.id,
      resume_gateway_url: gatewayUrl(),
      application: { id: bot.id, flags: (1 << 15) | (1 << 19) },
    });
    dispatch(session, 'GUILD_CREATE', guildOf(bot));
    return session;
  }

  function connect(socket: WebSocket, url: string): void {
    let session: Session | undefined;
    const close = (name: keyof typeof closures): void => {
      const [code, reason] = closures[name];
      socket.close(code, reason);
    };
    if (new URL(url, 'ws://discord').searchParams.get('v') !== '10') return void socket.close(...closures.version);
    send(socket, opcodes.hello, { heartbeat_interval: HEARTBEAT_MS });
    socket.on('close', () => session && sessions.delete(session.id));
    socket.on('message', (data: Buffer) => {
      let payload: { op?: number; d?: never };
      try {
        payload = JSON.parse(data.toString());
      } catch {
        return close('decode');
      }
      const { op, d } = payload;
      if (op === opcodes.heartbeat) return send(socket, opcodes.ack, null);
      if (op === opcodes.identify) {
        if (session) return close('alreadyAuthenticated');
        const begun = identify(socket, d ?? {});
        if (typeof begun === 'string') return close(begun);
        session = begun;
        return;
      }
      // A session is not kept: the client identifies again.
      if (op === opcodes.resume) return send(socket, opcodes.invalid, false);
      if (!session) return close('notAuthenticated');
      if (op !== opcodes.presence && op !== opcodes.requestMembers) close('unknownOpcode');
    });
  }

  /** Sends a message to the bot's sessions; a bot gets its own messages too. */
  function publish(bot: DiscordBot, message: ReturnType<typeof messageOf>): void {
    const inGuild = message.channel_id === bot.channel;
    const member = { roles: [], joined_at: new Date().toISOString(), deaf: false, mute: false, flags: 0 };
    const where = inGuild ? { channel_type: 0, guild_id: bot.guild, member } : { channel_type: 1 };
    for (const session of sessions.values()) {
      if (session.bot !== bot || !(session.intents & intentBits[inGuild ? 'guildMessages' : 'directMessages'])) continue;
      // Without the privileged intent a bot sees the content of private messages and of its mentions only.
      const isVisible = !inGuild || session.intents & intentBits.content || message.content.includes(`<@${bot.id}>`);
      dispatch(session, 'MESSAGE_CREATE', { ...message, content: isVisible ? message.content : '', ...where });
    }
  }

  return {
    connect,
    messageOf,
    directChannel,
    publish,
    write(bot: DiscordBot, { from, text, inChannel }: { from: string; text: string; inChannel?: boolean }): void {
      publish(bot, messageOf(inChannel ? bot.channel : directChannel(bot, from), personOf(from), text));
    },
  };
}
