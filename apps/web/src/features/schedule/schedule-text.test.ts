import { expect, test } from '@jest/globals';
import { scheduleText } from './schedule-text.ts';

test.each([
  [{ kind: 'every', everyMs: 60_000 }, 'Every minute'],
  [{ kind: 'every', everyMs: 5_400_000 }, 'Every 90 minutes'],
  [{ kind: 'every', everyMs: 172_800_000 }, 'Every 2 days'],
  [{ kind: 'every', everyMs: 1_500 }, 'Every 1500 milliseconds'],
  [{ kind: 'cron', expression: '30 9 * * 1-5', timeZone: 'Europe/Berlin' }, 'At 09:30 AM, Monday through Friday (Europe/Berlin)'],
  [{ kind: 'cron', expression: '0 0 1 1 *', timeZone: null }, 'At 12:00 AM, on day 1 of the month, only in January (UTC)'],
  [{ kind: 'cron', expression: 'whenever', timeZone: null }, 'Cron expression whenever (UTC)'],
  [{ kind: 'at', at: null }, 'Once'],
  [{ kind: 'other' }, 'On an event, at no fixed time'],
] as const)('scheduleText of %j is %s', (schedule, text) => {
  expect(scheduleText(schedule)).toBe(text);
});

test('scheduleText of a single time names the reader’s time zone', () => {
  expect(scheduleText({ kind: 'at', at: '2030-01-02T03:04:05.000Z' })).toMatch(/^Once, at Jan \d, 2030, \d+:\d\d:05\W[AP]M \S+$/);
});
