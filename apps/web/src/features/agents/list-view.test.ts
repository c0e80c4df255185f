import type { OverviewRow } from '@agentbot/contracts';
import { expect, test } from '@jest/globals';
import { agentsOf, queryOf, readView, wholeList } from './list-view.ts';

const row = (id: string, more: Partial<OverviewRow>): OverviewRow => ({
  id,
  name: id,
  model: 'gpt-4o',
  status: 'running',
  reason: null,
  diskProblem: null,
  gatewayBypass: null,
  plan: 'solo',
  channels: [],
  lastMessage: null,
  figures: null,
  spentTodayUsd: 0,
  budgets: { agent: null, account: null },
  createdAt: '2026-11-01T00:00:00.000Z',
  ...more,
});
const message = (at: string) => ({ text: 'hi', sender: 'user' as const, platform: 'web', at });
const agents = [
  row('c', { name: 'Zoe', status: 'stopped', spentTodayUsd: 0.5 }),
  row('b', { name: 'adam', lastMessage: message('2026-11-29T10:00:00.000Z') }),
  row('a', { name: 'Mia', status: 'error', spentTodayUsd: 2, lastMessage: message('2026-11-30T10:00:00.000Z'), channels: ['telegram'] }),
];
const ids = (view: Partial<typeof wholeList>) => agentsOf(agents, { ...wholeList, ...view }).map(({ id }) => id);

test.each([
  ['newest', ['c', 'b', 'a']],
  ['name', ['b', 'a', 'c']],
  ['state', ['b', 'c', 'a']],
  ['message', ['a', 'b', 'c']],
  ['spent', ['a', 'c', 'b']],
] as const)('agentsOf sorts by %s', (sort, expected) => {
  expect(ids({ sort })).toEqual(expected);
});

test('agentsOf keeps the agents with all words and the state, and does not change its input', () => {
  expect(ids({ q: ' TELE mia ' })).toEqual(['a']);
  expect(ids({ state: 'stopped' })).toEqual(['c']);
  expect(ids({ state: 'stopped', q: 'mia' })).toEqual([]);
  expect(agents.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
});

test('a view survives its way through the URL', () => {
  const view = { q: 'a&b ü', state: 'error', sort: 'name' } as const;
  expect(readView(new URLSearchParams(queryOf(view)))).toEqual(view);
  expect(queryOf(wholeList)).toBe('');
  expect(queryOf({ ...wholeList, sort: 'spent' })).toBe('?sort=spent');
});

test('readView leaves out what it does not know', () => {
  expect(readView(new URLSearchParams('state=gone&sort=random&q='))).toEqual(wholeList);
});
