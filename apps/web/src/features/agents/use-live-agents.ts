import type { OverviewFrame, OverviewRow } from '@agentbot/contracts';
import { useEffect, useRef } from 'react';
import useSWR from 'swr';
import { addressOf, api } from '../api.ts';

/**
 * Hears of agents as they change, over one stream; a page in the background listens to nothing.
 * @param agentId of the one agent to hear of
 */
export function useAgentChanges(onFrame: (frame: OverviewFrame) => void, agentId?: string): void {
  const latest = useRef(onFrame);
  useEffect(() => {
    latest.current = onFrame;
  }, [onFrame]);
  useEffect(() => {
    let source: EventSource | undefined;
    function listen() {
      source?.close();
      source = undefined;
      if (document.hidden) return;
      source = new EventSource(addressOf('streamOverview') + (agentId ? `?agentId=${encodeURIComponent(agentId)}` : ''));
      source.addEventListener('agents', ({ data }: MessageEvent<string>) => latest.current(JSON.parse(data)));
    }
    listen();
    document.addEventListener('visibilitychange', listen);
    return () => {
      document.removeEventListener('visibilitychange', listen);
      source?.close();
    };
  }, [agentId]);
}

/** A list with some of its rows replaced, added at their place or taken away. */
function merge(rows: readonly OverviewRow[], frame: Extract<OverviewFrame, { type: 'changed' }>): OverviewRow[] {
  const changed = new Map(frame.agents.map((row) => [row.id, row]));
  const removed = new Set(frame.removed);
  const kept = rows.filter(({ id }) => !removed.has(id)).map((row) => changed.get(row.id) ?? row);
  const known = new Set(rows.map(({ id }) => id));
  const added = frame.agents.filter(({ id }) => !known.has(id));
  if (added.length === 0) return kept;
  return [...added, ...kept].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/**
 * The user's agents, newest first, live.
 * @param initial as the server read them
 */
export function useLiveAgents(initial: OverviewRow[] | undefined) {
  const { data, error, mutate } = useSWR('overview', () => api('listOverview', {}), {
    ...(initial && { fallbackData: { agents: initial, status: 'ok' as const } }),
    revalidateIfStale: !initial,
    revalidateOnFocus: false,
  });
  useAgentChanges((frame) => {
    if (frame.type === 'again') void mutate();
    else void mutate((before) => before && { ...before, agents: merge(before.agents, frame) }, { revalidate: false });
  });
  return { agents: data?.agents, error };
}
