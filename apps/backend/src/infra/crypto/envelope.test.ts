import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createEnvelope } from './envelope.ts';

describe('the envelope', () => {
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const [first, second] = [key('a'), key('b')];

  test('opens its sealed values, also after a key rotation, and refuses a moved or changed value', () => {
    const sealed = createEnvelope(first).seal('geheim 🤫', 'row|1');
    expect(sealed).not.toContain('geheim');
    expect(createEnvelope(`${second},${first}`).open(sealed, 'row|1')).toBe('geheim 🤫');
    expect(() => createEnvelope(first).open(sealed, 'row|2')).toThrow();
    expect(() => createEnvelope(second).open(sealed, 'row|1')).toThrow(/not configured/);
    expect(() => createEnvelope(first).open(`${sealed.slice(0, -6)}AAAA==`, 'row|1')).toThrow();
  });
});
