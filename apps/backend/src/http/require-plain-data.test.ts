import { expect, test } from '@jest/globals';
import { requirePlainText, requireSmall } from './require-plain-data.ts';

const nested = (levels: number) => {
  let value: unknown = 'leaf';
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { value };
  return value;
};

const check = (json: string) => () => requireSmall(Buffer.from(json));
const refusal = (message: string) => expect.objectContaining({ code: 'INVALID_REQUEST', message });

test('requireSmall accepts a hundred levels, in objects and lists', () => {
  for (const value of [nested(100), 'text', 5, null, [], {}, [nested(99), nested(99)]]) expect(check(JSON.stringify(value))).not.toThrow();
});

test.each([101, 5_000])('requireSmall refuses %d levels', (levels) => {
  expect(check(`${'['.repeat(levels)}${']'.repeat(levels)}`)).toThrow(refusal('Request body must be nested at most 100 levels deep'));
});

const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, index]));
const list = (count: number) => Array(count).fill(1);

test('requireSmall accepts 5,000 elements, in one list or at several depths', () => {
  for (const value of [list(5_000), fields(5_000), [list(2_499), list(2_499)]]) expect(check(JSON.stringify(value))).not.toThrow();
});

test.each<[string, unknown]>([
  ['in one list', list(5_001)],
  ['in one object', fields(5_001)],
  ['at several depths', [list(2_500), list(2_499)]],
  ['that are empty', Array(2_501).fill([])],
])('requireSmall refuses 5,001 elements %s', (_case, value) => {
  expect(check(JSON.stringify(value))).toThrow(refusal('Request body must have at most 5000 elements'));
});

test('requireSmall counts nothing inside strings, where quotes and backslashes are escaped', () => {
  const text = ',[{"\\\\"'.repeat(5_000);
  expect(check(JSON.stringify({ [text]: text, next: [text] }))).not.toThrow();
  // An escaped quote does not end a string.
  expect(check(`"\\"${'['.repeat(101)}"`)).not.toThrow();
  // The string ends after its escaped backslash, so the brackets are outside.
  expect(check(`"\\\\",${'['.repeat(101)}`)).toThrow(refusal('Request body must be nested at most 100 levels deep'));
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
