import { ApiError } from '@agentbot/contracts/client';
import { expect, test } from '@jest/globals';
import { errorAdvice, errorMessage, isStillRunning } from './errors.ts';

const refusal = (status: number, body: object) => new ApiError(status, body as never);

test('errorMessage is the sentence of the API, with its reason', () => {
  expect(errorMessage(refusal(402, { error: 'Active subscription required' }))).toBe('Active subscription required');
  expect(errorMessage(refusal(400, { error: 'Verification failed', reason: 'the name expired' }))).toBe(
    'Verification failed: the name expired',
  );
});

test('errorMessage never contains the message of a browser or a library', () => {
  expect(errorMessage(new TypeError('Failed to fetch'))).toBe('The server cannot be reached. Check your connection and try again.');
  expect(errorMessage(new RangeError('invalid array length'))).toBe('Something went wrong on this page. Reload it and try again.');
  expect(errorMessage('text')).toBe('Something went wrong on this page. Reload it and try again.');
  expect(errorMessage(new Error('You are still signed in. Try again.'))).toBe('You are still signed in. Try again.');
});

test.each([
  [402, 'AGENT_LIMIT_REACHED', /^Delete an agent/],
  [402, 'PAYMENT_REQUIRED', /^Choose a plan/],
  [429, 'RATE_LIMITED', /^Wait a minute/],
  [500, 'OPERATION_FAILED', /Operations page shows the stage that failed/],
  [500, undefined, /tell the administrator/],
  [502, undefined, /^Your agents keep running/],
])('errorAdvice after %d %s', (status, code, advice) => {
  expect(errorAdvice(refusal(status, { error: 'x', code }))).toMatch(advice);
});

test('errorAdvice says nothing where nothing is known', () => {
  expect(errorAdvice(refusal(400, { error: 'x' }))).toBeUndefined();
  expect(errorAdvice(new TypeError('Failed to fetch'))).toBeUndefined();
});

test('isStillRunning is true only for an operation that goes on', () => {
  expect(isStillRunning(refusal(504, { error: 'x', code: 'OPERATION_STILL_RUNNING' }))).toBe(true);
  for (const code of ['OPERATION_FAILED', 'OPERATION_IN_PROGRESS', undefined]) {
    expect(isStillRunning(refusal(500, { error: 'x', code }))).toBe(false);
  }
});
