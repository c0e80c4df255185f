'use client';

import type { Me } from '@agentbot/contracts';
import { ApiError } from '@agentbot/contracts/client';
import type { ReactNode } from 'react';
import { SWRConfig, type SWRConfiguration } from 'swr';
import { backoffMs } from '../../lib/backoff.ts';
import { signOutIfUnauthorized } from '../../lib/session/sign-out.ts';

interface Props {
  /** The account that the server read, so that the layout does not shift. */
  me: Me | undefined;
  children: ReactNode;
}

/** Retries without limit while the server is unavailable (5xx, network) or rate-limits (429). */
const retries: SWRConfiguration = {
  shouldRetryOnError: (error) => !(error instanceof ApiError && error.status < 500 && error.status !== 429),
  onErrorRetry(_error, _key, _config, revalidate, { retryCount, dedupe }) {
    setTimeout(() => revalidate({ retryCount, dedupe }), backoffMs(retryCount - 1));
  },
};

/** SWR's configuration for all pages: retries, and sign-out on 401. Each page shows its other errors itself. */
export function Session({ me, children }: Props) {
  return <SWRConfig value={{ onError: signOutIfUnauthorized, ...retries, ...(me && { fallback: { me } }) }}>{children}</SWRConfig>;
}
