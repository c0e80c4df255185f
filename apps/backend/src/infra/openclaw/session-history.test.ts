import { expect, test } from '@jest/globals';
import { stripDirectives, stripUnfinishedDirectives } from './session-history.ts';

test.each([
  ['[[reply_to_current]] Hello', 'Hello'],
  ['Hello [[ reply_to: 123 ]]there', 'Hello there'],
  ['[[audio_as_voice]]\nHello', 'Hello'],
  ['See [[Home]], a[[0]] and [x', 'See [[Home]], a[[0]] and [x'],
  ['[1, 2', '[1, 2'],
])('stripDirectives removes only the gateway’s directives from %j', (text, expected) => {
  expect(stripDirectives(text)).toBe(expected);
});

test.each([
  ['Hello [', 'Hello '],
  ['Hello [[', 'Hello '],
  ['Hello [[reply_t', 'Hello '],
  ['Hello [[reply_to: 12', 'Hello '],
  ['Hello [[audio_as_voice]', 'Hello '],
  ['Hello [[reply_to_current]] you', 'Hello you'],
  ['Hello [[Home', 'Hello [[Home'],
  ['Hello [1, 2', 'Hello [1, 2'],
])('stripUnfinishedDirectives leaves out the beginning of a directive at the end of %j', (text, expected) => {
  expect(stripUnfinishedDirectives(text)).toBe(expected);
});

test.each([
  ['[[reply_to:', 3_000],
  ['[[r', 10_000],
  ['[[ ', 10_000],
  ['[[reply_to: a', 3_000],
])('a text of many %j takes time in proportion to its length', (part, count) => {
  const msOf = (text: string) => {
    const began = performance.now();
    stripDirectives(text);
    stripUnfinishedDirectives(text);
    return performance.now() - began;
  };
  const fastest = (text: string) => Math.min(...Array.from({ length: 5 }, () => msOf(text)));
  // Eight times the text: quadratic time would be 64 times as long.
  expect(fastest(part.repeat(count * 8))).toBeLessThan(Math.max(1, fastest(part.repeat(count))) * 24);
});
