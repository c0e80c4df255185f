import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import WebSocket from 'ws';
import { connectParams } from './device.ts';

export interface GatewayAddress {
  url: string;
  token: string;
  deviceKey: string;
}

interface Frame {
  type: 'req' | 'res' | 'event';
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: unknown;
  error?: { message?: string; code?: string };
}

interface Pending {
  resolve: (payload: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A gateway whose container is gone does not say goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Less than the web waits, so that its caller hears the reason. */
const REQUEST_TIMEOUT_MS = 12_000;
/** A gateway of which nothing is heard for so long is gone, whatever the connection says; a paused container is back sooner. */
const SILENCE_MS = 60_000;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/**
 * An authorised connection to one agent's gateway (OpenClaw's WebSocket protocol 3 or 4). Emits `event` with a name and a
 * payload, and `close` once.
 */
export class GatewayConnection extends EventEmitter<{ event: [name: string, payload: unknown]; close: [] }> {
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();

  private constructor(socket: WebSocket) {
    super();
    this.setMaxListeners(0);
    this.#socket = socket;
  }

  /** Connects and answers the gateway's challenge. @throws Error when refused or after ten seconds */
  static async open({ url, token, deviceKey }: GatewayAddress, silenceMs = SILENCE_MS): Promise<GatewayConnection> {
    const limits = { maxPayload: MAX_FRAME_BYTES, handshakeTimeout: CONNECT_TIMEOUT_MS, closeTimeout: CLOSE_TIMEOUT_MS };
    const socket = new WebSocket(url, limits);
    const connection = new GatewayConnection(socket);
    const ready = Promise.withResolvers<GatewayConnection>();
    const timer = setTimeout(() => ready.reject(new Error('The gateway did not authorise the connection in time')), CONNECT_TIMEOUT_MS);
    connection.on('event', (name, payload) => {
      if (name !== 'connect.challenge') return;
      const challenge = payload as { nonce: string; ts?: number };
      connection.request('connect', connectParams(deviceKey, token, challenge)).then(() => ready.resolve(connection), ready.reject);
    });
    socket.on('message', (data) => connection.#receive(String(data)));
    socket.once('open', () => connection.#watch(silenceMs));
    socket.on('error', (error) => ready.reject(error));
    socket.on('close', () => {
      ready.reject(new Error('The gateway closed the connection'));
      connection.#fail(new Error('The connection to the gateway was lost'));
    });
    return ready.promise
      .catch((error) => {
        socket.terminate();
        throw error;
      })
      .finally(() => clearTimeout(timer));
  }

  /** Calls a gateway method. @throws Error with the gateway's message, on loss of the connection, or past the deadline */
  request<T = unknown>(method: string, params: object = {}, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error('The gateway is not connected'));
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => this.#settle(id)?.reject(new Error(`The gateway did not answer ${method} in time`)), timeoutMs);
    this.#pending.set(id, { resolve, reject, timer });
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return promise as Promise<T>;
  }

  close(): void {
    this.#socket.close();
  }

  /** Gives the connection up when the other end is gone without a word: nobody would ever close it. */
  #watch(silenceMs: number) {
    let heardAt = Date.now();
    const heard = () => {
      heardAt = Date.now();
    };
    const asking = setInterval(() => {
      if (Date.now() - heardAt >= silenceMs) this.#socket.terminate();
      else this.#socket.ping();
    }, silenceMs / 3);
    this.#socket.on('pong', heard).on('message', heard);
    this.#socket.once('close', () => clearInterval(asking));
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #fail(error: Error) {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
    this.emit('close');
  }

  #receive(text: string) {
    let frame: Frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#socket.close(1007);
      return;
    }
    if (frame.type === 'event' && frame.event) this.emit('event', frame.event, frame.payload);
    if (frame.type !== 'res' || !frame.id) return;
    const pending = this.#settle(frame.id);
    if (frame.ok) pending?.resolve(frame.payload);
    else pending?.reject(new Error(frame.error?.message ?? 'The gateway refused the request'));
  }
}
