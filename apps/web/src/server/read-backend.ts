import { routes } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import { redirect } from 'next/navigation';
import type { Subject } from './assertion.ts';
import { callBackend } from './backend.ts';

const PATIENCE_MS = 3_000;

/**
 * What a page begins with, read before it is sent; nothing when the backend does not answer quickly, and the browser asks.
 * A session that has ended leads to the sign-in page.
 */
export async function readBackend<Id extends 'getMe' | 'listOverview'>(id: Id, user: Subject): Promise<Output<Id, 'web'> | undefined> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await callBackend(routes[id].backend.path, user, { method: 'GET', signal }).catch(() => undefined);
  if (answer?.status === 401) redirect('/signin');
  return answer?.ok ? ((await answer.json()) as Output<Id, 'web'>) : undefined;
}
