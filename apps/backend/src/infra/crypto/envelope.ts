import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { parseKeys } from '../../config/keyring.ts';

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

/**
 * Envelope encryption (AES-256-GCM): each value has its own data key, which the first of `keys` wraps; the other keys only
 * open older values. `context` names the row and column: a value copied to another row does not open.
 * @param keys `id:base64,…`, 32 bytes each
 */
export function createEnvelope(keys: string) {
  const byId = parseKeys(keys);
  const [current] = byId.keys();
  const currentPrefix = `v1.${current}.`;

  /** @throws Error when the key is not configured or the value does not belong to `context` */
  function dataKeyOf(text: string, context: string): { dataKey: Buffer; sealed: string } {
    // Stryker disable next-line StringLiteral: no default opens a value, whatever its text
    const [version, id = '', wrapped = '', sealed = ''] = text.split('.');
    const key = byId.get(id);
    if (version !== 'v1' || !key)
      throw new Error('A stored secret was sealed with a key that is not configured: add the key to ENCRYPTION_KEYS');
    return { dataKey: decrypt(key, Buffer.from(wrapped, 'base64'), `${id}|${context}`), sealed };
  }
  const wrap = (dataKey: Buffer, context: string) =>
    encrypt(byId.get(current as string) as Buffer, dataKey, `${current}|${context}`).toString('base64');

  return {
    seal(plain: string, context: string): string {
      const dataKey = randomBytes(32);
      const sealed = encrypt(dataKey, Buffer.from(plain), context);
      return `${currentPrefix}${wrap(dataKey, context)}.${sealed.toString('base64')}`;
    },
    /** @throws Error when the key is not configured or the value does not belong to `context` */
    open(text: string, context: string): string {
      const { dataKey, sealed } = dataKeyOf(text, context);
      return decrypt(dataKey, Buffer.from(sealed, 'base64'), context).toString();
    },
    /** The keys' ids; the first key seals. */
    keyIds: [...byId.keys()],
    /** Tells whether the first key wraps a value's data key. */
    isCurrent: (text: string): boolean => text.startsWith(currentPrefix),
    /** Wraps a value's data key with the first key; undefined when no configured key opens the value. */
    rewrap(text: string, context: string): string | undefined {
      try {
        const { dataKey, sealed } = dataKeyOf(text, context);
        return `${currentPrefix}${wrap(dataKey, context)}.${sealed}`;
        // Stryker disable next-line BlockStatement: a function that ends gives undefined too
      } catch {
        return undefined;
      }
    },
  };
}

export type Envelope = ReturnType<typeof createEnvelope>;
