import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

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
  user?: { id: string };
  rp?: { id?: string };
  rpId?: string;
  pubKeyCredParams?: { alg: number }[];
}

type Algorithm = 'ES256' | 'RS256' | 'EdDSA';
/** The numbers of algorithms. @see https://www.iana.org/assignments/cose/cose.xhtml#algorithms */
const algorithmNumbers: Record<Algorithm, number> = { ES256: -7, EdDSA: -8, RS256: -257 };

/** A public key in the form of COSE (RFC 9053, RFC 8230). */
function coseKey(algorithm: Algorithm, publicKey: KeyObject): Map<number, unknown> {
  const { x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (part: string) => Buffer.from(part, 'base64url');
  const head: [number, unknown][] = [[3, algorithmNumbers[algorithm]]];
  if (algorithm === 'RS256') return new Map([[1, 3], ...head, [-1, bytes(n)], [-2, bytes(e)]]);
  if (algorithm === 'EdDSA') return new Map([[1, 1], ...head, [-1, 6], [-2, bytes(x)]]);
  return new Map([[1, 2], ...head, [-1, 1], [-2, bytes(x)], [-3, bytes(y)]]);
}

const newKeys = (algorithm: Algorithm) =>
  algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });

/**
 * A passkey and its browser, at one origin.
 * @param counter the value of its signature counter, which each call increments; many real passkeys stay at 0, and so does
 * this one without it
 * @see https://www.w3.org/TR/webauthn-3/
 */
export function createAuthenticator(origin: string, { algorithm = 'ES256' as Algorithm, counter = 0 } = {}) {
  const { privateKey, publicKey } = newKeys(algorithm);
  const id = randomBytes(16);
  const hasCounter = counter > 0;
  let count = counter;
  let userHandle: string | undefined;
  const clientData = (type: string, challenge: string) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  function authData(rpId: string, flags: number, ...rest: Buffer[]) {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(count);
    if (hasCounter) count++;
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counted, ...rest]);
  }
  const credential = (response: Record<string, Buffer>, handle?: string) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      ...Object.fromEntries(Object.entries(response).map(([name, value]) => [name, value.toString('base64url')])),
      ...('attestationObject' in response && { transports: ['internal'] }),
      ...(handle !== undefined && { userHandle: handle }),
    },
  });

  return {
    id: id.toString('base64url'),
    /** Sets the counter back, as a copy of the authenticator would have it. */
    setCounter(value: number): void {
      count = value;
    },
    /** Answers `navigator.credentials.create`. @throws Error when the site does not take the key's algorithm */
    create({ challenge, rp, user, pubKeyCredParams = [] }: Options, { verified = true } = {}) {
      if (!pubKeyCredParams.some(({ alg }) => alg === algorithmNumbers[algorithm])) throw new Error(`The site does not take ${algorithm}`);
      userHandle = user?.id;
      const flags = USER_PRESENT | ATTESTED | (verified ? USER_VERIFIED : 0);
      const key = cbor(coseKey(algorithm, publicKey));
      const data = authData(rp?.id ?? '', flags, Buffer.alloc(16), Buffer.from([0, id.length]), id, key);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', data],
      ]);
      return credential({ clientDataJSON: clientData('webauthn.create', challenge), attestationObject: cbor(attestation) });
    },
    /** Answers `navigator.credentials.get`, with the user handle that the passkey was created for. */
    get({ challenge, rpId }: Options, { verified = true } = {}) {
      const clientDataJSON = clientData('webauthn.get', challenge);
      const authenticatorData = authData(rpId ?? '', USER_PRESENT | (verified ? USER_VERIFIED : 0));
      const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
      const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', signed, privateKey);
      return credential({ clientDataJSON, authenticatorData, signature }, userHandle);
    },
  };
}
