import { redact } from '../../shared/redact.ts';

/** Keys with fewer characters would match ordinary text. */
const MIN_LENGTH = 6;

/**
 * Removes a provider's key from what passes to an agent: some providers repeat the key in their errors.
 * @param key undefined for none
 */
export function createKeyRedactor(key: string | undefined) {
  const secret = key && key.length >= MIN_LENGTH ? Buffer.from(key) : undefined;
  const mask = Buffer.from(redact(key ?? '', key ? [key] : []));
  let held: Buffer = Buffer.alloc(0);

  /** The length of the longest end of `bytes` that the key may begin with. */
  function beginning(bytes: Buffer, of: Buffer): number {
    const last = Math.max(0, bytes.length - of.length + 1);
    for (let at = bytes.indexOf(of[0] ?? 0, last); at >= 0; at = bytes.indexOf(of[0] ?? 0, at + 1)) {
      if (bytes.compare(of, 0, bytes.length - at, at) === 0) return bytes.length - at;
    }
    return 0;
  }
  return {
    text: (text: string): string => (secret ? redact(text, [secret.toString()]) : text),
    /** The bytes to pass on for a chunk. What may be the beginning of the key is held until the next chunk. */
    bytes(chunk: Uint8Array): Uint8Array {
      if (!secret) return chunk;
      let bytes = held.length > 0 ? Buffer.concat([held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret)) {
        bytes = Buffer.concat([bytes.subarray(0, at), mask, bytes.subarray(at + secret.length)]);
      }
      const length = beginning(bytes, secret);
      held = bytes.subarray(bytes.length - length);
      return bytes.subarray(0, bytes.length - length);
    },
    /** The bytes that are still held. */
    rest: (): Uint8Array => held,
  };
}
