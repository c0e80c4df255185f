import { routes } from '@agentbot/contracts';
import { callBackend } from './backend.ts';
import { currentUser } from './session.ts';

/**
 * Whether the browser has a session that still holds. A cookie outlives its session, so the backend is asked: a page that
 * trusted the cookie would lead to a page that leads back here. While the backend is away, the cookie counts.
 */
export async function isSignedIn(): Promise<boolean> {
  const user = await currentUser();
  if (!user) return false;
  const signal = AbortSignal.timeout(3_000);
  const answer = await callBackend(routes.getMe.backend.path, user, { method: 'GET', signal }).catch(() => undefined);
  void answer?.body?.cancel();
  return answer?.status !== 401;
}
