import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const options = { authTagLength: 16 };

function encrypt(key: Buffer, plain: Buffer, context: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv(ALGORITHM, key, iv, options).setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, context: string): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, 12), options).setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

function parseKeys(text: string): Map<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const [id, encoded] = entry.trim().split(':');
    const key = Buffer.from(encoded ?? '', 'base64');
    if (!id || key.length !== 32) throw new Error('ENCRYPTION_KEYS must be id:base64 of 32 bytes, several with commas');
    keys.set(id, key);
  }
  return keys;
}

/**
 * Envelope encryption (AES-256-GCM): each value has a data key of its own, wrapped by the first of `keys`; older keys
 * still open. `context` names the row and column, so that a value copied elsewhere does not open.
 * @param keys `id:base64,…`, 32 bytes each
 */
export function createEnvelope(keys: string) {
  const byId = parseKeys(keys);
  const [current] = byId.keys();

  return {
    seal(plain: string, context: string): string {
      const id = current as string;
      const dataKey = randomBytes(32);
      const wrapped = encrypt(byId.get(id) as Buffer, dataKey, `${id}|${context}`);
      const sealed = encrypt(dataKey, Buffer.from(plain, 'utf8'), context);
      return ['v1', id, wrapped.toString('base64'), sealed.toString('base64')].join('.');
    },
    /** @throws Error when the key is unknown or the value does not belong to `context`. */
    open(text: string, context: string): string {
      const [version, id = '', wrapped = '', sealed = ''] = text.split('.');
      const key = byId.get(id);
      if (version !== 'v1' || !key) throw new Error('A secret was sealed with a key that is not configured');
      const dataKey = decrypt(key, Buffer.from(wrapped, 'base64'), `${id}|${context}`);
      return decrypt(dataKey, Buffer.from(sealed, 'base64'), context).toString('utf8');
    },
  };
}

export type Envelope = ReturnType<typeof createEnvelope>;
