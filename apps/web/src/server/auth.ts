import { routes } from '@agentbot/contracts';
import type { NextAuthOptions } from 'next-auth';
import CredentialsModule from 'next-auth/providers/credentials';
import { config } from '../config.ts';
import { callBackend } from './backend.ts';
import { addressOf } from './client-address.ts';

// next-auth 4 is CommonJS: native ESM sees its default export one level deeper than a bundler does.
const Credentials = (CredentialsModule as unknown as { default?: typeof CredentialsModule }).default ?? CredentialsModule;

async function verify(email: string, password: string, client: string | undefined) {
  const response = await callBackend(routes.verifyCredentials.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ email, password }),
    contentType: 'application/json',
    client,
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (response?.ok) return response.json() as Promise<{ id: string; email: string; name: string | null }>;
  if (response?.status === 401 || response?.status === 400) return null;
  throw new Error(response?.status === 429 ? 'Too many attempts, please wait a moment' : 'Sign-in is not available right now');
}

/** next-auth: email and password checked by the backend, the session in a signed cookie. */
export function authOptions(): NextAuthOptions {
  return {
    secret: config().NEXTAUTH_SECRET,
    session: { strategy: 'jwt', maxAge: 14 * 24 * 3600 },
    pages: { signIn: '/signin', error: '/signin' },
    providers: [
      Credentials({
        id: 'credentials',
        name: 'Email and password',
        credentials: { email: { type: 'email' }, password: { type: 'password' } },
        authorize: (given, request) => (given ? verify(given.email, given.password, addressOf(request.headers)) : null),
      }),
    ],
    callbacks: {
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
    },
  };
}
