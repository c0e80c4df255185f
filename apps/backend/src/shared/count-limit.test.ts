import { expect, test } from '@jest/globals';
import { createCountLimit } from './count-limit.ts';

test('createCountLimit counts each key apart, up to the maximum', () => {
  const claim = createCountLimit(2);
  expect([claim('a'), claim('a'), claim('b')].every(Boolean)).toBe(true);
  expect([claim('a'), claim('b') !== undefined, claim('b')]).toEqual([undefined, true, undefined]);
});

test('createCountLimit frees a place once per release', () => {
  const claim = createCountLimit(2);
  const release = claim('a');
  claim('a');
  release?.();
  release?.();
  expect([claim('a') !== undefined, claim('a')]).toEqual([true, undefined]);
});
