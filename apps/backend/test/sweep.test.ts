import { expect, test } from '@jest/globals';
import { partOf } from './sweep.ts';
import { inOrder } from './test-order.ts';

test('the parts of successive days together are all cases of a sweep', () => {
  const cases = ['a', 'b', 'c', 'd', 'e'];
  expect([0, 1, 2].map((part) => partOf(cases, 2, part).join(''))).toEqual(['ab', 'cd', 'ea']);
  expect(partOf(cases, 9, 4).sort()).toEqual(cases);
});

test('a whole run leaves out half of the files that are played in turn, and begins with the longest', () => {
  const short = Array.from({ length: 100 }, (_, index) => ({ path: `/src/short-${index}.test.ts` }));
  const long = ['lifecycle', 'newer-version', 'warm-start', 'adoption', 'durability', 'crash'].map((name) => ({
    path: `/test/${name}.test.ts`,
  }));
  const names = (tests: { path: string }[]) => inOrder(tests).map(({ path }) => path);
  const played = names([...short, ...long]);
  expect(played).toHaveLength(process.env.SWEEP === 'all' ? 106 : 104);
  expect(played[played[0]?.includes('crash') ? 0 : 1]).toBe('/test/crash.test.ts');
  expect(names(long)).toHaveLength(6);
});
