import { expect, test } from '@jest/globals';
import { redact } from './redact.ts';

test('redact replaces every occurrence of every secret, and removes colours', () => {
  expect(redact('\u001b[31mkey-one\u001b[0m failed: key-one, then key-two', ['key-one', 'key-two'])).toBe(
    '[redacted] failed: [redacted], then [redacted]',
  );
});

test('redact finds a secret whose characters are coloured apart', () => {
  expect(redact('key\u001b[1m-one', ['key-one'])).toBe('[redacted]');
});

test('redact takes a secret literally', () => {
  expect(redact('a+b (a.b)', ['a.b'])).toBe('a+b ([redacted])');
});
