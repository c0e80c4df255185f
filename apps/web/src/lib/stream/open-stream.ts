import { backoffMs } from '../backoff.ts';
import { signOut } from '../session/sign-out.ts';

interface Stream<Frame> {
  url: string;
  /** The name of its events. */
  event: string;
  /** @param id of the frame, or of the last frame that had one */
  onFrame: (frame: Frame, id: string) => void;
  /** The connection is lost; `openStream` reconnects. */
  onLost?: () => void;
  /** The server refused the stream with 4xx: it does not exist. No reconnect follows. */
  onGone?: () => void;
}

/** Requests the URL and discards the body. @returns the status; 0 when the server cannot be reached */
async function probe(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { signal, cache: 'no-store' }).catch(() => undefined);
  void response?.body?.cancel();
  return response?.status ?? 0;
}

/**
 * Receives server-sent events and resumes after the last one when the connection breaks. EventSource itself reconnects only
 * after a network error: it gives up on any error response, such as 502 while the backend restarts, and hides the status.
 * @returns a function that closes the stream
 */
export function openStream<Frame>({ url, event, onFrame, onLost, onGone }: Stream<Frame>): () => void {
  const closing = new AbortController();
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout>;
  let retries = 0;
  let lastId = '';

  function open() {
    const resumed = new URL(url, location.href);
    if (lastId) resumed.searchParams.set('lastEventId', lastId);
    source = new EventSource(resumed);
    source.addEventListener(event, ({ data, lastEventId }: MessageEvent<string>) => {
      retries = 0;
      lastId = lastEventId || lastId;
      onFrame(JSON.parse(data), lastId);
    });
    source.addEventListener('error', () => {
      onLost?.();
      if (source.readyState === EventSource.CLOSED) void reconnect();
    });
  }
  async function reconnect() {
    const status = await probe(url, closing.signal);
    if (closing.signal.aborted) return;
    if (status === 401) return signOut(true).catch(openLater);
    if (status >= 400 && status < 500 && status !== 429) return onGone?.();
    if (status > 0 && status < 400) retries = 0;
    openLater();
  }
  function openLater() {
    if (!closing.signal.aborted) timer = setTimeout(open, backoffMs(retries++));
  }

  open();
  return () => {
    closing.abort();
    clearTimeout(timer);
    source.close();
  };
}
