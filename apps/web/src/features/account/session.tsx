'use client';

import type { Me } from '@agentbot/contracts';
import { ApiError } from '@agentbot/contracts/client';
import type { ReactNode } from 'react';
import { SWRConfig } from 'swr';
import { leaveIfEnded } from './sign-out.ts';

interface Props {
  /** The account as the server read it, so that nothing jumps once it is known. */
  me: Me | undefined;
  children: ReactNode;
}

/** What every page knows of the session. A failed request is shown where it happens, unless the session has ended. */
export function Session({ me, children }: Props) {
  const shouldRetryOnError = (error: unknown) => !(error instanceof ApiError && error.status < 500);
  return <SWRConfig value={{ onError: leaveIfEnded, shouldRetryOnError, ...(me && { fallback: { me } }) }}>{children}</SWRConfig>;
}
