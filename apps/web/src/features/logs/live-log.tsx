'use client';

import '@fontsource-variable/geist-mono';
import type { LogLevel } from '@agentbot/contracts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Download, Pause, Play } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { levels, type ShownLine } from './log-line.ts';
import { type Earlier, type LogState, useLog } from './use-log.ts';

const colours: Record<LogLevel, string> = {
  trace: 'text-muted',
  debug: 'text-muted',
  info: 'text-ink',
  warn: 'text-warn',
  error: 'text-danger',
  fatal: 'text-danger',
};
const sentences: Record<LogState, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost. Reconnecting…',
  ended: 'The container has exited',
  gone: 'This log no longer exists',
};
/** The height of what stands above the first line, and how near to it older lines are read, in pixels. */
const HEAD = 48;
const NEAR = 400;

function download(agentId: string, lines: ShownLine[]) {
  const address = URL.createObjectURL(new Blob([lines.map(({ text }) => `${text}\n`).join('')], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${agentId}.log`;
  link.click();
  URL.revokeObjectURL(address);
}

interface Shown {
  lines: ShownLine[];
  follow: boolean;
  onFollow: (follow: boolean) => void;
  /** What is known of the lines before these; nothing while there are none. */
  earlier: Earlier | undefined;
  /** Only some are shown: older ones are read when that is asked for, not by scrolling. */
  filtered: boolean;
  onEarlier: () => void;
}

function Lines({ lines, follow, onFollow, earlier, filtered, onEarlier }: Shown) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 22,
    overscan: 20,
    getItemKey: (index) => lines[index]?.key ?? index,
    paddingStart: HEAD,
    // What is read stays in its place when lines come before it.
    anchorTo: 'end',
  });
  const height = rows.getTotalSize();
  useEffect(() => {
    if (follow && height) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [follow, height]);

  function onScroll() {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    onFollow(scrollHeight - scrollTop - clientHeight < 40);
    if (scrollTop < NEAR && earlier === 'more' && !filtered) onEarlier();
  }
  return (
    <div
      ref={box}
      role="log"
      aria-label="Log"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={onScroll}
      className="min-h-0 flex-1 overflow-auto font-mono text-xs [overflow-anchor:none]"
    >
      <div className="relative" style={{ height }}>
        <div className="absolute inset-x-0 top-0 flex items-center justify-center font-sans text-muted" style={{ height: HEAD }}>
          {earlier === 'begin' ? (
            'The stored log starts here.'
          ) : (
            <Button kind="quiet" size="small" busy={earlier === 'reading'} disabled={!earlier} onClick={onEarlier}>
              {earlier === 'failed' ? 'Try again' : filtered ? 'Search older lines' : 'Load older lines'}
            </Button>
          )}
        </div>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index];
          return (
            line && (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                className={`absolute inset-x-0 flex gap-3 px-4 py-0.5 ${colours[line.level ?? 'info']}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                <span className="shrink-0 text-muted">{line.time}</span>
                <span className="w-9 shrink-0 uppercase">{line.level}</span>
                <span className="wrap-anywhere min-w-0 whitespace-pre-wrap">
                  {line.source && <span className="text-muted">{line.source} </span>}
                  {line.message}
                </span>
              </div>
            )
          );
        })}
      </div>
      {lines.length === 0 && <p className="px-4 pb-4 font-sans text-muted text-sm">No lines to show.</p>}
    </div>
  );
}

/** An agent's log, live and back to its beginning: to follow, hold, search, and take along. */
export function LiveLog({ id }: { id: string }) {
  const [paused, setPaused] = useState(false);
  const [follow, setFollow] = useState(true);
  const [text, setText] = useState('');
  const [level, setLevel] = useState<LogLevel>('trace');
  const { lines, waiting, state, earlier, readEarlier } = useLog(id, { paused, follow });
  const isWanted = useMemo(() => {
    const wanted = text.toLowerCase();
    const least = levels.indexOf(level);
    // What has no level yet is a warning at most.
    return (line: ShownLine) => levels.indexOf(line.level ?? 'warn') >= least && line.text.toLowerCase().includes(wanted);
  }, [text, level]);
  const found = useMemo(() => lines.filter(isWanted), [lines, isWanted]);

  return (
    <section aria-label="Live log" className="flex h-[calc(100dvh-19rem)] min-h-[28rem] flex-col rounded-xl border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-2 border-line border-b p-3">
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          className={`${controlStyle} min-w-32 flex-1`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <select
          aria-label="Level"
          className={`${controlStyle}`}
          value={level}
          onChange={(event) => setLevel(event.target.value as LogLevel)}
        >
          {levels.map((each) => (
            <option key={each} value={each}>
              {each === 'trace' ? 'All levels' : each === 'fatal' ? 'fatal only' : `${each} and above`}
            </option>
          ))}
        </select>
        <Button kind="plain" onClick={() => setPaused(!paused)}>
          {paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button kind="plain" disabled={found.length === 0} onClick={() => download(id, found)}>
          <Download aria-hidden className="size-4" /> Download
        </Button>
      </div>
      <Lines
        lines={found}
        follow={follow && !paused}
        onFollow={setFollow}
        earlier={earlier}
        filtered={text !== '' || level !== 'trace'}
        onEarlier={() => void readEarlier(isWanted)}
      />
      <p className="flex flex-wrap justify-between gap-x-4 border-line border-t px-4 py-2 text-muted text-xs">
        <span aria-live="polite">{paused ? `Paused, ${waiting} new ${waiting === 1 ? 'line' : 'lines'}` : sentences[state]}</span>
        <span className="flex gap-4">
          {found.length} of {lines.length} lines
          <label className="flex items-center gap-1.5">
            <input type="checkbox" className="accent-accent" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
            Follow
          </label>
        </span>
      </p>
    </section>
  );
}
