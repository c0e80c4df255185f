import { expect, test } from '@jest/globals';
import { partOf } from './sweep.ts';

test('the parts of successive days together are all cases of a sweep', () => {
  const cases = ['a', 'b', 'c', 'd', 'e'];
  expect([0, 1, 2].map((part) => partOf(cases, 2, part).join(''))).toEqual(['ab', 'cd', 'ea']);
  expect(partOf(cases, 9, 4).sort()).toEqual(cases);
});
