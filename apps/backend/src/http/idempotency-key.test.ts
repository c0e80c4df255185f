import { expect, test } from '@jest/globals';
import { idempotencyKey } from './idempotency-key.ts';

// The OpenAPI document: 1 to 255 characters. Printable ASCII is 0x21 to 0x7e.
test.each(['a', '!', '~', 'x'.repeat(255), '9b2c-4f/="'])('idempotencyKey accepts %s', (key) => {
  expect(idempotencyKey(key)).toBe(key);
});

test.each(['', ' ', 'a b', 'a\tb', 'é', '\u007f', ' a', 'a ', 'x'.repeat(256)])('idempotencyKey refuses %j', (key) => {
  expect(() => idempotencyKey(key)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', message: 'Idempotency-Key must be 1 to 255 printable characters' }),
  );
});

test('idempotencyKey is undefined without the header', () => {
  expect(idempotencyKey(undefined)).toBeUndefined();
});
