import type { OverviewFrame, OverviewRow } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import { useRef } from 'react';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { useAgentChanges } from '../../lib/hooks/use-agent-changes.ts';

type Changed = Extract<OverviewFrame, { type: 'changed' }>;
type Overview = Output<'listOverview', 'web'>;

/** Applies a change to a list: replaces, inserts in order, and removes rows. */
function merge(rows: readonly OverviewRow[], frame: Changed): OverviewRow[] {
  const changed = new Map(frame.agents.map((row) => [row.id, row]));
  const removed = new Set(frame.removed);
  const kept = rows.filter(({ id }) => !removed.has(id)).map((row) => changed.get(row.id) ?? row);
  const known = new Set(rows.map(({ id }) => id));
  const added = frame.agents.filter(({ id }) => !known.has(id));
  if (added.length === 0) return kept;
  return [...added, ...kept].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/** Usage is recorded once a minute and sends no change: read the list again. */
const REFRESH_MS = 60_000;

/**
 * The user's agents, newest first, updated live.
 * @param initial the list that the server read
 */
export function useLiveAgents(initial: OverviewRow[] | undefined) {
  // Changes around the in-flight read: those received before it are in its result; those received since may be missing.
  const inFlight = useRef<{ before: Changed[]; since: Changed[] }>(undefined);
  async function read(): Promise<Overview> {
    const { before = [], since = [] } = inFlight.current ?? {};
    const mine = { before: [...before, ...since], since: [] as Changed[] };
    inFlight.current = mine;
    try {
      const list = await api('listOverview', {});
      return { ...list, agents: mine.since.reduce(merge, list.agents) };
    } catch (failure) {
      if (inFlight.current === mine) apply([...mine.before, ...mine.since]);
      throw failure;
    } finally {
      if (inFlight.current === mine) inFlight.current = undefined;
    }
  }
  const { data, error, mutate } = useSWR('overview', read, {
    ...(initial && { fallbackData: { agents: initial, status: 'ok' as const } }),
    revalidateIfStale: !initial,
    revalidateOnFocus: false,
    refreshInterval: REFRESH_MS,
  });
  const apply = (changes: Changed[]) =>
    void mutate((before = data) => before && { ...before, agents: changes.reduce(merge, before.agents) }, { revalidate: false });
  useAgentChanges((frame) => {
    if (frame.type === 'again') return void mutate();
    // A cache write during a read would make SWR discard the read's result: apply the change afterwards.
    if (inFlight.current) return void inFlight.current.since.push(frame);
    if (!data) return void mutate();
    apply([frame]);
  });
  return { agents: data?.agents, error, reload: () => mutate() };
}
