'use client';

import { ApiError } from '@agentbot/contracts/client';
import type { ReactNode } from 'react';
import { SWRConfig } from 'swr';

/** Leaves for the sign-in page once the session has ended; any other failure is shown where it happens. */
function onError(error: unknown) {
  if (error instanceof ApiError && error.status === 401) window.location.assign('/signin');
}

export function Session({ children }: { children: ReactNode }) {
  return (
    <SWRConfig value={{ onError, shouldRetryOnError: (error) => !(error instanceof ApiError && error.status < 500) }}>{children}</SWRConfig>
  );
}
