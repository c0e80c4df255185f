import { expect, test } from '@jest/globals';
import { createKeyRedactor } from './redact-key.ts';

const KEY = 'sk-abab-secret';
/** Passes a text in chunks that end before the given places. */
function pass(text: string, places: number[], key: string | undefined = KEY): string {
  const redactor = createKeyRedactor(key);
  const ends = [...places, text.length];
  const chunks = ends.map((end, index) => redactor.bytes(Buffer.from(text.slice(ends[index - 1] ?? 0, end))));
  return Buffer.concat([...chunks, redactor.rest()]).toString();
}

test('the key does not pass, wherever its chunks end', () => {
  const text = `before ${KEY} between ${KEY}${KEY} after`;
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      expect(pass(text, [first, second])).toBe('before [redacted] between [redacted][redacted] after');
    }
  }
});

test('a beginning of the key that does not go on passes', () => {
  const text = 'sk-ababsk-abab sk-abab-secre sk-';
  for (let place = 0; place <= text.length; place++) expect(pass(text, [place])).toBe(text);
});

test('no key, or a key of less than six characters, changes nothing', () => {
  expect(pass('a none b', [3], undefined)).toBe('a none b');
  expect(pass('a none b', [3], 'none')).toBe('a none b');
});

test('text is redacted as well', () => {
  expect(createKeyRedactor(KEY).text(`(${KEY})`)).toBe('([redacted])');
  expect(createKeyRedactor(undefined).text('(none)')).toBe('(none)');
});
