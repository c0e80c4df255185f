import { backOff } from '../backoff.ts';
import { leave } from '../session/sign-out.ts';

interface Stream<Frame> {
  address: string;
  /** The name of its events. */
  event: string;
  /** @param id of the frame, or of the last one that had one */
  onFrame: (frame: Frame, id: string) => void;
  /** The connection is lost, and is opened again. */
  onLost?: () => void;
  /** It is refused for good: what it tells of is not there. */
  onGone?: () => void;
}

/** What an address answers now, or 0 when nothing does; the answer itself is not read. */
async function statusOf(address: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(address, { signal, cache: 'no-store' }).catch(() => undefined);
  void answer?.body?.cancel();
  return answer?.status ?? 0;
}

/**
 * Hears server-sent events until it is closed, and goes on where it was. A browser comes back by itself only to where a
 * stream was broken off: at an answer that is none, as while the backend restarts, it gives up and does not say why.
 * @returns a function that closes it
 */
export function openStream<Frame>({ address, event, onFrame, onLost, onGone }: Stream<Frame>): () => void {
  const closing = new AbortController();
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout>;
  let tries = 0;
  let lastId = '';

  function open() {
    const from = new URL(address, location.href);
    if (lastId) from.searchParams.set('lastEventId', lastId);
    source = new EventSource(from);
    source.addEventListener(event, ({ data, lastEventId }: MessageEvent<string>) => {
      tries = 0;
      lastId = lastEventId || lastId;
      onFrame(JSON.parse(data), lastId);
    });
    source.addEventListener('error', () => {
      onLost?.();
      if (source.readyState === EventSource.CLOSED) void comeBack();
    });
  }
  async function comeBack() {
    const status = await statusOf(address, closing.signal);
    if (closing.signal.aborted) return;
    if (status === 401) return leave().catch(openLater);
    if (status >= 400 && status < 500 && status !== 429) return onGone?.();
    // It is back.
    if (status > 0 && status < 400) tries = 0;
    openLater();
  }
  function openLater() {
    if (!closing.signal.aborted) timer = setTimeout(open, backOff(tries++));
  }

  open();
  return () => {
    closing.abort();
    clearTimeout(timer);
    source.close();
  };
}
