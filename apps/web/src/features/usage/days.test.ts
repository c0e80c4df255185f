import { expect, test } from '@jest/globals';
import { fillDays } from './days.ts';

const used = (date: string) => ({ date, requests: 2, inputTokens: 100, cachedTokens: 40, outputTokens: 7, costUsd: 0.5 });
const unused = (date: string) => ({ date, requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, costUsd: 0 });

test('fillDays puts days without calls between those with calls, up to today in UTC', () => {
  const now = Date.parse('2026-03-02T23:59:59Z');
  expect(fillDays([used('2026-02-27'), used('2026-03-01')], 5, now)).toEqual([
    unused('2026-02-26'),
    used('2026-02-27'),
    unused('2026-02-28'),
    used('2026-03-01'),
    unused('2026-03-02'),
  ]);
});

test('fillDays ends with the last known day when the clock is behind it', () => {
  const now = Date.parse('2026-03-01T23:59:00Z');
  expect(fillDays([used('2026-03-02')], 2, now)).toEqual([unused('2026-03-01'), used('2026-03-02')]);
});
