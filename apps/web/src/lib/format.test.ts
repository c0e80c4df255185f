import { expect, test } from '@jest/globals';
import { formatBytes, formatDuration, formatRelativeTime } from './format.ts';

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
  [0, '0 B'],
  [1_000, '1000 B'],
  [1_024, '1 KiB'],
  [1_572_864, '1.5 MiB'],
  [209_715_200, '200 MiB'],
  [2_147_483_648, '2 GiB'],
  [1_099_511_627_776, '1 TiB'],
  [2_251_799_813_685_248, '2048 TiB'],
])('formatBytes of %d is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
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
