import type { OverviewRow } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { type RefObject, useCallback, useRef, useSyncExternalStore } from 'react';
import { AgentRow } from './agent-row.tsx';

/** Row heights in pixels with their gap, by screen width. `heightStyle` repeats them: the server renders with CSS alone. */
const heights = { wide: 100, narrow: 128 };
const heightStyle = '[--row:128px] lg:[--row:100px]';
/** Tailwind's `lg` breakpoint. */
const WIDE = '(min-width: 64rem)';

function onWidth(listener: () => void) {
  const query = matchMedia(WIDE);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
const useRowHeight = () =>
  useSyncExternalStore(
    onWidth,
    () => (matchMedia(WIDE).matches ? heights.wide : heights.narrow),
    () => heights.wide,
  );

/** Rows rendered above and below the visible ones. */
const OVERSCAN = 6;
/** Rows that the server renders, which does not know the window. */
const FIRST_ROWS = 15;

function onMove(listener: () => void) {
  window.addEventListener('scroll', listener, { passive: true });
  window.addEventListener('resize', listener);
  return () => {
    window.removeEventListener('scroll', listener);
    window.removeEventListener('resize', listener);
  };
}

/** The rows in or near the window: the first one, and how many. All rows have one height, so nothing is measured. */
function useRowsNear(list: RefObject<HTMLElement | null>, height: number): [first: number, count: number] {
  const first = useSyncExternalStore(
    onMove,
    useCallback(() => Math.max(0, Math.floor(-(list.current?.getBoundingClientRect().top ?? 0) / height) - OVERSCAN), [list, height]),
    () => 0,
  );
  const count = useSyncExternalStore(
    onMove,
    useCallback(() => Math.ceil(window.innerHeight / height) + 1 + 2 * OVERSCAN, [height]),
    () => FIRST_ROWS,
  );
  return [first, count];
}

interface Props {
  agents: OverviewRow[];
  /** The ids of the selected agents. */
  ticked: ReadonlySet<string>;
  onTick: (id: string, on: boolean) => void;
}

/** Renders the visible rows only. */
export function AgentRows({ agents, ticked, onTick }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [first, count] = useRowsNear(list, useRowHeight());
  return (
    <ul ref={list} className={`relative ${heightStyle}`} style={{ height: `calc(${agents.length} * var(--row))` }} aria-label={t`Agents`}>
      {agents.slice(first, first + count).map((agent, offset) => {
        const index = first + offset;
        return (
          <li
            key={agent.id}
            aria-setsize={agents.length}
            aria-posinset={index + 1}
            className="absolute inset-x-0 h-(--row) pb-3"
            style={{ transform: `translateY(calc(${index} * var(--row)))` }}
          >
            <AgentRow agent={agent} ticked={ticked.has(agent.id)} onTick={onTick} />
          </li>
        );
      })}
    </ul>
  );
}
