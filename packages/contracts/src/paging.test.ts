import { expect, test } from '@jest/globals';
import { pageQuery, wholeNumber } from './paging.ts';

const sentence = (input: object) => pageQuery.safeParse(input).error?.issues[0]?.message;

test('pageQuery reads a limit from 1 to 100 and a cursor, and needs neither', () => {
  expect(pageQuery.parse({})).toEqual({});
  expect(pageQuery.parse({ limit: '1' })).toEqual({ limit: 1 });
  expect(pageQuery.parse({ limit: '100', cursor: 'aZ_-09' })).toEqual({ limit: 100, cursor: 'aZ_-09' });
});

test.each([
  [{ limit: '0' }, 'limit must be at least 1'],
  [{ limit: '101' }, 'limit must be at most 100'],
  [{ limit: '1.5' }, 'limit must be a whole number'],
  [{ limit: 'ten' }, 'limit must be a whole number'],
  [{ cursor: '' }, 'Invalid cursor'],
  [{ cursor: 'a b' }, 'Invalid cursor'],
  [{ cursor: ' a' }, 'Invalid cursor'],
  [{ cursor: 'a"' }, 'Invalid cursor'],
  [{ cursor: 'a'.repeat(201) }, 'Invalid cursor'],
])('pageQuery refuses %j', (input, message) => {
  expect(sentence(input)).toBe(message);
});

test('pageQuery accepts a cursor of 200 characters', () => {
  expect(sentence({ cursor: 'a'.repeat(200) })).toBeUndefined();
});

test('wholeNumber includes both bounds and names its parameter', () => {
  const port = wholeNumber('port', 5, 7);
  expect(['5', '6', '7'].map((text) => port.parse(text))).toEqual([5, 6, 7]);
  expect(port.safeParse('4').error?.issues[0]?.message).toBe('port must be at least 5');
  expect(port.safeParse('8').error?.issues[0]?.message).toBe('port must be at most 7');
});
