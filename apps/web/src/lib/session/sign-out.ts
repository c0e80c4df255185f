import { ApiError } from '@agentbot/contracts/client';
import { t } from '@lingui/core/macro';
import { forgetAll } from '../storage.ts';
import { withReturnPath } from './return-path.ts';

let signingOut: Promise<void> | undefined;

async function endSession(keepsPlace: boolean): Promise<void> {
  // Loaded on demand: most page views never sign out.
  const auth = await import('next-auth/react');
  const isRefused = async () => (await auth.signOut({ redirect: false })).url.includes('csrf=true');
  // Two tabs that sign out together overwrite each other's CSRF token: the refused tab retries once.
  if ((await isRefused()) && (await isRefused())) throw new Error(t`You are still signed in. Try again.`);
  // Drafts and unsent messages must not wait for the next user of this browser.
  forgetAll();
  location.assign(keepsPlace ? withReturnPath('/signin', location.pathname + location.search) : '/signin');
}

/**
 * Ends the session and opens the sign-in page. Concurrent calls share one request.
 * @param keepsPlace whether the sign-in then leads back to this page: the session has ended by itself
 * @throws Error when the server refused twice
 */
export function signOut(keepsPlace = false): Promise<void> {
  signingOut ??= endSession(keepsPlace).catch((error) => {
    signingOut = undefined;
    throw error;
  });
  return signingOut;
}

/** Signs out when a request failed with 401. @returns whether it did */
export function signOutIfUnauthorized(error: unknown): boolean {
  const unauthorized = error instanceof ApiError && error.status === 401;
  // The cookie can outlive a deleted account. It must go too: the sign-in page redirects back while it is valid.
  // If the sign-out fails, the next request fails with 401 as well and tries again.
  if (unauthorized) void signOut(true).catch(() => undefined);
  return unauthorized;
}
