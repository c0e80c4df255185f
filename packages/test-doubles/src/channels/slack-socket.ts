import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';

export interface SlackApp {
  id: string;
  name: string;
  botToken: string;
  appToken: string;
  /** The ids of its bot: as a user, and as a bot. */
  user: string;
  bot: string;
  /** The channel that the bot is a member of. */
  channel: string;
  /** The private channel with each person. */
  direct: Map<string, string>;
}

interface Connection {
  app: SlackApp;
  socket: WebSocket;
}

/** The most times that Slack sends an event again. @see https://docs.slack.dev/apis/events-api/#retries */
const MAX_RETRIES = 3;

interface Options {
  team: string;
  /** The base address of the sockets. */
  socketUrl: () => string;
  /** How long Slack waits for an acknowledgement before it sends an envelope again. */
  ackMs: number;
}

/** Slack's Socket Mode. @see https://docs.slack.dev/apis/events-api/using-socket-mode */
export function createSocketMode({ team, socketUrl, ackMs }: Options) {
  const tickets = new Map<string, SlackApp>();
  const connections = new Set<Connection>();
  const waiting = new Map<string, NodeJS.Timeout>();
  let events = 0;

  /** Makes an address that one socket can connect to once. */
  function open(app: SlackApp): string {
    const ticket = randomUUID();
    tickets.set(ticket, app);
    return `${socketUrl()}/link/?ticket=${ticket}&app_id=${app.id}`;
  }

  function connect(socket: WebSocket, url: string): void {
    const ticket = new URL(url, 'ws://slack').searchParams.get('ticket') ?? '';
    const app = tickets.get(ticket);
    if (!tickets.delete(ticket) || !app) return void socket.close(1008, 'invalid_ticket');
    const connection = { app, socket };
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
    socket.on('message', (data: Buffer) => {
      const { envelope_id: id = '' } = JSON.parse(data.toString()) as { envelope_id?: string };
      clearTimeout(waiting.get(id));
      waiting.delete(id);
    });
    const hello = {
      type: 'hello',
      num_connections: [...connections].filter((each) => each.app === app).length,
      debug_info: { host: 'applink-double', build_number: 1, approximate_connection_time: 18_060 },
      connection_info: { app_id: app.id },
    };
    socket.send(JSON.stringify(hello));
  }

  /** Sends an event to one of the app's sockets, and again while it is not acknowledged. An app without a socket misses it. */
  function deliver(app: SlackApp, event: object): void {
    const payload = {
      token: 'verification-token',
      team_id: team,
      api_app_id: app.id,
      event,
      type: 'event_callback',
      event_id: `Ev${String(++events).padStart(9, '0')}`,
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ enterprise_id: null, team_id: team, user_id: app.user, is_bot: true, is_enterprise_install: false }],
      is_ext_shared_channel: false,
    };
    const send = (attempt: number): void => {
      const connection = [...connections].find((each) => each.app === app);
      if (!connection) return;
      const envelope = {
        envelope_id: randomUUID(),
        payload,
        type: 'events_api',
        accepts_response_payload: false,
        retry_attempt: attempt,
        retry_reason: attempt > 0 ? 'timeout' : '',
      };
      connection.socket.send(JSON.stringify(envelope));
      const retry = (): void => {
        waiting.delete(envelope.envelope_id);
        if (attempt < MAX_RETRIES) send(attempt + 1);
      };
      waiting.set(envelope.envelope_id, setTimeout(retry, ackMs).unref());
    };
    send(0);
  }

  /** Tells the sockets of an app to reconnect, as Slack does before it replaces a server. */
  function disconnect(app: SlackApp): void {
    for (const connection of connections) {
      if (connection.app === app) connection.socket.send(JSON.stringify({ type: 'disconnect', reason: 'warning', debug_info: {} }));
    }
  }

  return { open, connect, deliver, disconnect, isConnected: (app: SlackApp) => [...connections].some((each) => each.app === app) };
}
