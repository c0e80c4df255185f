import { createCipheriv, createDecipheriv, type DecipherGCM, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const options = { authTagLength: TAG_BYTES };

/** Encrypts a stream with a key of 32 bytes that is used for nothing else: IV, ciphertext, tag. */
export async function* sealStream(key: Buffer, plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, options);
  yield iv;
  for await (const chunk of plain) yield cipher.update(chunk);
  yield cipher.final();
  yield cipher.getAuthTag();
}

/** The plain form of such a stream. @throws Error at its end when it is not what was sealed with the key */
export async function* openStream(key: Buffer, sealed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decipher: DecipherGCM | undefined;
  // What may turn out to be the tag is held back.
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
