import { ApiError } from '@agentbot/contracts/client';

let leaving: Promise<void> | undefined;

async function signOut(): Promise<void> {
  const auth = await import('next-auth/react');
  // Two tabs that leave at once spoil one another's token against forgery, and the session of the one refused goes on.
  const end = async () => !(await auth.signOut({ redirect: false })).url.includes('csrf=true');
  if (!(await end()) && !(await end())) throw new Error('You are still signed in. Try again.');
  location.assign('/signin');
}

/** Ends the session and leaves for the sign-in page, once, whoever asks for it; what that takes is loaded only then. */
export function leave(): Promise<void> {
  leaving ??= signOut().catch((error) => {
    leaving = undefined;
    throw error;
  });
  return leaving;
}

/** Leaves when a failure says that the session has ended. @returns whether it does */
export function leaveIfEnded(error: unknown): boolean {
  const ended = error instanceof ApiError && error.status === 401;
  // The cookie may be valid still while its account is gone: it must go too, or the sign-in page sends us back.
  // Where that fails, the next request fails likewise and leaves.
  if (ended) void leave().catch(() => undefined);
  return ended;
}
