import { expect, test } from '@jest/globals';
import { budgetWarning } from './budget-text.ts';

const use = (usedPercent: number, spentUsd: number, period: 'day' | 'month' = 'day') => ({ period, usd: 5, spentUsd, usedPercent });

test('budgetWarning is silent without a budget, and below 80 %', () => {
  expect(budgetWarning(null, 'agent')).toBeUndefined();
  expect(budgetWarning(use(79, 3.99), 'agent')).toBeUndefined();
});

test('budgetWarning says from 80 % on how much is used, and which calls are refused', () => {
  expect(budgetWarning(use(80, 4), 'agent')).toBe(
    'The agent’s budget for today is 80 % used: $4.00 of $5.00. A call that could cost more than the rest is refused.',
  );
});

test('budgetWarning says at 100 % until when calls are refused', () => {
  expect(budgetWarning(use(100, 5), 'agent')).toBe(
    'The agent’s budget for today is spent: $5.00 of $5.00. Calls are refused until midnight UTC, or until you raise it.',
  );
  expect(budgetWarning(use(120, 6, 'month'), 'account')).toBe(
    'The budget of your account for this month is spent: $6.00 of $5.00. Calls are refused until the first of the next month (UTC), or until you raise it.',
  );
});
