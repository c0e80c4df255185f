import type { LogLevel } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { Button } from '../../components/ui/button.tsx';
import type { LogLine } from './log-line.ts';
import type { OlderLines } from './use-log.ts';

const colours: Record<LogLevel, string> = {
  trace: 'text-muted',
  debug: 'text-muted',
  info: 'text-ink',
  warn: 'text-warn',
  error: 'text-danger',
  fatal: 'text-danger',
};
/** Height of the header above the first line, in pixels. */
const HEADER_HEIGHT = 48;
/** Distance from the top at which older lines load, in pixels. */
const LOAD_DISTANCE = 400;

interface Props {
  lines: LogLine[];
  follow: boolean;
  /** Whether long lines continue on the next row. */
  wrap: boolean;
  onFollow: (follow: boolean) => void;
  /** The state of the lines before these; undefined while no line is shown. */
  older: OlderLines | undefined;
  /** A filter is active: older lines load on request only, not by scrolling. */
  filtered: boolean;
  onLoadOlder: () => void;
}

/** The lines of a log. Renders the visible ones only. */
export function LogLines({ lines, follow, wrap, onFollow, older, filtered, onLoadOlder }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 22,
    overscan: 20,
    getItemKey: (index) => lines[index]?.key ?? index,
    paddingStart: HEADER_HEIGHT,
    // Keeps the visible lines in place when older ones are inserted above.
    anchorTo: 'end',
  });
  const height = rows.getTotalSize();
  useEffect(() => {
    if (follow && height) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [follow, height]);

  const lastTop = useRef(0);
  function onScroll() {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    // Only the reader's own scrolling changes whether the log follows: new lines and another level do not scroll the view upwards.
    const isAtEnd = scrollHeight - scrollTop - clientHeight < 40;
    if (follow && scrollTop < lastTop.current - 1 && !isAtEnd) onFollow(false);
    if (!follow && scrollTop > lastTop.current + 1 && isAtEnd) onFollow(true);
    lastTop.current = scrollTop;
    if (scrollTop < LOAD_DISTANCE && older === 'available' && !filtered) onLoadOlder();
  }
  return (
    <div
      ref={box}
      role="log"
      aria-label={t`Log`}
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={onScroll}
      className="min-h-0 flex-1 overflow-auto font-mono text-xs [overflow-anchor:none]"
    >
      <div className="relative" style={{ height }}>
        <div className="absolute inset-x-0 top-0 flex items-center justify-center font-sans text-muted" style={{ height: HEADER_HEIGHT }}>
          {older === 'none' ? (
            t`The stored log starts here.`
          ) : (
            <Button kind="quiet" size="small" busy={older === 'loading'} disabled={!older} onClick={onLoadOlder}>
              {older === 'failed' ? t`Try again` : filtered ? t`Search older lines` : t`Load older lines`}
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
                <span className={wrap ? 'wrap-anywhere min-w-0 whitespace-pre-wrap' : 'whitespace-pre'}>
                  {line.source && <span className="text-muted">{line.source} </span>}
                  {line.message}
                </span>
              </div>
            )
          );
        })}
      </div>
      {lines.length === 0 && (
        <p className="px-4 pb-4 font-sans text-muted text-sm">
          <Trans>No lines to show.</Trans>
        </p>
      )}
    </div>
  );
}
