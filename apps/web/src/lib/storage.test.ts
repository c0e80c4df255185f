import { expect, test } from '@jest/globals';
import { forgetAll, load, save } from './storage.ts';

// Without a browser, the values are in memory only.
test('after forgetAll nothing is stored, and a value that is saved later is not kept', () => {
  save('draft', 'Hello');
  expect(load('draft')).toBe('Hello');
  forgetAll();
  expect(load('draft')).toBeUndefined();
  save('draft', 'Late');
  expect(load('draft')).toBeUndefined();
});
