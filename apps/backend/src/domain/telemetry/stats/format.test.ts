import { expect, test } from '@jest/globals';
import { duration, memorySize, percent, traffic } from './format.ts';

// As `docker stats` prints them, and as the contract's examples show: "128MiB", "6.25%", "1.2kB".
test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [1234, '1.23kB'],
  [999_999, '1000kB'],
  [1_000_000, '1MB'],
  [12_345_678, '12.3MB'],
  [1e9, '1GB'],
  [1.5e12, '1.5TB'],
  [2e15, '2000TB'],
])('traffic of %d bytes is %s', (bytes, text) => {
  expect(traffic(bytes)).toBe(text);
});

test.each([
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1KiB'],
  [134_217_728, '128MiB'],
  [2_147_483_648, '2GiB'],
  [1_234_567_890, '1.15GiB'],
  [123_456, '120.6KiB'],
  [1024 ** 4, '1TiB'],
  [1024 ** 5, '1024TiB'],
])('memorySize of %d bytes is %s', (bytes, text) => {
  expect(memorySize(bytes)).toBe(text);
});

test.each([
  [0.0625, '6.25%'],
  [0, '0.00%'],
  [1.5, '150.00%'],
])('percent of %d is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [0, '0s'],
  [999, '0s'],
  [42_999, '42s'],
  [60_000, '1m 0s'],
  [309_000, '5m 9s'],
  [3_600_000, '1h 0m'],
  [11_520_000, '3h 12m'],
  [11_579_999, '3h 12m'],
  [86_399_000, '23h 59m'],
  [86_400_000, '1d 0h'],
  [180_000_000, '2d 2h'],
])('duration of %d ms is %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
