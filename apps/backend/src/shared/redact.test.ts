import { expect, test } from '@jest/globals';
import { redact } from './redact.ts';

test('redact replaces every occurrence of every secret, literally', () => {
  expect(redact('a.c abc a.c, k$&y', ['a.c', 'k$&y'])).toBe('[redacted] abc [redacted], [redacted]');
  expect(redact('nothing here', ['secret'])).toBe('nothing here');
  expect(redact('text', [])).toBe('text');
});

// ECMA-48, SGR: ESC [ numbers ; numbers m
test('redact removes terminal colours', () => {
  expect(redact('\u001b[31mred\u001b[0m \u001b[1;38;5;208morange\u001b[m [31m', [])).toBe('red orange [31m');
  expect(redact('\u001b[2K', [])).toBe('\u001b[2K');
});

test('redact finds a secret whose characters are coloured apart', () => {
  expect(redact('key\u001b[1m-one', ['key-one'])).toBe('[redacted]');
});
