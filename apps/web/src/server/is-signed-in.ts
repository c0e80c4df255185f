import { routes } from '@agentbot/contracts';
import { callBackend } from './backend.ts';
import { currentUser } from './session.ts';

const TIMEOUT_MS = 3_000;

/**
 * Whether the browser has a valid session. The cookie can outlive its session, so the backend decides: trusting the cookie
 * would cause a redirect loop between the sign-in page and the dashboard. While the backend is unavailable, the cookie decides.
 */
export async function isSignedIn(): Promise<boolean> {
  const user = await currentUser();
  if (!user) return false;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await callBackend(routes.getMe.backend.path, user, { method: 'GET', signal }).catch(() => undefined);
  void response?.body?.cancel();
  return response?.status !== 401;
}
