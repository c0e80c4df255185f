/** Messages by the name of the browser's exception: its own messages are for developers. @see https://www.w3.org/TR/webauthn-3/#sctn-create-request-exceptions */
const refusals: Record<string, string> = {
  NotAllowedError: 'The passkey request was cancelled or timed out',
  InvalidStateError: 'This device already has a passkey for this agent',
  NotSupportedError: 'This device supports none of the accepted passkey types',
  SecurityError: 'Passkeys work only at the configured address of this installation',
};

/**
 * Creates or uses a passkey with the options of the backend.
 * @returns the credential as JSON
 * @throws Error with a message for the user when they refuse or the device cannot do it
 */
export async function passkey(call: 'create' | 'get', options: Record<string, unknown>): Promise<{ id: string }> {
  const { browserSupportsWebAuthn, startAuthentication, startRegistration } = await import('@simplewebauthn/browser');
  if (!browserSupportsWebAuthn()) throw new Error('This browser does not support passkeys, or supports them only over HTTPS');
  try {
    if (call === 'create')
      return await startRegistration({ optionsJSON: options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON'] });
    return await startAuthentication({ optionsJSON: options as unknown as Parameters<typeof startAuthentication>[0]['optionsJSON'] });
  } catch (error) {
    throw new Error(refusals[(error as Error).name] ?? 'The device could not use its passkey', { cause: error });
  }
}
