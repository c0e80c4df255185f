import { routes } from '@agentbot/contracts';
import type { SignInOptions } from '../lib/session/sign-in-options.ts';
import { callBackend } from './backend.ts';
import { signInProviders } from './sign-in-providers.ts';

/** Asks the backend what it can do; while it is away, nothing that needs it is offered. */
export async function signInOptions(): Promise<SignInOptions> {
  const response = await callBackend(routes.getSignInOptions.backend.path, undefined, {
    method: 'GET',
    signal: AbortSignal.timeout(3_000),
  }).catch(() => undefined);
  const { passwordReset } = response?.ok ? ((await response.json()) as { passwordReset: boolean }) : { passwordReset: false };
  return { passwordReset, providers: signInProviders().map(({ id, name }) => ({ id, name })) };
}
