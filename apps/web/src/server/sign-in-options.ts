import { routes } from '@agentbot/contracts';
import type { SignInOptions } from '../lib/session/sign-in-options.ts';
import { callBackend } from './backend.ts';
import { signInProviders } from './sign-in-providers.ts';

const TIMEOUT_MS = 3_000;

/** Reads the ways of signing in. While the backend is unavailable, password reset is not offered. */
export async function signInOptions(): Promise<SignInOptions> {
  const response = await callBackend(routes.getSignInOptions.backend.path, undefined, {
    method: 'GET',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  const none = { signUp: true, passwordReset: false, supportContact: null };
  const options = response?.ok ? ((await response.json()) as Omit<SignInOptions, 'providers'>) : none;
  return { ...options, providers: signInProviders().map(({ id, name }) => ({ id, name })) };
}
