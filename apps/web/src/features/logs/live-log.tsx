'use client';

import type { MessageDescriptor } from '@lingui/core';
import { msg, plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { say } from '../../lib/language/texts.ts';
import '@fontsource-variable/geist-mono';
import type { LogLevel } from '@agentbot/contracts';
import { Download, Pause, Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { controlStyle, Input, Select } from '../../components/ui/field.tsx';
import { timeZoneName } from '../../lib/format.ts';
import { copied, type LogLine, levelNames, levels, timeOf } from './log-line.ts';
import { LogLines } from './log-lines.tsx';
import { type LogState, useLog } from './use-log.ts';

const stateText: Record<LogState, MessageDescriptor> = {
  connecting: msg`Connecting…`,
  live: msg`Live`,
  lost: msg`Connection lost. Reconnecting…`,
  ended: msg`The container has exited`,
  gone: msg`This log no longer exists`,
};
const ranges = [
  ['', msg`Any time`],
  ['900', msg`Last 15 min`],
  ['3600', msg`Last hour`],
  ['21600', msg`Last 6 h`],
  ['86400', msg`Last 24 h`],
] as const;

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
  // Milliseconds since the epoch; 0 for any time.
  const [since, setSince] = useState(0);
  const [range, setRange] = useState('');
  const [wrap, setWrap] = useState(true);
  const { lines, waiting, state, older, loadOlder } = useLog(id, { paused, follow });
  const matches = useMemo(() => {
    const wanted = text.toLowerCase();
    const minLevel = levels.indexOf(level);
    // A live line without a level came from stdout or stderr: warn at most.
    return (line: LogLine) =>
      timeOf(line) >= since && levels.indexOf(line.level ?? 'warn') >= minLevel && line.text.toLowerCase().includes(wanted);
  }, [text, level, since]);
  const found = useMemo(() => lines.filter(matches), [lines, matches]);

  function choose(seconds: string) {
    const from = seconds ? Date.now() - Number(seconds) * 1000 : 0;
    setRange(seconds);
    setSince(from);
    // Reads back to the beginning of the range.
    if (from) void loadOlder((line) => timeOf(line) < from);
  }
  return (
    <section
      aria-label={t`Live log`}
      className="flex h-[calc(100dvh-19rem)] min-h-[28rem] flex-col rounded-xl border border-line bg-surface"
    >
      <div className="flex flex-wrap items-center gap-2 border-line border-b p-3">
        <Input
          type="search"
          aria-label={t`Search the log`}
          placeholder={t`Search`}
          className={`${controlStyle} min-w-32 flex-1`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Select
          aria-label={t`Level`}
          className={`${controlStyle}`}
          value={level}
          onChange={(event) => setLevel(event.target.value as LogLevel)}
        >
          {levels.map((each) => (
            <option key={each} value={each}>
              {say(levelNames[each])}
            </option>
          ))}
        </Select>
        <Select aria-label={t`Range`} className={`${controlStyle}`} value={range} onChange={(event) => choose(event.target.value)}>
          {ranges.map(([seconds, name]) => (
            <option key={seconds} value={seconds}>
              {say(name)}
            </option>
          ))}
        </Select>
        <Button kind="plain" onClick={() => setPaused(!paused)}>
          {paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
          {paused ? t`Resume` : t`Pause`}
        </Button>
        <CopyButton text={() => found.map(copied).join('\n')} disabled={found.length === 0} />
        <Button kind="plain" disabled={found.length === 0} onClick={() => download(id, found)}>
          <Download aria-hidden className="size-4" /> <Trans>Download</Trans>
        </Button>
      </div>
      <LogLines
        lines={found}
        follow={follow && !paused}
        onFollow={setFollow}
        older={older}
        wrap={wrap}
        filtered={text !== '' || level !== 'trace' || since > 0}
        onLoadOlder={() => void loadOlder(matches)}
      />
      <p className="flex flex-wrap justify-between gap-x-4 border-line border-t px-4 py-2 text-muted text-xs">
        <span aria-live="polite">
          {paused
            ? t`${plural(waiting, { one: `Paused, ${waiting} new line`, other: `Paused, ${waiting} new lines` })}`
            : say(stateText[state])}
        </span>
        <span className="flex flex-wrap gap-x-4 gap-y-1">
          {lines.length > 0 && (
            <span>
              <Trans>Times in {timeZoneName()}</Trans>
            </span>
          )}
          <span>
            <Trans>
              {found.length} of {lines.length} lines
            </Trans>
          </span>
          <label className="flex items-center gap-1.5">
            <Input type="checkbox" className="accent-accent" checked={wrap} onChange={(event) => setWrap(event.target.checked)} />
            <Trans>Wrap</Trans>
          </label>
          <label className="flex items-center gap-1.5">
            <Input type="checkbox" className="accent-accent" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
            <Trans>Follow</Trans>
          </label>
        </span>
      </p>
    </section>
  );
}
