'use client';

import '@fontsource-variable/geist-mono';
import type { LogLevel } from '@agentbot/contracts';
import { Download, Pause, Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { timeZoneName } from '../../lib/format.ts';
import { type LogLine, levels } from './log-line.ts';
import { LogLines } from './log-lines.tsx';
import { type LogState, useLog } from './use-log.ts';

const stateText: Record<LogState, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost. Reconnecting…',
  ended: 'The container has exited',
  gone: 'This log no longer exists',
};
function download(agentId: string, lines: LogLine[]) {
  const address = URL.createObjectURL(new Blob([lines.map(({ text }) => `${text}\n`).join('')], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${agentId}.log`;
  link.click();
  URL.revokeObjectURL(address);
}

/** An agent's log: live and stored lines, with search, pause and download. */
export function LiveLog({ id }: { id: string }) {
  const [paused, setPaused] = useState(false);
  const [follow, setFollow] = useState(true);
  const [text, setText] = useState('');
  const [level, setLevel] = useState<LogLevel>('trace');
  const { lines, waiting, state, older, loadOlder } = useLog(id, { paused, follow });
  const matches = useMemo(() => {
    const wanted = text.toLowerCase();
    const minLevel = levels.indexOf(level);
    // A live line without a level came from stdout or stderr: warn at most.
    return (line: LogLine) => levels.indexOf(line.level ?? 'warn') >= minLevel && line.text.toLowerCase().includes(wanted);
  }, [text, level]);
  const found = useMemo(() => lines.filter(matches), [lines, matches]);

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
      <LogLines
        lines={found}
        follow={follow && !paused}
        onFollow={setFollow}
        older={older}
        filtered={text !== '' || level !== 'trace'}
        onLoadOlder={() => void loadOlder(matches)}
      />
      <p className="flex flex-wrap justify-between gap-x-4 border-line border-t px-4 py-2 text-muted text-xs">
        <span aria-live="polite">{paused ? `Paused, ${waiting} new ${waiting === 1 ? 'line' : 'lines'}` : stateText[state]}</span>
        <span className="flex gap-4">
          {lines.length > 0 && <span>Times in {timeZoneName()}</span>}
          <span>
            {found.length} of {lines.length} lines
          </span>
          <label className="flex items-center gap-1.5">
            <input type="checkbox" className="accent-accent" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
            Follow
          </label>
        </span>
      </p>
    </section>
  );
}
