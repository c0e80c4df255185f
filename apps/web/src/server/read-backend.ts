import { routes } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import { redirect } from 'next/navigation';
import { withReturnPath } from '../lib/session/return-path.ts';
import type { Subject } from './assertion.ts';
import { callBackend } from './backend.ts';
import { requestedPath } from './requested-path.ts';

const TIMEOUT_MS = 3_000;

/**
 * Reads a page's initial data on the server. Undefined when the backend does not response in time: the browser then reads it.
 * Redirects to the sign-in page when the session has ended.
 */
export async function readBackend<Id extends 'getMe' | 'listOverview'>(id: Id, user: Subject): Promise<Output<Id, 'web'> | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await callBackend(routes[id].backend.path, user, { method: 'GET', signal }).catch(() => undefined);
  if (response?.status === 401) redirect(withReturnPath('/signin', await requestedPath()));
  return response?.ok ? ((await response.json()) as Output<Id, 'web'>) : undefined;
}
