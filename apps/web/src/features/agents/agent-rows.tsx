import type { OverviewRow } from '@agentbot/contracts';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useSyncExternalStore } from 'react';
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

interface Props {
  agents: OverviewRow[];
  /** The ids of the selected agents. */
  ticked: ReadonlySet<string>;
  onTick: (id: string, on: boolean) => void;
}

/** Renders the visible rows only. */
export function AgentRows({ agents, ticked, onTick }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const height = useRowHeight();
  const rows = useWindowVirtualizer({
    count: agents.length,
    estimateSize: () => height,
    overscan: 6,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => agents[index]?.id ?? index,
    initialRect: { width: 1024, height: 900 },
  });
  useEffect(() => rows.measure(), [rows, height]);
  return (
    <ul ref={list} className={`relative ${heightStyle}`} style={{ height: `calc(${agents.length} * var(--row))` }} aria-label="Agents">
      {rows.getVirtualItems().map(({ index, key }) => {
        const agent = agents[index];
        return (
          agent && (
            <li
              key={key}
              aria-setsize={agents.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 h-(--row) pb-3"
              style={{ transform: `translateY(calc(${index} * var(--row)))` }}
            >
              <AgentRow agent={agent} ticked={ticked.has(agent.id)} onTick={onTick} />
            </li>
          )
        );
      })}
    </ul>
  );
}
