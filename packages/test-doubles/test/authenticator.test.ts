import { describe, expect, test } from '@jest/globals';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import { createAuthenticator } from '../src/authenticator.ts';

/** The double of a passkey, with SimpleWebAuthn's server. */

const ORIGIN = 'https://example.com';
const rpID = 'example.com';
type Passkey = ReturnType<typeof createAuthenticator>;

async function register(passkey: Passkey, behaviour = {}) {
  const options = await generateRegistrationOptions({ rpName: 'Example', rpID, userName: 'a', supportedAlgorithmIDs: [-7, -8, -257] });
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: passkey.create(options, behaviour) as unknown as RegistrationResponseJSON,
    expectedChallenge: options.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: rpID,
  });
  expect(verified).toBe(true);
  return registrationInfo?.credential as WebAuthnCredential;
}
async function authenticate(passkey: Passkey, credential: WebAuthnCredential, behaviour = {}, signer = passkey) {
  const options = await generateAuthenticationOptions({ rpID, allowCredentials: [{ id: credential.id }] });
  const response = { ...signer.get(options, behaviour), id: passkey.id, rawId: passkey.id };
  return verifyAuthenticationResponse({
    response: response as unknown as AuthenticationResponseJSON,
    expectedChallenge: options.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: rpID,
    credential,
  });
}

describe.each(['ES256', 'RS256', 'EdDSA'] as const)('a passkey with %s', (algorithm) => {
  test('registers and signs, and another key does not sign for it', async () => {
    const passkey = createAuthenticator(ORIGIN, { algorithm });
    const credential = await register(passkey);
    expect((await authenticate(passkey, credential)).verified).toBe(true);
    expect((await authenticate(passkey, credential, {}, createAuthenticator(ORIGIN, { algorithm }))).verified).toBe(false);
  });
});

test('a passkey does not register at a site that does not take its algorithm', async () => {
  const options = await generateRegistrationOptions({ rpName: 'Example', rpID, userName: 'a', supportedAlgorithmIDs: [-7] });
  expect(() => createAuthenticator(ORIGIN, { algorithm: 'RS256' }).create(options)).toThrow('The site does not take RS256');
});

test('a counter goes up with each call; a copy with an old counter is refused', async () => {
  const passkey = createAuthenticator(ORIGIN, { counter: 5 });
  const credential = await register(passkey);
  expect(credential.counter).toBe(5);
  expect((await authenticate(passkey, credential)).authenticationInfo.newCounter).toBe(6);
  passkey.setCounter(6);
  await expect(authenticate(passkey, { ...credential, counter: 6 })).rejects.toThrow(/counter/);
});

test('a passkey without a counter stays at 0', async () => {
  const passkey = createAuthenticator(ORIGIN);
  const credential = await register(passkey);
  expect([credential.counter, (await authenticate(passkey, credential)).authenticationInfo.newCounter]).toEqual([0, 0]);
  expect((await authenticate(passkey, credential)).verified).toBe(true);
});

test('a response without user verification is refused', async () => {
  const passkey = createAuthenticator(ORIGIN);
  await expect(register(passkey, { verified: false })).rejects.toThrow(/[Uu]ser.*verif/);
  const credential = await register(passkey);
  await expect(authenticate(passkey, credential, { verified: false })).rejects.toThrow(/[Uu]ser.*verif/);
});
