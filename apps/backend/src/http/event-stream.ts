import type { Request, Response } from 'express';
import type { Subscribe } from '../shared/streams.ts';

const HEARTBEAT_MS = 15_000;
/** The stream is cut when more than this is unread, in bytes. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** With more than this unread, the sender waits; the stream is cut when the client does not drain it within `STALLED_MS`. */
const HIGH_WATER_BYTES = 256 * 1024;
const STALLED_MS = 5_000;
/** After its grant ends, the client has this long to read the frames that were already sent. */
const LAST_READ_MS = 1_000;

/** Waits until the unread bytes drain below the high-water mark. @returns false when the stream is closed or cut */
async function drained(response: Response): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return false;
  if (response.writableLength < HIGH_WATER_BYTES) return true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(() => response.destroy(), STALLED_MS);
  response.once('drain', resolve).once('close', resolve);
  await promise;
  clearTimeout(late);
  response.off('drain', resolve).off('close', resolve);
  return !response.destroyed;
}

/**
 * Responds with server-sent events until the client disconnects or its grant ends.
 * @param watchGrant calls `onEnd` when the grant has ended; it returns a function that stops watching
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function openEventStream(
  request: Request,
  response: Response,
  subscribe: Subscribe,
  watchGrant: (onEnd: () => void) => () => void,
): void {
  // The client may have disconnected during authentication; `close` will not fire again.
  if (response.destroyed) return;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  request.socket.setNoDelay(true);
  const heartbeat = setInterval(() => response.writableEnded || response.write(': still here\n\n'), HEARTBEAT_MS);
  const unsubscribe = subscribe({
    lastEventId: request.get('last-event-id'),
    send(event, data, id) {
      if (response.destroyed || response.writableEnded) return false;
      response.write(`${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (response.writableLength <= MAX_UNREAD_BYTES) return true;
      response.destroy();
      return false;
    },
    drained: () => drained(response),
    end: () => response.end(),
  });
  let lastRead: NodeJS.Timeout | undefined;
  const unwatch = watchGrant(() => {
    response.end();
    lastRead = setTimeout(() => response.destroy(), LAST_READ_MS);
  });
  response.on('close', () => {
    clearInterval(heartbeat);
    clearTimeout(lastRead);
    unwatch();
    unsubscribe();
  });
}
