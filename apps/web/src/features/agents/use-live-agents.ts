import type { OverviewFrame, OverviewRow } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import { useRef } from 'react';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { useAgentChanges } from '../../lib/hooks/use-agent-changes.ts';

type Changed = Extract<OverviewFrame, { type: 'changed' }>;
type Overview = Output<'listOverview', 'web'>;

/** A list with some of its rows replaced, added at their place or taken away. */
function merge(rows: readonly OverviewRow[], frame: Changed): OverviewRow[] {
  const changed = new Map(frame.agents.map((row) => [row.id, row]));
  const removed = new Set(frame.removed);
  const kept = rows.filter(({ id }) => !removed.has(id)).map((row) => changed.get(row.id) ?? row);
  const known = new Set(rows.map(({ id }) => id));
  const added = frame.agents.filter(({ id }) => !known.has(id));
  if (added.length === 0) return kept;
  return [...added, ...kept].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/** What a container uses is written once a minute, and no change of its agent. */
const FIGURES_MS = 60_000;

/**
 * The user's agents, newest first, live.
 * @param initial as the server read them
 */
export function useLiveAgents(initial: OverviewRow[] | undefined) {
  // The newest reading of the list that is under way: what it must have read, as it was heard before, and what it may not have.
  const reading = useRef<{ before: Changed[]; since: Changed[] }>(undefined);
  async function read(): Promise<Overview> {
    const { before = [], since = [] } = reading.current ?? {};
    const mine = { before: [...before, ...since], since: [] as Changed[] };
    reading.current = mine;
    try {
      const list = await api('listOverview', {});
      return { ...list, agents: mine.since.reduce(merge, list.agents) };
    } catch (failure) {
      if (reading.current === mine) note([...mine.before, ...mine.since]);
      throw failure;
    } finally {
      if (reading.current === mine) reading.current = undefined;
    }
  }
  const { data, error, mutate } = useSWR('overview', read, {
    ...(initial && { fallbackData: { agents: initial, status: 'ok' as const } }),
    revalidateIfStale: !initial,
    revalidateOnFocus: false,
    refreshInterval: FIGURES_MS,
  });
  const note = (changes: Changed[]) =>
    void mutate((before = data) => before && { ...before, agents: changes.reduce(merge, before.agents) }, { revalidate: false });
  useAgentChanges((frame) => {
    if (frame.type === 'again') return void mutate();
    // Written into the cache while it is being read, it would discard the answer.
    if (reading.current) return void reading.current.since.push(frame);
    if (!data) return void mutate();
    note([frame]);
  });
  return { agents: data?.agents, error, reload: () => mutate() };
}
