'use client';

import { ApiError } from '@agentbot/contracts/client';
import { signOut } from 'next-auth/react';
import type { ReactNode } from 'react';
import { SWRConfig } from 'swr';

/** Leaves for the sign-in page once the session has ended; any other failure is shown where it happens. */
function onError(error: unknown) {
  // The cookie may be valid still while its account is gone: it must go too, or the sign-in page sends us back.
  if (error instanceof ApiError && error.status === 401) void signOut({ callbackUrl: '/signin' });
}

export function Session({ children }: { children: ReactNode }) {
  return (
    <SWRConfig value={{ onError, shouldRetryOnError: (error) => !(error instanceof ApiError && error.status < 500) }}>{children}</SWRConfig>
  );
}
