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
 * Envelope encryption (AES-256-GCM): each value has a data key of its own, wrapped by the first of `keys`; older keys
 * still open. `context` names the row and column, so that a value copied elsewhere does not open.
 * @param keys `id:base64,…`, 32 bytes each
 */
export function createEnvelope(keys: string) {
  const byId = parseKeys(keys);
  const [current] = byId.keys();
  const prefix = `v1.${current}.`;

  /** @throws Error when the key is unknown or the value does not belong to `context` */
  function dataKeyOf(text: string, context: string): { dataKey: Buffer; sealed: string } {
    const [version, id = '', wrapped = '', sealed = ''] = text.split('.');
    const key = byId.get(id);
    if (version !== 'v1' || !key) throw new Error('A secret was sealed with a key that is not configured');
    return { dataKey: decrypt(key, Buffer.from(wrapped, 'base64'), `${id}|${context}`), sealed };
  }
  const wrap = (dataKey: Buffer, context: string) =>
    encrypt(byId.get(current as string) as Buffer, dataKey, `${current}|${context}`).toString('base64');

  return {
    seal(plain: string, context: string): string {
      const dataKey = randomBytes(32);
      const sealed = encrypt(dataKey, Buffer.from(plain, 'utf8'), context);
      return `${prefix}${wrap(dataKey, context)}.${sealed.toString('base64')}`;
    },
    /** @throws Error when the key is unknown or the value does not belong to `context`. */
    open(text: string, context: string): string {
      const { dataKey, sealed } = dataKeyOf(text, context);
      return decrypt(dataKey, Buffer.from(sealed, 'base64'), context).toString('utf8');
    },
    /** The ids of the keys, the one that seals first. */
    keyIds: [...byId.keys()],
    isCurrent: (text: string): boolean => text.startsWith(prefix),
    /** The same value with its data key wrapped under the first key; nothing when no key opens it. */
    rewrap(text: string, context: string): string | undefined {
      try {
        const { dataKey, sealed } = dataKeyOf(text, context);
        return `${prefix}${wrap(dataKey, context)}.${sealed}`;
      } catch {
        return undefined;
      }
    },
  };
}

export type Envelope = ReturnType<typeof createEnvelope>;
