import { expect, test } from '@jest/globals';
import { readBody } from './read-body.ts';
import { requestIdOf } from './request-id.ts';

const MEBIBYTE = 1024 ** 2;
const post = (body: BodyInit | null) => new Request('http://x', { method: 'POST', body, duplex: 'half' } as RequestInit);
/** A body that does not tell its length. */
const chunks = (count: number) =>
  new ReadableStream({
    start(controller) {
      for (let i = 0; i < count; i++) controller.enqueue(new Uint8Array(MEBIBYTE / 4));
      controller.close();
    },
  });

test('readBody reads up to the limit, and no more, whether or not the length is told', async () => {
  expect(await readBody(post('x'.repeat(MEBIBYTE)), MEBIBYTE)).toHaveProperty('byteLength', MEBIBYTE);
  expect(await readBody(post('x'.repeat(MEBIBYTE + 1)), MEBIBYTE)).toBe('too large');
  expect(await readBody(post(chunks(4)), MEBIBYTE)).toHaveProperty('byteLength', MEBIBYTE);
  expect(await readBody(post(chunks(5)), MEBIBYTE)).toBe('too large');
  expect(await readBody(post(null), MEBIBYTE)).toBeUndefined();
  const told = (length: number) => new Request('http://x', { method: 'POST', body: 'x', headers: { 'content-length': String(length) } });
  expect(await readBody(told(MEBIBYTE), MEBIBYTE)).toHaveProperty('byteLength', 1);
  expect(await readBody(told(MEBIBYTE + 1), MEBIBYTE)).toBe('too large');
});

test('requestIdOf takes the client’s id only in the form of an id', () => {
  expect(requestIdOf(new Headers({ 'x-request-id': 'abcd-1234' }))).toBe('abcd-1234');
  for (const given of ['short', 'x'.repeat(65), 'with space in it']) {
    expect(requestIdOf(new Headers({ 'x-request-id': given }))).toMatch(/^[0-9a-f-]{36}$/);
  }
});
