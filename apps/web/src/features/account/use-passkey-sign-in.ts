import { signIn } from 'next-auth/react';
import { useCallback, useEffect, useRef } from 'react';
import { api } from '../../lib/api/client.ts';
import {
  cancelPasskeyRequest,
  type PasskeyResponse,
  passkey,
  passkeyFromAutofill,
  requirePasskeys,
  supportsPasskeyAutofill,
} from '../../lib/passkey.ts';
import { signInErrorMessage } from '../../lib/session/sign-in-errors.ts';

/** The challenge of an open page is replaced before it expires, which is after five minutes. */
const RENEW_MS = 4 * 60_000;

const request = async () => (await api('challengePasskeySignIn', {})).options;

async function signInWith(credential: PasskeyResponse): Promise<void> {
  const result = await signIn('passkey', { credential: JSON.stringify(credential), redirect: false });
  if (result?.error) throw new Error(signInErrorMessage(result.error));
}

/**
 * Offers the user's passkeys among the suggestions for the email, where the browser can do that, and signs in with the chosen one.
 * @param attempt runs a sign-in and shows its end. It returns whether the user is signed in
 * @returns a function that opens the browser's dialog for passkeys instead
 */
export function usePasskeySignIn(enabled: boolean, attempt: (signIn: () => Promise<void>) => Promise<boolean>): () => Promise<void> {
  const attemptNow = useRef(attempt);
  attemptNow.current = attempt;
  /** Each request of the page replaces the one before. */
  const requests = useRef(0);
  const requestedAt = useRef(0);

  const offer = useCallback(async (): Promise<void> => {
    const current = ++requests.current;
    requestedAt.current = Date.now();
    // Without a challenge, autofill offers no passkey. The button requests its own challenge and shows the error.
    const options = await request().catch(() => undefined);
    if (!options || current !== requests.current) return;
    const credential = await passkeyFromAutofill(options);
    if (!credential || current !== requests.current) return;
    const signedIn = await attemptNow.current(() => signInWith(credential));
    if (!signedIn && current === requests.current) void offer();
  }, []);

  useEffect(() => {
    if (!enabled) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    let left = false;
    const renew = () => {
      if (!document.hidden && Date.now() - requestedAt.current >= RENEW_MS) void offer();
    };
    void supportsPasskeyAutofill().then((supported) => {
      if (!supported || left) return;
      void offer();
      timer = setInterval(renew, RENEW_MS);
      document.addEventListener('visibilitychange', renew);
    });
    return () => {
      left = true;
      requests.current++;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', renew);
      void cancelPasskeyRequest();
    };
  }, [enabled, offer]);

  return useCallback(async () => {
    const current = ++requests.current;
    const signedIn = await attemptNow.current(async () => {
      await requirePasskeys();
      await signInWith(await passkey('get', await request(), 'account'));
    });
    if (!signedIn && current === requests.current && requestedAt.current > 0) void offer();
  }, [offer]);
}
