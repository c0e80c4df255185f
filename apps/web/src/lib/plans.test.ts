import { expect, test } from '@jest/globals';
import { formatPrice } from './plans.ts';

test.each([
  [{ amount: 19.5, currency: 'usd', interval: 'month', intervalCount: 1 }, '$19.50 per month'],
  [{ amount: 290, currency: 'usd', interval: 'year', intervalCount: 1 }, '$290 per year'],
  [{ amount: 1_200, currency: 'jpy', interval: 'month', intervalCount: 3 }, '¥1,200 per 3 months'],
  [{ amount: 2.345, currency: 'kwd', interval: 'week', intervalCount: 2 }, 'KWD\u00a02.345 per 2 weeks'],
] as const)('formatPrice of %j is %s', (price, text) => {
  expect(formatPrice(price)).toBe(text);
});
