import { routes } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import type { Subject } from './assertion.ts';
import { callBackend } from './backend.ts';

const PATIENCE_MS = 3_000;

/** What a page begins with, read before it is sent; nothing when that is not quickly to be had, and the browser asks. */
export async function readBackend<Id extends 'getMe' | 'listOverview'>(id: Id, user: Subject): Promise<Output<Id, 'web'> | undefined> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await callBackend(routes[id].backend.path, user, { method: 'GET', signal }).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as Output<Id, 'web'>) : undefined;
}
