import { expect, test } from '@jest/globals';
import { budgetOf, priceOf, valuesOf } from './budget-values.ts';

const empty = { dailyUsd: '', monthlyUsd: '', inputUsd: '', outputUsd: '' };

test('valuesOf writes small and large amounts without an exponent and without separators', () => {
  expect(valuesOf({ dailyUsd: 0.000001, monthlyUsd: 1_000_000, price: { inputUsd: 0, outputUsd: 2.5 } })).toEqual({
    dailyUsd: '0.000001',
    monthlyUsd: '1000000',
    inputUsd: '0',
    outputUsd: '2.5',
  });
  expect(valuesOf({ dailyUsd: null, monthlyUsd: null, price: null })).toEqual(empty);
  expect(valuesOf({ dailyUsd: null, monthlyUsd: null })).toEqual(empty);
});

test('budgetOf takes an empty field for no limit, and 0 for a budget of nothing', () => {
  expect(budgetOf({ ...empty, dailyUsd: '0', monthlyUsd: ' 12.5 ' })).toEqual({ dailyUsd: 0, monthlyUsd: 12.5 });
  expect(budgetOf(empty)).toEqual({ dailyUsd: null, monthlyUsd: null });
});

test('priceOf needs both prices or none', () => {
  expect(priceOf({ ...empty, inputUsd: '0', outputUsd: '2' })).toEqual({ inputUsd: 0, outputUsd: 2 });
  expect(priceOf(empty)).toBeNull();
  expect(priceOf({ ...empty, inputUsd: '1' })).toBeUndefined();
  expect(priceOf({ ...empty, outputUsd: '1' })).toBeUndefined();
});
