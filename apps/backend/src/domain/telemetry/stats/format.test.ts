import { expect, test } from '@jest/globals';
import { duration, memorySize, percent, traffic } from './format.ts';

// As `docker stats` writes the same figures.

test.each([
  [0, '0B'],
  [999, '999B'],
  [1_000, '1kB'],
  [1_234, '1.23kB'],
  [656_000, '656kB'],
  [5_400_000, '5.4MB'],
  [1_500_000_000, '1.5GB'],
  [2e15, '2000TB'],
])('traffic of %d bytes is %s', (bytes, text) => {
  expect(traffic(bytes)).toBe(text);
});

test.each([
  [0, '0B'],
  [1_023, '1023B'],
  [1_024, '1KiB'],
  [134_217_728, '128MiB'],
  [210_239_488, '200.5MiB'],
  [2_147_483_648, '2GiB'],
])('memorySize of %d bytes is %s', (bytes, text) => {
  expect(memorySize(bytes)).toBe(text);
});

test.each([
  [0, '0.00%'],
  [0.0625, '6.25%'],
  [1, '100.00%'],
  [1.9999, '199.99%'],
])('percent of the share %d is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [0, '0s'],
  [999, '0s'],
  [42_000, '42s'],
  [309_000, '5m 9s'],
  [3_600_000, '1h 0m'],
  [46_800_000, '13h 0m'],
  [86_399_000, '23h 59m'],
  [86_400_000, '1d 0h'],
  [2_678_400_000, '31d 0h'],
])('duration of %d ms is %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
