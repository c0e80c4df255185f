import { expect, test } from '@jest/globals';
import { actionName, type Entry, readFilters, rowsOf } from './audit-view.ts';

const entry = (seq: number, action: string, agentId: string | null = null): Entry => ({
  ...{ seq, action, agentId, agentName: null, at: '2026-12-01T00:00:00.000Z', actor: 'session', userId: 'user_1', keyId: null },
  ...{ target: null, outcome: 'done', status: 200, code: null, ip: null, userAgent: null, requestId: null, prevHash: '', hash: `${seq}` },
});

test('successive messages with one agent are one row; another agent or another action begins a new one', () => {
  const rows = rowsOf([
    entry(9, 'sendMessage', 'a'),
    entry(8, 'sendMessage', 'a'),
    entry(7, 'sendMessage', 'a'),
    entry(6, 'sendMessage', 'b'),
    entry(5, 'stopAgent', 'a'),
    entry(4, 'stopAgent', 'a'),
    entry(3, 'sendMessage', 'a'),
    entry(2, 'sendMessage', 'a'),
  ]);
  expect(rows.map(({ entry: { seq }, chat }) => [seq, chat?.map((each) => each.seq)])).toEqual([
    [9, [9, 8, 7]],
    [6, undefined],
    [5, undefined],
    [4, undefined],
    [3, [3, 2]],
  ]);
});

test('the filters of a query are those of the log, without empty and unknown ones', () => {
  const query = new URLSearchParams('actor=apiKey&outcome=good&agentId=agent_1&action=&from=mail');
  expect(readFilters(query)).toEqual({ actor: 'apiKey', agentId: 'agent_1' });
});

test('an action is written in words, and the end of an operation differs from its request', () => {
  expect(['deleteApiKey', 'operation:reset-memory'].map(actionName)).toEqual(['delete api key', 'reset-memory operation']);
});
