import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';

/** Compressed request bodies (RFC 9110, section 8.4): valid, corrupt, or in an unknown encoding. */

let backend: TestBackend;
let user: string;

beforeAll(async () => {
  backend = await startBackend({ STRIPE_SECRET_KEY: 'sk_test_of_the_tests', STRIPE_WEBHOOK_SECRET: 'whsec_of_the_tests' });
  user = await backend.account();
});
afterAll(() => backend.stop());

const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
const text = JSON.stringify({ name: 'Compressed' });

async function send(path: string, encoding: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(backend.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user, 'content-encoding': encoding, ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}
const json = { 'content-type': 'application/json' };
const create = (encoding: string, body: Uint8Array) => send('/api/agents', encoding, body, json);

describe.each(Object.entries(encodings))('%s', (encoding, compress) => {
  const broken = { status: 400, body: { error: 'Request body does not fit its Content-Encoding' } };

  test('a valid body is decompressed', async () => {
    expect(await create(encoding, compress(text))).toMatchObject({ status: 201, body: { name: 'Compressed' } });
  });
  test('a body in another format is refused with 400', async () => {
    expect(await create(encoding, Buffer.from('notgzip'))).toEqual(broken);
    expect(await send('/api/stripe/webhook', encoding, Buffer.from('notgzip'))).toEqual(broken);
  });
  test('a truncated body is refused with 400', async () => {
    expect(await create(encoding, compress(text).subarray(0, 14))).toEqual(broken);
  });
  test('a body that exceeds the limit after decompression is refused with 413', async () => {
    expect(await create(encoding, compress(JSON.stringify({ name: 'x'.repeat(65_536) })))).toMatchObject({ status: 413 });
  });
});

test.each(['compress', 'gzip, gzip', 'nonsense'])('Content-Encoding %s is refused with 415', async (encoding) => {
  const refused = { status: 415, body: { error: 'Unsupported content encoding', code: 'UNSUPPORTED_MEDIA_TYPE' } };
  expect(await create(encoding, Buffer.from(text))).toEqual(refused);
  expect(await send('/api/stripe/webhook', encoding, Buffer.from(text))).toEqual(refused);
});

test('a corrupt body of a dashboard session gets 400 in the dashboard’s shape', async () => {
  const token = await assertion(user);
  const answer = await send('/api/keys', 'gzip', Buffer.from('notgzip'), { ...json, authorization: `Bearer ${token}` });
  expect(answer).toEqual({ status: 400, body: { error: 'Request body does not fit its Content-Encoding' } });
});
