import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { findWeakness } from './secret-strength.ts';

const fresh = () => randomBytes(32).toString('hex');

test('findWeakness accepts random secrets and a missing secret', () => {
  for (let i = 0; i < 50; i++) expect(findWeakness(fresh())).toBeUndefined();
  expect(findWeakness(undefined)).toBeUndefined();
});

test.each([
  'change-me',
  'changeme',
  'CHANGE_ME',
  'replace-me',
  'replaceme',
  'replace_this',
  'placeholder',
  'an-example',
  'default',
  'Password',
  'agentbot',
  'postgres',
  'your-key',
  'yourtoken',
  'your_secret',
  'secret',
  'test',
  'dummy',
  'none',
  'admin',
  '12345678',
  'abcdefg',
])('findWeakness finds the word %s in a long secret', (word) => {
  const half = '9f3Q-'.repeat(4);
  expect(findWeakness(`${half} ${word} ${half}`)).toBe('is a default or an example: make a random one');
});

test.each(['contest', 'latest', 'nonesuch', 'administer', 'secretary'])('findWeakness leaves the word %s, which is longer', (word) => {
  expect(findWeakness(`${'9f3Q-hKz'.repeat(4)} ${word}`)).toBeUndefined();
});

test('findWeakness counts characters, 32 at least unless told otherwise', () => {
  const text = 'q8Zr4LxP1mVt7KdW2nHs5JbY9cFg3RvX';
  expect(text).toHaveLength(32);
  expect(findWeakness(text)).toBeUndefined();
  expect(findWeakness(text.slice(1))).toBe('must have at least 32 characters');
  expect(findWeakness(text.slice(0, 16), 16)).toBeUndefined();
  expect(findWeakness(text.slice(0, 15), 16)).toBe('must have at least 16 characters');
  expect(findWeakness('')).toBe('must have at least 32 characters');
});

test('findWeakness needs eight different characters', () => {
  expect(findWeakness('qwertyu'.repeat(6))).toBe('is not random');
  expect(findWeakness('qwertyui'.repeat(5))).toBeUndefined();
});
