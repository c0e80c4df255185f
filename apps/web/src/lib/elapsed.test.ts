import { expect, test } from '@jest/globals';
import { formatDuration, formatRelativeTime } from './elapsed.ts';

test.each([
  [0, '0.0 s'],
  [4_249, '4.2 s'],
  [59_900, '59.9 s'],
  [59_960, '1 min 0 s'],
  [60_000, '1 min 0 s'],
  [119_700, '2 min 0 s'],
  [200_000, '3 min 20 s'],
  [3_600_000, '60 min 0 s'],
  [-5, '0.0 s'],
])('formatDuration of %d ms is %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [-1, 'just now'],
  [-59, 'just now'],
  [-60, '1 min. ago'],
  [-300, '5 min. ago'],
  [-3_600, '1 hr. ago'],
  [-7_200, '2 hr. ago'],
  [-86_400, 'yesterday'],
  [-864_000, '10 days ago'],
  [300, 'in 5 min.'],
])('formatRelativeTime of %d seconds from now is %s', (seconds, text) => {
  const now = Date.UTC(2026, 0, 1);
  expect(formatRelativeTime(new Date(now + seconds * 1_000).toISOString(), now)).toBe(text);
});
