import type { LogFrame } from '@agentbot/contracts';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { addressOf, adviceOf, api, sentenceOf } from '../api.ts';
import { entryLines, gapLine, readLine, type ShownLine } from './log-line.ts';

/** More than this is not kept on the page while it follows; what was left out can be read again. */
const MOST_FOLLOWED = 5_000;
const MOST = 20_000;
/** New lines are drawn together, this often. */
const DRAW_MS = 200;
/** Lines of one request for older ones, and how many are read at once in search of one that matches. */
const PAGE = 100;
const MOST_SEARCHED = 1_000;

export type LogState = 'connecting' | 'live' | 'lost' | 'ended';
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
  const first = lines[0]?.id;

  useEffect(() => {
    const source = new EventSource(addressOf('streamLogs', agentId));
    source.addEventListener('line', ({ data, lastEventId }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as LogFrame;
      setState(frame.type === 'exit' ? 'ended' : 'live');
      if (frame.type === 'line') fresh.current.push(readLine(frame.text, lastEventId));
      if (frame.type === 'gap') fresh.current.push(gapLine(lastEventId));
    });
    source.addEventListener('error', () => setState('lost'));
    return () => source.close();
  }, [agentId]);

  useEffect(() => {
    const timer = setInterval(() => {
      setWaiting(paused ? fresh.current.length : 0);
      if (paused || fresh.current.length === 0) return;
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
      toast.error(sentenceOf(error), { description: adviceOf(error) });
      setReading('failed');
    }
  }
  const earlier: Earlier | undefined = first ? (first === begin ? 'begin' : (reading ?? 'more')) : undefined;
  return { lines, waiting, state, earlier, readEarlier };
}
