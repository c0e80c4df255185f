import { expect, test } from '@jest/globals';
import { ENGINE_TIMEOUT_MS, outageDeadline } from './engine-outage.ts';

const MINUTE = 60_000;

test('outageDeadline counts from the failure, not from the start of the work', () => {
  const failure = { attemptStartedAt: 0, failedAt: 10 * MINUTE, responds: false };
  expect(outageDeadline(undefined, failure)).toBe(10 * MINUTE + ENGINE_TIMEOUT_MS);
  expect(outageDeadline(undefined, { ...failure, responds: true })).toBe(10 * MINUTE + ENGINE_TIMEOUT_MS);
  // A short first attempt, on an engine that responds.
  expect(outageDeadline(undefined, { attemptStartedAt: 9.5 * MINUTE, failedAt: 10 * MINUTE, responds: true })).toBe(12 * MINUTE);
});

test('outageDeadline gives a later outage its own time limit', () => {
  const first = outageDeadline(undefined, { attemptStartedAt: 0, failedAt: MINUTE, responds: false });
  expect(outageDeadline(first, { attemptStartedAt: 2 * MINUTE, failedAt: 2.5 * MINUTE, responds: false })).toBe(4.5 * MINUTE);
  expect(outageDeadline(first, { attemptStartedAt: 2 * MINUTE, failedAt: 5 * MINUTE, responds: true })).toBe(7 * MINUTE);
  expect(outageDeadline(first, { attemptStartedAt: 3 * MINUTE, failedAt: 5 * MINUTE, responds: true })).toBe(7 * MINUTE);
});

test('outageDeadline keeps the time limit of an engine that responds to pings but fails again', () => {
  const first = outageDeadline(undefined, { attemptStartedAt: 0, failedAt: MINUTE, responds: true });
  expect(outageDeadline(first, { attemptStartedAt: MINUTE, failedAt: 1.5 * MINUTE, responds: true })).toBe(first);
});
