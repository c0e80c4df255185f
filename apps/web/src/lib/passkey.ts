import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { say } from './language/texts.ts';

/** Messages by the name of the browser's exception: its own messages are for developers. @see https://www.w3.org/TR/webauthn-3/#sctn-create-request-exceptions */
const refusals: Record<string, MessageDescriptor> = {
  NotAllowedError: msg`The passkey request was cancelled or timed out`,
  NotSupportedError: msg`This device supports none of the accepted passkey types`,
  SecurityError: msg`Passkeys work only at the configured address of this installation`,
};

const known = {
  agent: msg`This device already has a passkey for this agent`,
  account: msg`This device already has a passkey for your account`,
};
const failed = msg`The device could not use its passkey`;

const library = () => import('@simplewebauthn/browser');
type Library = Awaited<ReturnType<typeof library>>;
type CreationOptions = Parameters<Library['startRegistration']>[0]['optionsJSON'];
type RequestOptions = Parameters<Library['startAuthentication']>[0]['optionsJSON'];

/** The response of the authenticator, in the form of JSON. */
export type PasskeyResponse = { id: string; response: { clientDataJSON: string } };

/** @throws Error with a message for the user when the browser has no passkeys */
export async function requirePasskeys(): Promise<void> {
  const { browserSupportsWebAuthn } = await library();
  if (!browserSupportsWebAuthn()) throw new Error(t`This browser does not support passkeys, or supports them only over HTTPS`);
}

/**
 * Creates or uses a passkey with the options of the backend.
 * @param purpose what the passkey is for
 * @throws Error with a message for the user when they refuse or the device cannot do it
 */
export async function passkey(
  call: 'create' | 'get',
  options: Record<string, unknown>,
  purpose: keyof typeof known,
): Promise<PasskeyResponse> {
  await requirePasskeys();
  const { startAuthentication, startRegistration } = await library();
  try {
    if (call === 'create') return await startRegistration({ optionsJSON: options as unknown as CreationOptions });
    return await startAuthentication({ optionsJSON: options as unknown as RequestOptions });
  } catch (error) {
    const { name } = error as Error;
    throw new Error(say((name === 'InvalidStateError' ? known[purpose] : refusals[name]) ?? failed), { cause: error });
  }
}

/** Whether the browser offers passkeys among its suggestions for a field. */
export const supportsPasskeyAutofill = async (): Promise<boolean> => (await library()).browserSupportsWebAuthnAutofill();

/**
 * Waits until the user chooses a passkey among the suggestions for a field.
 * @returns undefined when another request replaced this one, or the user or the device refused
 */
export async function passkeyFromAutofill(options: Record<string, unknown>): Promise<PasskeyResponse | undefined> {
  const { startAuthentication } = await library();
  return startAuthentication({ optionsJSON: options as unknown as RequestOptions, useBrowserAutofill: true }).catch(() => undefined);
}

/** Ends the request for a passkey that waits. */
export async function cancelPasskeyRequest(): Promise<void> {
  (await library()).WebAuthnAbortService.cancelCeremony();
}

/** Tells the browser which passkeys of the account are accepted: its authenticators then offer no removed one. */
export async function tellAcceptedPasskeys(accepted: { rpId: string; userId: string; credentialIds: string[] }): Promise<void> {
  const { sendSignal } = await library();
  const { rpId: rpID, userId: userID, credentialIds: allAcceptedCredentialIDs } = accepted;
  // A browser may lack this, and the user loses nothing then.
  await sendSignal({ signalName: 'allAcceptedCredentials', rpID, userID, allAcceptedCredentialIDs }).catch(() => undefined);
}
