import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { createServer, Server as NetServer, type Socket } from 'node:net';

/** The `lingerMs` of a server whose port processes share. Clients use an idle connection again within this time, or open a new one. */
export const LINGER_MS = 2_000;

/** How a server ends, so that a second process that shares its port takes over without a failed request. */
export interface DrainOptions {
  /** Milliseconds that running requests have to end after the server has stopped listening. */
  drainMs: number;
  /**
   * Milliseconds without a request after which the idle connections are closed. While clients still use them, each response
   * asks for a new connection. 0: at once.
   */
  lingerMs: number;
}

/** Tracks the connections of a server, because Node.js does not track upgraded ones. @returns a function that destroys them */
export function trackConnections(server: NetServer): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket.once('close', () => open.delete(socket))));
  return () => {
    for (const socket of open) socket.destroy();
  };
}

/** Whether a response is a stream of events without an end. Answers to a POST have one: they tell how that request goes on. */
const isEndless = (response: ServerResponse) =>
  response.req.method === 'GET' && /^text\/event-stream/.test(String(response.getHeader('content-type')));

/**
 * Prepares a server for its end, before it listens.
 * @param endStream ends a stream of events that would go on for ever; its client opens a new one
 * @returns a function that stops listening, ends the endless streams, and waits for the other requests; the connections that are
 * left after `drainMs`, or idle for `lingerMs`, are destroyed
 */
export function drainable(
  server: Server,
  { drainMs, lingerMs }: DrainOptions,
  endStream = (response: ServerResponse): void => void response.end(),
): () => Promise<void> {
  const destroyConnections = trackConnections(server);
  const running = new Set<ServerResponse>();
  let isDraining = false;
  let lastRequestAt = 0;
  const closeAfter = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  server.prependListener('request', (_request, response: ServerResponse) => {
    running.add(response.once('close', () => running.delete(response)));
    lastRequestAt = performance.now();
    if (isDraining) closeAfter(response);
  });
  return async () => {
    isDraining = true;
    const drainedAt = performance.now() + drainMs;
    lastRequestAt = performance.now();
    const closed = once(server, 'close');
    // The close of an HTTP server would cut idle connections, on which a request may be on its way.
    NetServer.prototype.close.call(server);
    for (const response of running) closeAfter(response);
    while (performance.now() < drainedAt) {
      for (const response of running) if (isEndless(response)) endStream(response);
      if (running.size === 0 && performance.now() - lastRequestAt >= lingerMs) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    destroyConnections();
    await closed;
  };
}

/**
 * Opens a Unix socket for the health check of this one process: a port that processes share leads to any of them.
 * @param socketPath path of the socket; a file that an earlier process left there is replaced
 */
export async function openHealthSocket(server: Server, socketPath: string): Promise<void> {
  rmSync(socketPath, { force: true });
  const health = createServer((socket) => server.emit('connection', socket));
  health.listen(socketPath);
  await once(health, 'listening');
  health.unref();
}
