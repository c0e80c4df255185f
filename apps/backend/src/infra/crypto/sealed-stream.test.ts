import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openStream, sealStream } from './sealed-stream.ts';

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
/** A stream of the bytes, in chunks of a size. */
async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('a sealed stream', () => {
  const key = randomBytes(32);
  const plain = randomBytes(5_000);
  const seal = () => collect(sealStream(key, inChunks(plain, 700)));

  test('is IV, ciphertext and tag of AES-256-GCM, with a new IV each time', async () => {
    const sealed = await seal();
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    expect(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])).toEqual(plain);
    expect((await seal()).subarray(0, 12)).not.toEqual(sealed.subarray(0, 12));
  });

  test.each([1, 7, 16, 4_000, 1e6])('opens in chunks of %d bytes', async (size) => {
    expect(await collect(openStream(key, inChunks(await seal(), size)))).toEqual(plain);
  });

  test.each<[string, (sealed: Buffer) => Buffer]>([
    ['its last byte changed', (sealed) => Buffer.concat([sealed.subarray(0, -1), Buffer.of((sealed.at(-1) ?? 0) ^ 1)])],
    ['a byte in its middle changed', (sealed) => sealed.fill((sealed[2_000] ?? 0) ^ 1, 2_000, 2_001)],
    ['its end cut off', (sealed) => sealed.subarray(0, -100)],
    ['only its IV left', (sealed) => sealed.subarray(0, 12)],
    ['nothing left', () => Buffer.alloc(0)],
  ])('throws with %s', async (_case, damage) => {
    await expect(collect(openStream(key, inChunks(damage(await seal()), 512)))).rejects.toThrow();
  });

  test('throws with another key', async () => {
    await expect(collect(openStream(randomBytes(32), inChunks(await seal(), 512)))).rejects.toThrow();
  });
});
