import type { OverviewRow } from '@agentbot/contracts';

export const states = ['running', 'stopped', 'provisioning', 'updating', 'error', 'pending', 'deleting'] as const;
export const sorts = ['newest', 'name', 'state', 'message', 'spent'] as const;

/** What the list shows, as the page's URL holds it. */
export interface ListView {
  q: string;
  state: '' | (typeof states)[number];
  sort: (typeof sorts)[number];
}

export const wholeList: ListView = { q: '', state: '', sort: 'newest' };

/** Reads the view from a query. Unknown values are ignored. */
export function readView(query: Pick<URLSearchParams, 'get'>): ListView {
  return {
    q: query.get('q') ?? '',
    state: states.find((each) => each === query.get('state')) ?? '',
    sort: sorts.find((each) => each === query.get('sort')) ?? 'newest',
  };
}

/** The query of a view, with `?`; empty for the whole list. */
export function queryOf(view: ListView): string {
  const given = (Object.keys(wholeList) as (keyof ListView)[]).filter((name) => view[name] !== wholeList[name]);
  return given.length > 0 ? `?${new URLSearchParams(given.map((name) => [name, view[name]]))}` : '';
}

const lastMessageAt = ({ lastMessage }: OverviewRow) => lastMessage?.at ?? '';
const orders: Record<ListView['sort'], (a: OverviewRow, b: OverviewRow, language: string) => number> = {
  // The list comes in this order.
  newest: () => 0,
  name: (a, b, language) => a.name.localeCompare(b.name, language),
  state: (a, b) => states.indexOf(a.status) - states.indexOf(b.status),
  message: (a, b) => lastMessageAt(b).localeCompare(lastMessageAt(a)),
  spent: (a, b) => b.spentTodayUsd - a.spentTodayUsd,
};

function matches(agent: OverviewRow, words: string[]): boolean {
  const text = `${agent.name} ${agent.model} ${agent.plan} ${agent.id} ${agent.channels.join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The agents of a view, in its order; equal ones stay newest first. @param language of the order of names */
export function agentsOf(agents: readonly OverviewRow[], { q, state, sort }: ListView, language = 'en'): OverviewRow[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return agents.filter((agent) => (!state || agent.status === state) && matches(agent, words)).sort((a, b) => orders[sort](a, b, language));
}
