import { AppError } from '@agentbot/contracts';
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';

/** The site that passkeys belong to. */
export interface RelyingParty {
  origin: string;
  id: string;
}

/** A passkey as it is stored. */
export interface StoredPasskey {
  credentialId: string;
  publicKey: Uint8Array;
  /** The authenticator's signature counter; 0 when it does not count. */
  counter: number;
  transports: string[];
}

/** The site by the installation's own address: a header of the caller must not name it. */
export function relyingPartyOf({ DASHBOARD_URL }: { DASHBOARD_URL: string }): RelyingParty {
  const { origin, hostname } = new URL(DASHBOARD_URL);
  return { origin, id: hostname };
}

/** @see https://www.w3.org/TR/webauthn-3/#enum-transport */
const knownTransports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];
/** A passkey as the browser's options name it. */
export const descriptorOf = ({ credentialId, transports }: Pick<StoredPasskey, 'credentialId' | 'transports'>) => ({
  id: credentialId,
  transports: transports as AuthenticatorTransport[],
});

/** The library throws plain errors for invalid responses. */
const mismatch = (cause: unknown) => new AppError('INVALID_REQUEST', 'The passkey’s response does not match the challenge', { cause });
const expectedBy = ({ origin, id }: RelyingParty, expectedChallenge: string) => ({
  expectedChallenge,
  expectedOrigin: origin,
  expectedRPID: id,
  requireUserVerification: true,
});

/** The challenge that a response answers, by its own word. @throws AppError INVALID_REQUEST */
export function challengeIn(clientDataJSON: string): string {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as { challenge?: unknown };
    if (typeof challenge === 'string') return challenge;
  } catch (error) {
    throw mismatch(error);
  }
  throw mismatch(undefined);
}

/** Checks the response of `navigator.credentials.create`. @throws AppError INVALID_REQUEST */
export async function checkRegistration(site: RelyingParty, challenge: string, response: object): Promise<StoredPasskey> {
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...expectedBy(site, challenge),
    response: response as RegistrationResponseJSON,
  }).catch((error) => {
    throw mismatch(error);
  });
  if (!verified || !registrationInfo) throw new AppError('INVALID_REQUEST', 'The passkey could not be registered');
  const { id: credentialId, publicKey, counter, transports = [] } = registrationInfo.credential;
  return { credentialId, publicKey, counter, transports: knownTransports.filter((known) => transports.some((each) => each === known)) };
}

/** Checks the response of `navigator.credentials.get`. @returns the new counter @throws AppError INVALID_REQUEST */
export async function checkAssertion(site: RelyingParty, challenge: string, response: object, passkey: StoredPasskey): Promise<number> {
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    ...expectedBy(site, challenge),
    response: response as AuthenticationResponseJSON,
    credential: { ...descriptorOf(passkey), publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
  }).catch((error) => {
    throw mismatch(error);
  });
  if (!verified) throw new AppError('INVALID_REQUEST', 'The passkey’s signature is invalid');
  return authenticationInfo.newCounter;
}
