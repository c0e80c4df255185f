import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createEnvelope } from './envelope.ts';

const key = (id: string, bytes = randomBytes(32)) => `${id}:${bytes.toString('base64')}`;

describe('the envelope', () => {
  const [first, second] = [key('a'), key('b')];

  test('opens its sealed values, also after a key rotation, and refuses a moved or changed value', () => {
    const sealed = createEnvelope(first).seal('geheim 🤫', 'row|1');
    expect(sealed).not.toContain('geheim');
    expect(createEnvelope(`${second},${first}`).open(sealed, 'row|1')).toBe('geheim 🤫');
    expect(() => createEnvelope(first).open(sealed, 'row|2')).toThrow();
    expect(() => createEnvelope(second).open(sealed, 'row|1')).toThrow(
      'A stored secret was sealed with a key that is not configured: add the key to ENCRYPTION_KEYS',
    );
    expect(() => createEnvelope(first).open(`${sealed.slice(0, -6)}AAAA==`, 'row|1')).toThrow();
  });

  test('refuses a value of another version, and text that is no sealed value', () => {
    const sealed = createEnvelope(first).seal('x', 'row');
    for (const text of [sealed.replace('v1.', 'v2.'), '', 'v1', 'v1.a', 'plain']) {
      expect(() => createEnvelope(first).open(text, 'row')).toThrow();
    }
  });

  // NIST SP 800-38D: an IV of 96 bits, a tag of 128 bits, the context as additional data; read here with Node's own cipher.
  test('is AES-256-GCM twice: the first key wraps a data key, the data key seals the value', () => {
    const bytes = randomBytes(32);
    const [version, id, wrapped = '', sealed = ''] = createEnvelope(key('a', bytes)).seal('text', 'row|1').split('.');
    expect([version, id]).toEqual(['v1', 'a']);
    const decrypt = (secret: Buffer, text: string, context: string) => {
      const all = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', secret, all.subarray(0, 12)).setAAD(Buffer.from(context));
      decipher.setAuthTag(all.subarray(all.length - 16));
      return Buffer.concat([decipher.update(all.subarray(12, all.length - 16)), decipher.final()]);
    };
    const dataKey = decrypt(bytes, wrapped, 'a|row|1');
    expect(dataKey).toHaveLength(32);
    expect(decrypt(dataKey, sealed, 'row|1').toString()).toBe('text');
  });

  test('opens a value that another implementation sealed', () => {
    const [bytes, dataKey] = [randomBytes(32), randomBytes(32)];
    const encrypt = (secret: Buffer, plain: Buffer, context: string) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(context));
      return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
    };
    const sealed = `v1.k.${encrypt(bytes, dataKey, 'k|row')}.${encrypt(dataKey, Buffer.from('text'), 'row')}`;
    expect(createEnvelope(key('k', bytes)).open(sealed, 'row')).toBe('text');
  });

  test('seals the same value differently each time', () => {
    const { seal } = createEnvelope(first);
    expect(new Set(Array.from({ length: 20 }, () => seal('x', 'row'))).size).toBe(20);
    const dataKeys = Array.from({ length: 20 }, () => seal('x', 'row').split('.')[2]);
    expect(new Set(dataKeys).size).toBe(20);
  });

  test('refuses a tag that was shortened', () => {
    const sealed = createEnvelope(first).seal('x', 'row');
    const [version, id, wrapped = '', value] = sealed.split('.');
    const short = Buffer.from(wrapped, 'base64').subarray(0, -12).toString('base64');
    expect(() => createEnvelope(first).open([version, id, short, value].join('.'), 'row')).toThrow();
  });
});

// NIST SP 800-38D, appendix C: short tags are easier to forge.
test('open refuses a value whose tag has less than 128 bits', () => {
  const short = Buffer.alloc(12).toString('base64');
  expect(() => createEnvelope(key('a')).open(`v1.a.${short}.${short}`, 'row')).toThrow(
    expect.objectContaining({ code: 'ERR_CRYPTO_INVALID_AUTH_TAG' }),
  );
});

describe('key rotation', () => {
  const [older, newer, foreign] = [key('old'), key('new'), key('old')];
  const sealed = createEnvelope(older).seal('text', 'row');
  const rotated = createEnvelope(`${newer},${older}`);

  test('rewraps the data key with the first key and leaves the sealed value', () => {
    const again = rotated.rewrap(sealed, 'row') as string;
    expect([rotated.isCurrent(sealed), rotated.isCurrent(again)]).toEqual([false, true]);
    expect(again.split('.')[3]).toBe(sealed.split('.')[3]);
    expect(createEnvelope(newer).open(again, 'row')).toBe('text');
  });

  test('rewraps nothing that no configured key opens', () => {
    expect(createEnvelope(newer).rewrap(sealed, 'row')).toBeUndefined();
    expect(rotated.rewrap(sealed, 'other row')).toBeUndefined();
    expect(createEnvelope(`${newer},${foreign}`).rewrap(sealed, 'row')).toBeUndefined();
  });

  test('seals with the first key', () => {
    expect(createEnvelope(newer).open(rotated.seal('x', 'row'), 'row')).toBe('x');
  });

  test('lists the keys’ ids, the sealing key first', () => {
    expect(rotated.keyIds).toEqual(['new', 'old']);
    expect(rotated.isCurrent('v1.newer.x.y')).toBe(false);
  });
});
