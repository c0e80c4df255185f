import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Agent as HttpAgent } from 'node:http';
import WebSocket from 'ws';
import { connectParams } from './device.ts';

export interface GatewayAddress {
  url: string;
  token: string;
  deviceKey: string;
  /** Makes the connection; undefined when the address is on this machine. */
  transport?: HttpAgent;
}

interface Frame {
  type: 'req' | 'res' | 'event';
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: unknown;
  error?: { message?: string; code?: string; details?: unknown };
}

/** The part of a gateway's answer to `connect` that tells what it offers. */
interface Hello {
  features?: { methods?: string[] };
}

interface Pending {
  resolve: (payload: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** @throws Error without the text: it may contain what the agent's owner keeps secret */
function parseFrame(text: string): Frame {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The message is not JSON');
  }
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A gateway whose container no longer exists sends no close frame. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Shorter than the web app's own timeout, so that its user sees this error's reason. */
const REQUEST_TIMEOUT_MS = 12_000;
/** A gateway that sends nothing for this long counts as lost. A backup pauses a container for a shorter time. */
const SILENCE_MS = 60_000;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** The gateway did not answer a request. It may still execute the request. */
export class UnansweredError extends Error {}

/**
 * An authorised connection to one agent's gateway (OpenClaw's WebSocket protocol 3 or 4). Emits `event` with a name and a
 * payload, `invalid` with the error when a frame ends the connection, and `close` once.
 */
export class GatewayConnection extends EventEmitter<{ event: [name: string, payload: unknown]; invalid: [error: unknown]; close: [] }> {
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  #methods: ReadonlySet<string> = new Set();

  private constructor(socket: WebSocket) {
    super();
    this.setMaxListeners(0);
    this.#socket = socket;
  }

  /** Connects and answers the gateway's challenge. @throws Error when the gateway refuses or does not authorise in ten seconds */
  static async open({ url, token, deviceKey, transport }: GatewayAddress, silenceMs = SILENCE_MS): Promise<GatewayConnection> {
    const limits = { maxPayload: MAX_FRAME_BYTES, handshakeTimeout: CONNECT_TIMEOUT_MS, closeTimeout: CLOSE_TIMEOUT_MS };
    const socket = new WebSocket(url, { ...limits, ...(transport && { agent: transport }) });
    const connection = new GatewayConnection(socket);
    const ready = Promise.withResolvers<GatewayConnection>();
    const timer = setTimeout(() => ready.reject(new Error('The gateway did not authorise the connection in time')), CONNECT_TIMEOUT_MS);
    connection.on('event', (name, payload) => {
      if (name !== 'connect.challenge') return;
      const challenge = payload as { nonce: string; ts?: number };
      connection.request<Hello>('connect', connectParams(deviceKey, token, challenge)).then((hello) => {
        connection.#methods = new Set(hello.features?.methods);
        ready.resolve(connection);
      }, ready.reject);
    });
    socket.on('message', (data) => connection.#receive(String(data)));
    socket.once('open', () => connection.#watch(silenceMs));
    socket.on('error', (error) => ready.reject(error));
    socket.on('close', () => {
      ready.reject(new Error('The gateway closed the connection'));
      connection.#fail(new UnansweredError('The connection to the gateway was lost'));
    });
    return ready.promise
      .catch((error) => {
        socket.terminate();
        throw error;
      })
      .finally(() => clearTimeout(timer));
  }

  /**
   * Calls a gateway method.
   * @throws Error with the gateway's message, and its whole error as cause; UnansweredError when the connection is lost, or after
   * `timeoutMs`
   */
  request<T = unknown>(method: string, params: object = {}, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error('The gateway is not connected'));
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => this.#settle(id)?.reject(new UnansweredError(`The gateway did not answer ${method} in time`)),
      timeoutMs,
    );
    this.#pending.set(id, { resolve, reject, timer });
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return promise as Promise<T>;
  }

  /** Whether the gateway said at the start of the connection that it offers a method. */
  offers(method: string): boolean {
    return this.#methods.has(method);
  }

  close(): void {
    this.#socket.close();
  }

  /** Terminates the connection when the gateway is silent for `silenceMs`: a lost gateway closes no TCP connection. */
  #watch(silenceMs: number) {
    let lastReceivedAt = Date.now();
    const markReceived = () => {
      lastReceivedAt = Date.now();
    };
    const heartbeat = setInterval(() => {
      if (Date.now() - lastReceivedAt >= silenceMs) this.#socket.terminate();
      else this.#socket.ping();
    }, silenceMs / 3);
    this.#socket.on('pong', markReceived).on('message', markReceived);
    this.#socket.once('close', () => clearInterval(heartbeat));
  }

  /** Takes a request off the pending list and stops its timer. */
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

  /**
   * Handles a message of the gateway. The container runs its owner's code, so the message may have any form: an invalid one, or an
   * error of a listener, ends this connection only.
   */
  #receive(text: string) {
    try {
      this.#take(parseFrame(text));
    } catch (error) {
      this.emit('invalid', error);
      this.#socket.terminate();
    }
  }

  /** @throws Error when the frame, or the payload of an event that somebody listens to, has another form than the protocol's */
  #take(frame: Frame) {
    if (frame.type === 'event' && frame.event) this.emit('event', frame.event, frame.payload ?? {});
    if (frame.type !== 'res' || !frame.id) return;
    const pending = this.#settle(frame.id);
    if (frame.ok) pending?.resolve(frame.payload);
    else pending?.reject(new Error(frame.error?.message ?? 'The gateway refused the request', { cause: frame.error }));
  }
}
