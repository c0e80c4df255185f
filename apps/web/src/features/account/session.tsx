'use client';

import type { Me } from '@agentbot/contracts';
import { ApiError } from '@agentbot/contracts/client';
import type { ReactNode } from 'react';
import { SWRConfig, type SWRConfiguration } from 'swr';
import { backoffMs } from '../../lib/backoff.ts';
import { signOutIfUnauthorized } from '../../lib/session/sign-out.ts';

interface Props {
  /** The account as the server read it, so that nothing jumps once it is known. */
  me: Me | undefined;
  children: ReactNode;
}

/** What a server that is away, or busy for the moment, did not answer is asked again, however long that lasts. */
const retries: SWRConfiguration = {
  shouldRetryOnError: (error) => !(error instanceof ApiError && error.status < 500 && error.status !== 429),
  onErrorRetry(_error, _key, _config, revalidate, { retryCount, dedupe }) {
    setTimeout(() => revalidate({ retryCount, dedupe }), backoffMs(retryCount - 1));
  },
};

/** What every page knows of the session. A failed request is shown where it happens, unless the session has ended. */
export function Session({ me, children }: Props) {
  return <SWRConfig value={{ onError: signOutIfUnauthorized, ...retries, ...(me && { fallback: { me } }) }}>{children}</SWRConfig>;
}
