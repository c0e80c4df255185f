import { routes } from '@agentbot/contracts';
import type { NextAuthOptions } from 'next-auth';
import CredentialsModule from 'next-auth/providers/credentials';
import { config } from '../config.ts';
import { callBackend } from './backend.ts';
import { addressOf } from './client-address.ts';
import { type ProviderProfile, signInProviders } from './sign-in-providers.ts';

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

/** The account behind a sign-in at GitHub or Google, or the sentence why there is none. */
async function accountOf(provider: string, subject: string, profile: ProviderProfile): Promise<{ id: string } | string> {
  const { email, emailVerified, name } = profile;
  const response = await callBackend(routes.signInWithProvider.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ provider, subject, email: email ?? '', emailVerified, name: name?.slice(0, 100) ?? null }),
    contentType: 'application/json',
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (!response || response.status >= 500) return 'Sign-in is not available right now';
  const body = (await response.json()) as { id: string; error?: string };
  return response.ok ? body : (body.error ?? 'Sign-in failed');
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
      ...signInProviders(),
    ],
    callbacks: {
      async signIn({ user, account }) {
        if (account?.type !== 'oauth') return true;
        const found = await accountOf(account.provider, account.providerAccountId, user as unknown as ProviderProfile);
        if (typeof found === 'string') return `/signin?error=${encodeURIComponent(found)}`;
        // next-auth makes the token of this same object.
        user.id = found.id;
        return true;
      },
      jwt({ token, user }) {
        return user ? { sub: user.id, email: user.email, name: user.name, signedInAt: Date.now() / 1000 } : token;
      },
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub, signedInAt: token.signedInAt } }),
    },
  };
}
