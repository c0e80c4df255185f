import type { LogFrame } from '@agentbot/contracts';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { api, urlOf } from '../../lib/api/client.ts';
import { errorAdvice, errorMessage } from '../../lib/api/errors.ts';
import { openStream } from '../../lib/stream/open-stream.ts';
import { entryLines, gapLine, readLine, type ShownLine } from './log-line.ts';

/** LoadMore than this is not kept on the page while it follows; what was left out can be read again. */
const MOST_FOLLOWED = 5_000;
const MOST = 20_000;
/** New lines are drawn together, this often. */
const DRAW_MS = 200;
/** Lines of one request for older ones, and how many are read at once in search of one that matches. */
const PAGE = 100;
const MOST_SEARCHED = 1_000;

export type LogState = 'connecting' | 'live' | 'lost' | 'ended' | 'gone';
/** What is known of the lines before the first one shown; `begin`: there are none. */
export type Earlier = 'more' | 'reading' | 'failed' | 'begin';

/** Reads back from a line until one is wanted. */
async function readBack(agentId: string, from: string, isWanted: (line: ShownLine) => boolean) {
  const lines: ShownLine[] = [];
  let more = true;
  do {
    const query = { limit: PAGE, before: `log_${lines[0]?.id ?? from}` };
    const { logs } = await api('listLogs', { params: { id: agentId }, query });
    lines.unshift(...logs.flatMap(entryLines));
    more = logs.length === PAGE;
  } while (more && lines.length < MOST_SEARCHED && !lines.some(isWanted));
  return { lines, more };
}

/** An agent's log as it is written, and back to its beginning. While paused, new lines are kept but not shown. */
export function useLog(agentId: string, { paused, follow }: { paused: boolean; follow: boolean }) {
  const [lines, setLines] = useState<ShownLine[]>([]);
  const [waiting, setWaiting] = useState(0);
  const [state, setState] = useState<LogState>('connecting');
  const [reading, setReading] = useState<'reading' | 'failed'>();
  const [begin, setBegin] = useState<string>();
  const fresh = useRef<ShownLine[]>([]);
  const dropped = useRef(0);
  const first = lines[0]?.id;

  useEffect(() => {
    let ended = false;
    return openStream<LogFrame>({
      url: urlOf('streamLogs', agentId),
      event: 'line',
      onFrame(frame, id) {
        // Whoever comes back is not told of the end again.
        if (frame.type !== 'connected') ended = frame.type === 'exit';
        setState(ended ? 'ended' : 'live');
        if (frame.type === 'line') fresh.current.push(readLine(frame.text, id));
        if (frame.type === 'gap') fresh.current.push(gapLine(id));
        // As many as are shown remain; what was before them goes as well then, and can be read again from there.
        if (fresh.current.length > MOST + MOST_FOLLOWED) dropped.current += fresh.current.splice(0, MOST_FOLLOWED).length;
      },
      onLost: () => setState('lost'),
      onGone: () => setState('gone'),
    });
  }, [agentId]);

  useEffect(() => {
    const timer = setInterval(() => {
      setWaiting(paused ? dropped.current + fresh.current.length : 0);
      if (paused || fresh.current.length === 0) return;
      dropped.current = 0;
      const added = fresh.current.splice(0);
      // Nothing is taken away above somebody who reads there.
      setLines((before) => [...before, ...added].slice(follow ? -MOST_FOLLOWED : -MOST));
    }, DRAW_MS);
    return () => clearInterval(timer);
  }, [paused, follow]);

  /** Puts older lines before those shown, until one of them is wanted. */
  async function readEarlier(isWanted: (line: ShownLine) => boolean) {
    if (!first || reading === 'reading') return;
    setReading('reading');
    try {
      const { lines: older, more } = await readBack(agentId, first, isWanted);
      setLines((now) => (now[0]?.id === first ? [...older, ...now] : now));
      if (!more) setBegin(older[0]?.id ?? first);
      setReading(undefined);
    } catch (error) {
      toast.error(errorMessage(error), { description: errorAdvice(error) });
      setReading('failed');
    }
  }
  const earlier: Earlier | undefined = first ? (first === begin ? 'begin' : (reading ?? 'more')) : undefined;
  return { lines, waiting, state, earlier, readEarlier };
}
