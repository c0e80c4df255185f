import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import { i18n } from '@lingui/core';
import { formatBytes, formatDate, formatNumber, formatShortTime, formatTenths, formatUsd } from './format.ts';

afterEach(() => i18n.activate('en'));

// As the Common Locale Data Repository has them: https://cldr.unicode.org.
test.each([
  ['en', '1,234,567', '12.0', '$0.50', 'Nov 28', '3:05 PM'],
  ['de', '1.234.567', '12,0', '0,50 $', '28. Nov.', '15:05'],
  ['zh', '1,234,567', '12.0', 'US$0.50', '11月28日', '15:05'],
])('numbers, money, days and times have the form of the language %s', (language, ...texts) => {
  i18n.loadAndActivate({ locale: language, messages: {} });
  const afternoon = new Date(2026, 10, 28, 15, 5);
  const shown = [formatNumber(1_234_567), formatTenths(12), formatUsd(0.5), formatDate('2026-11-28')];
  shown.push(formatShortTime(afternoon.toISOString(), afternoon));
  expect(shown.map((text) => text.replace(/\s/g, ' '))).toEqual(texts);
});

test.each([
  [0, '$0.00'],
  [0.000001, '$0.000001'],
  [0.0000454, '$0.000045'],
  [0.00999, '$0.00999'],
  [0.01234, '$0.0123'],
  [0.5, '$0.50'],
  [1, '$1.00'],
  [12.345, '$12.35'],
  [1_234_567.891, '$1,234,567.89'],
])('formatUsd of %d is %s', (dollars, text) => {
  expect(formatUsd(dollars)).toBe(text);
});

// A process reads its time zone when it starts.
test.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago'])('formatDate shows the same day in the time zone %s', (zone) => {
  const code = `import { i18n } from '@lingui/core'; import { formatDate } from '${new URL('./format.ts', import.meta.url)}';
    i18n.activate('en'); process.stdout.write(formatDate('2026-11-01'));`;
  const shown = execFileSync(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, TZ: zone } });
  expect(String(shown)).toBe('Nov 1');
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

// Both times are in the reader's time zone: year, month, day, hour, minute.
test.each<[string, at: [number, number, number, number, number], now: [number, number, number, number, number], string]>([
  ['a minute ago', [2026, 11, 28, 10, 30], [2026, 11, 28, 10, 31], '10:30 AM'],
  ['at the first minute of the day', [2026, 11, 28, 0, 0], [2026, 11, 28, 23, 59], '12:00 AM'],
  ['two minutes ago, before midnight', [2026, 11, 27, 23, 59], [2026, 11, 28, 0, 1], 'Nov 27, 11:59 PM'],
  ['a month ago, at the same time', [2026, 10, 28, 15, 5], [2026, 11, 28, 15, 5], 'Oct 28, 3:05 PM'],
  ['before the new year', [2025, 12, 31, 23, 59], [2026, 1, 1, 0, 0], 'Dec 31, 2025, 11:59 PM'],
  ['on the same day a year ago', [2025, 11, 28, 12, 0], [2026, 11, 28, 12, 0], 'Nov 28, 2025, 12:00 PM'],
])('formatShortTime of a time %s', (_when, at, now, text) => {
  const local = ([year, month, day, hour, minute]: typeof at) => new Date(year, month - 1, day, hour, minute);
  expect(formatShortTime(local(at).toISOString(), local(now)).replace(/\s/g, ' ')).toBe(text);
});
