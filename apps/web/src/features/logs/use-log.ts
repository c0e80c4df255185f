import type { LogFrame } from '@agentbot/contracts';
import { useEffect, useRef, useState } from 'react';
import { api, urlOf } from '../../lib/api/client.ts';
import { errorAdvice, errorMessage } from '../../lib/api/errors.ts';
import { openStream } from '../../lib/stream/open-stream.ts';
import { toast } from '../../lib/toast/toast.ts';
import { entryLines, gapLine, type LogLine, parseLine } from './log-line.ts';

/** The most lines on the page while it follows the log. Dropped lines can be loaded again. */
const MAX_FOLLOWED_LINES = 5_000;
/** The most lines on the page while the user reads older ones. */
const MAX_LINES = 20_000;
/** New lines are rendered in batches at this interval. */
const RENDER_INTERVAL_MS = 200;
const PAGE_SIZE = 100;
/** The most lines that one search for a match loads. */
const MAX_SEARCHED_LINES = 1_000;

export type LogState = 'connecting' | 'live' | 'lost' | 'ended' | 'gone';
/** The state of the lines before the first one on the page; `none`: the log starts here. */
export type OlderLines = 'available' | 'loading' | 'failed' | 'none';

/** Reads older lines until one matches. */
async function readBack(agentId: string, from: string, matches: (line: LogLine) => boolean) {
  const lines: LogLine[] = [];
  let hasMore = true;
  do {
    const query = { limit: PAGE_SIZE, before: `log_${lines[0]?.id ?? from}` };
    const { logs } = await api('listLogs', { params: { id: agentId }, query });
    lines.unshift(...logs.flatMap(entryLines));
    hasMore = logs.length === PAGE_SIZE;
  } while (hasMore && lines.length < MAX_SEARCHED_LINES && !lines.some(matches));
  return { lines, hasMore };
}

/** An agent's live log and its older lines. While paused, new lines are buffered. */
export function useLog(agentId: string, { paused, follow }: { paused: boolean; follow: boolean }) {
  const [lines, setLines] = useState<LogLine[]>([]);
  const [waiting, setWaiting] = useState(0);
  const [state, setState] = useState<LogState>('connecting');
  const [loading, setLoading] = useState<'loading' | 'failed'>();
  const [oldest, setOldest] = useState<string>();
  const buffer = useRef<LogLine[]>([]);
  const dropped = useRef(0);
  const first = lines[0]?.id;

  useEffect(() => {
    let ended = false;
    return openStream<LogFrame>({
      url: urlOf('streamLogs', agentId),
      event: 'line',
      onFrame(frame, id) {
        // A reconnected stream does not repeat the exit frame: keep the state.
        if (frame.type !== 'connected') ended = frame.type === 'exit';
        setState(ended ? 'ended' : 'live');
        if (frame.type === 'line') buffer.current.push(parseLine(frame.text, id));
        if (frame.type === 'gap') buffer.current.push(gapLine(id));
        // Bounds the buffer while paused. Dropped lines can be loaded again as older lines.
        if (buffer.current.length > MAX_LINES + MAX_FOLLOWED_LINES) dropped.current += buffer.current.splice(0, MAX_FOLLOWED_LINES).length;
      },
      onLost: () => setState('lost'),
      onGone: () => setState('gone'),
    });
  }, [agentId]);

  useEffect(() => {
    const timer = setInterval(() => {
      setWaiting(paused ? dropped.current + buffer.current.length : 0);
      if (paused || buffer.current.length === 0) return;
      dropped.current = 0;
      const added = buffer.current.splice(0);
      // While the user reads older lines, keep more of them.
      setLines((before) => [...before, ...added].slice(follow ? -MAX_FOLLOWED_LINES : -MAX_LINES));
    }, RENDER_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [paused, follow]);

  /** Loads older lines until one matches. */
  async function loadOlder(matches: (line: LogLine) => boolean) {
    if (!first || loading === 'loading') return;
    setLoading('loading');
    try {
      const { lines: loaded, hasMore } = await readBack(agentId, first, matches);
      setLines((now) => (now[0]?.id === first ? [...loaded, ...now] : now));
      if (!hasMore) setOldest(loaded[0]?.id ?? first);
      setLoading(undefined);
    } catch (error) {
      toast.error(errorMessage(error), { description: errorAdvice(error) });
      setLoading('failed');
    }
  }
  const older: OlderLines | undefined = first ? (first === oldest ? 'none' : (loading ?? 'available')) : undefined;
  return { lines, waiting, state, older, loadOlder };
}
