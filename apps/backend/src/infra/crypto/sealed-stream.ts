import { createCipheriv, createDecipheriv, type DecipherGCM, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const options = { authTagLength: TAG_BYTES };

/**
 * Encrypts a stream (AES-256-GCM); the output is IV, ciphertext, tag.
 * @param key 32 bytes, used for this stream only
 */
export async function* sealStream(key: Buffer, plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, options);
  yield iv;
  for await (const chunk of plain) yield cipher.update(chunk);
  yield cipher.final();
  yield cipher.getAuthTag();
}

/**
 * Decrypts a stream of `sealStream`. It yields data before the tag at the end is verified.
 * @throws Error at the end when the key is wrong or the stream was altered or cut short
 */
export async function* openStream(key: Buffer, sealed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decipher: DecipherGCM | undefined;
  // The last bytes read may be the tag, so they are not decrypted yet.
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of sealed) {
    rest = Buffer.concat([rest, chunk]);
    if (!decipher) {
      if (rest.length < IV_BYTES) continue;
      decipher = createDecipheriv(ALGORITHM, key, rest.subarray(0, IV_BYTES), options);
      rest = rest.subarray(IV_BYTES);
    }
    if (rest.length <= TAG_BYTES) continue;
    yield decipher.update(rest.subarray(0, -TAG_BYTES));
    rest = rest.subarray(-TAG_BYTES);
  }
  if (!decipher || rest.length < TAG_BYTES) throw new Error('The sealed stream is too short');
  decipher.setAuthTag(rest);
  yield decipher.final();
}
