import { expect, test } from '@jest/globals';
import { requirePlainText, requireShallow } from './require-plain-data.ts';

const nested = (levels: number) => {
  let value: unknown = 'leaf';
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { value };
  return value;
};

test('requireShallow accepts a hundred levels, in objects and lists', () => {
  for (const value of [nested(100), 'text', 5, null, undefined, [], {}]) expect(() => requireShallow(value)).not.toThrow();
});

test.each([101, 100_000])('requireShallow refuses %d levels', (levels) => {
  expect(() => requireShallow(nested(levels))).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', message: 'Request body must be nested at most 100 levels deep' }),
  );
});

// Postgres stores no NUL in text, and no half of a surrogate pair in UTF-8.
test.each<[string, unknown]>([
  ['NUL in a value', { a: ['x\0'] }],
  ['NUL in a key', { 'a\0': 1 }],
  ['the first half of a pair', { a: '\ud83d' }],
  ['the second half of a pair', ['\udd2b']],
  ['NUL in plain text', '\0'],
])('requirePlainText refuses %s', (_case, input) => {
  expect(() => requirePlainText(input)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', message: 'Text must be Unicode without NUL characters' }),
  );
});

test.each<[unknown]>([[{ a: ['😀', 'é', '\u0001', null, 5] }], ['']])('requirePlainText accepts %j', (input) => {
  expect(() => requirePlainText(input)).not.toThrow();
});
