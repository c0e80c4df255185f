import type { Request, Response } from 'express';
import type { Subscribe } from '../shared/streams.ts';

const HEARTBEAT_MS = 15_000;
/** A reader that leaves more than this unread is let go, in bytes. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A reader with more than this unread is waited for, and let go when it does not read on in time. */
const HIGH_WATER_BYTES = 256 * 1024;
const STALLED_MS = 5_000;
/** When a stream's grant ends, the client has this long to read the frames that were sent before. */
const LAST_READ_MS = 1_000;

/** Waits until a reader has read what was sent. */
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
 * Answers with server-sent events until the reader leaves or its right to them ends.
 * @param untilEnd calls back when the right has ended; it returns what stops that
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function openEventStream(
  request: Request,
  response: Response,
  subscribe: Subscribe,
  untilEnd: (onEnd: () => void) => () => void,
): void {
  // Whoever left while we looked who it is will not be heard leaving again.
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
  const unwatch = untilEnd(() => {
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
