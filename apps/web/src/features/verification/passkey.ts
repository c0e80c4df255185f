/**
 * Has the browser make or use a passkey with the options that the backend gave.
 * @returns the credential as JSON @throws Error when its owner said no, or the browser has no passkeys
 */
export async function passkey(call: 'create' | 'get', options: Record<string, unknown>): Promise<{ id: string }> {
  const { startAuthentication, startRegistration } = await import('@simplewebauthn/browser');
  if (call === 'create')
    return startRegistration({ optionsJSON: options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON'] });
  return startAuthentication({ optionsJSON: options as unknown as Parameters<typeof startAuthentication>[0]['optionsJSON'] });
}
