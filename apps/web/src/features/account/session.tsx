'use client';

import type { Me } from '@agentbot/contracts';
import { ApiError } from '@agentbot/contracts/client';
import type { ReactNode } from 'react';
import { SWRConfig } from 'swr';
import { leave } from './sign-out.ts';

/** Leaves for the sign-in page once the session has ended; any other failure is shown where it happens. */
function onError(error: unknown) {
  // The cookie may be valid still while its account is gone: it must go too, or the sign-in page sends us back.
  if (error instanceof ApiError && error.status === 401) void leave();
}

interface Props {
  /** The account as the server read it, so that nothing jumps once it is known. */
  me: Me | undefined;
  children: ReactNode;
}

export function Session({ me, children }: Props) {
  const shouldRetryOnError = (error: unknown) => !(error instanceof ApiError && error.status < 500);
  return <SWRConfig value={{ onError, shouldRetryOnError, ...(me && { fallback: { me } }) }}>{children}</SWRConfig>;
}
