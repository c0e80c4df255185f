import { expect, test } from '@jest/globals';
import { parseKeys } from './keyring.ts';

const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const entry = (id: string, key: Buffer) => `${id}:${key.toString('base64')}`;

test('parseKeys reads the keys by id, in their order', () => {
  expect([...parseKeys(` ${entry('2026-11', one)} , ${entry('k_1', two)}`)]).toEqual([
    ['2026-11', one],
    ['k_1', two],
  ]);
  expect([...parseKeys(entry('x'.repeat(64), one)).keys()]).toEqual(['x'.repeat(64)]);
});

test.each([
  ['nothing', ''],
  ['no id', entry('', one)],
  ['no key', 'k'],
  ['a key of 31 bytes', entry('k', one.subarray(1))],
  ['a key of 33 bytes', entry('k', Buffer.alloc(33))],
  ['a point in an id', entry('a.b', one)],
  ['a space in an id', entry('a b', one)],
  ['an id of 65 characters', entry('x'.repeat(65), one)],
  ['a comma at the end', `${entry('k', one)},`],
])('parseKeys refuses %s', (_case, text) => {
  expect(() => parseKeys(text)).toThrow(new Error('must be id:base64 of 32 bytes, several with commas'));
});

test('parseKeys refuses an id that is used twice, and names the id but no key', () => {
  expect(() => parseKeys(`${entry('k', one)},${entry('k', two)}`)).toThrow(new Error('has two keys with the id k'));
});
