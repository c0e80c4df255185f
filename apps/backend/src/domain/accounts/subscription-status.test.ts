import { expect, test } from '@jest/globals';
import { isPaid } from './subscription-status.ts';

// Every status of https://docs.stripe.com/api/subscriptions/object#subscription_object-status
test.each([
  ['active', true],
  ['trialing', true],
  ['past_due', true],
  ['unpaid', false],
  ['paused', false],
  ['canceled', false],
  ['incomplete', false],
  ['incomplete_expired', false],
])('a subscription that is %s counts as paid: %s', (status, paid) => {
  expect(isPaid({ status })).toBe(paid);
});
