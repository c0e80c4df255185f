import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Encodes the part of CBOR (RFC 8949) that an attestation needs. */
function cbor(value: number | string | Buffer | Map<unknown, unknown>): Buffer {
  const head = (major: number, length: number) =>
    length < 24
      ? Buffer.from([(major << 5) | length])
      : length < 256
        ? Buffer.from([(major << 5) | 24, length])
        : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const pairs = [...value].flatMap(([key, each]) => [cbor(key as string), cbor(each as string)]);
  return Buffer.concat([head(5, value.size), ...pairs]);
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest();
const USER_PRESENT = 1;
const USER_VERIFIED = 4;
const ATTESTED = 64;

interface Options {
  challenge: string;
  rp?: { id?: string };
  rpId?: string;
}

/**
 * A passkey (ES256) and its browser, at one origin. Its signature counter stays 0, as with many real passkeys.
 * @see https://www.w3.org/TR/webauthn-3/
 */
export function createAuthenticator(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(16);
  const key = new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]);
  const clientData = (type: string, challenge: string) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authData = (rpId: string, flags: number, ...rest: Buffer[]) =>
    Buffer.concat([sha256(rpId), Buffer.from([flags]), Buffer.alloc(4), ...rest]);
  const credential = (response: Record<string, Buffer>) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      ...Object.fromEntries(Object.entries(response).map(([name, value]) => [name, value.toString('base64url')])),
      ...('attestationObject' in response && { transports: ['internal'] }),
    },
  });

  return {
    id: id.toString('base64url'),
    /** Answers `navigator.credentials.create`. */
    create({ challenge, rp }: Options, { verified = true } = {}) {
      const flags = USER_PRESENT | ATTESTED | (verified ? USER_VERIFIED : 0);
      const data = authData(rp?.id ?? '', flags, Buffer.alloc(16), Buffer.from([0, id.length]), id, cbor(key));
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', data],
      ]);
      return credential({ clientDataJSON: clientData('webauthn.create', challenge), attestationObject: cbor(attestation) });
    },
    /** Answers `navigator.credentials.get`. */
    get({ challenge, rpId }: Options, { verified = true } = {}) {
      const clientDataJSON = clientData('webauthn.get', challenge);
      const authenticatorData = authData(rpId ?? '', USER_PRESENT | (verified ? USER_VERIFIED : 0));
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientDataJSON)]), privateKey);
      return credential({ clientDataJSON, authenticatorData, signature });
    },
  };
}
