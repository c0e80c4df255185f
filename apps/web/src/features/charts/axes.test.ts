import { expect, test } from '@jest/globals';
import { ranges, timeTicks, valueTicks, withGaps } from './axes.ts';

const to = Date.parse('2026-11-28T10:37:12.000Z');

test.each(Object.entries(ranges))('timeTicks of %s are two to seven, inside, rising, and no label repeats', (_name, { length }) => {
  const ticks = timeTicks(to - length, to);
  expect(ticks.length).toBeGreaterThanOrEqual(2);
  expect(ticks.length).toBeLessThanOrEqual(7);
  expect(ticks.every((at, index) => at > (ticks[index - 1] ?? to - length) && at <= to)).toBe(true);
  const format = length <= 86_400_000 ? { timeStyle: 'short' as const } : { month: 'short' as const, day: 'numeric' as const };
  expect(new Set(ticks.map((at) => new Date(at).toLocaleString('en', format))).size).toBe(ticks.length);
});

test('timeTicks of an hour are every ten minutes', () => {
  const hour = 3_600_000;
  expect(timeTicks(to - hour, to).map((at) => new Date(at).getMinutes())).toEqual([40, 50, 0, 10, 20, 30]);
});

test.each([
  [0, 10, [0, 1]],
  [0.23, 10, [0, 0.1, 0.2, 0.3]],
  [97, 10, [0, 50, 100]],
  [100, 10, [0, 50, 100]],
  [3, 1024, [0, 1, 2, 3]],
  [1_536, 1024, [0, 512, 1024, 1536]],
  [300 * 1024 ** 2, 1024, [0, 100 * 1024 ** 2, 200 * 1024 ** 2, 300 * 1024 ** 2]],
] as const)('valueTicks up to %d with base %d are %j', (max, base, expected) => {
  expect(valueTicks(max, base)).toEqual(expected);
});

test('withGaps empties the time between distant points', () => {
  const points = [0, 60, 300, 360].map((at) => ({ at, cpu: 1 }));
  expect(withGaps(points, 60)).toEqual([{ at: 0, cpu: 1 }, { at: 60, cpu: 1 }, { at: 120 }, { at: 300, cpu: 1 }, { at: 360, cpu: 1 }]);
  expect(withGaps(points.slice(0, 2), 60)).toHaveLength(2);
});
