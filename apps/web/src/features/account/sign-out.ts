import { ApiError } from '@agentbot/contracts/client';

/** Ends the session and leaves for the sign-in page; what that takes is loaded only then. */
export async function leave(): Promise<void> {
  const { signOut } = await import('next-auth/react');
  await signOut({ callbackUrl: '/signin' });
}

/** Leaves when a failure says that the session has ended. @returns whether it does */
export function leaveIfEnded(error: unknown): boolean {
  const ended = error instanceof ApiError && error.status === 401;
  // The cookie may be valid still while its account is gone: it must go too, or the sign-in page sends us back.
  if (ended) void leave();
  return ended;
}
