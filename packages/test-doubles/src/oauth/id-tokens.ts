import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** What a test makes wrong in the next id_token. */
export interface Flaw {
  claims?: JWTPayload;
  /** Signs with an unpublished key under the id of a published key. */
  foreignKey?: boolean;
}

async function createKey(number: number) {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = `key-${number}`;
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

/** Signs id_tokens and publishes the keys. @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export async function createIdTokens() {
  let keys = [await createKey(1)];
  let flaw: Flaw | undefined;
  const current = () => keys.at(-1) as (typeof keys)[number];

  return {
    jwks: () => ({ keys: keys.map(({ jwk }) => jwk) }),
    /** Signs with a new key from now on, and publishes it in place of the old one. */
    async rotate(): Promise<void> {
      const number = Number(current().kid.slice(4)) + 1;
      keys = [await createKey(number)];
    },
    /** Makes the next id_token wrong. */
    spoil(next: Flaw): void {
      flaw = next;
    },
    async sign(claims: JWTPayload): Promise<string> {
      const { claims: wrong, foreignKey } = flaw ?? {};
      flaw = undefined;
      const key = foreignKey ? (await createKey(0)).privateKey : current().privateKey;
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iat: now, exp: now + 3_600, ...claims, ...wrong })
        .setProtectedHeader({ alg: 'RS256', kid: current().kid, typ: 'JWT' })
        .sign(key);
    },
  };
}
