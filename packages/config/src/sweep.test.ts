import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inOrder, partOf, partsOf } from './sweep.ts';

test('the parts of successive days together are all cases of a sweep', () => {
  const cases = ['a', 'b', 'c', 'd', 'e'];
  expect([0, 1, 2].map((part) => partOf(cases, 2, part).join(''))).toEqual(['ab', 'cd', 'ea']);
  expect(partOf(cases, 9, 4).sort()).toEqual(cases);
});

test('files are shared out so that the parts take about the same time', () => {
  expect(partsOf({ a: 10, b: 60, c: 50, d: 30, e: 40 }, 2)).toEqual([
    ['b', 'd', 'a'],
    ['c', 'e'],
  ]);
});

test('a whole run plays one part of the files in turn and all others, the longest first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentbot-sweep-'));
  try {
    const path = (name: string) => ({ path: join(folder, `${name}.test.ts`) });
    const all = ['short', 'middling', 'core', 'slow', 'slower'];
    for (const name of all) writeFileSync(path(name).path, '');
    const inTurn = { slow: 90, slower: 95, middling: 20 };
    const names = (files: string[]) => inOrder(files.map(path), inTurn, 2, { core: 50 }).map((test) => /(\w+)\.test/.exec(test.path)?.[1]);
    const parts = [
      ['slower', 'core', 'short'],
      ['slow', 'core', 'middling', 'short'],
    ];
    expect(process.env.SWEEP === 'all' ? [['slower', 'slow', 'core', 'middling', 'short']] : parts).toContainEqual(names(all));
    expect(names(['middling', 'slower', 'short'])).toEqual(['slower', 'middling', 'short']);
    rmSync(path('core').path);
    expect(() => names(['slow', 'short'])).toThrow('core');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
