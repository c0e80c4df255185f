import { routes, SESSION_SECONDS } from '@agentbot/contracts';
import { headers } from 'next/headers';
import type { NextAuthOptions } from 'next-auth';
import CredentialsModule from 'next-auth/providers/credentials';
import { config } from '../config.ts';
import { callBackend } from './backend.ts';
import { clientAddressOf } from './client-address.ts';
import { log } from './log.ts';
import { type ProviderProfile, signInProviders } from './sign-in-providers.ts';

// next-auth 4 is CommonJS: native ESM sees its default export one level deeper than a bundler does.
const Credentials = (CredentialsModule as unknown as { default?: typeof CredentialsModule }).default ?? CredentialsModule;

/** Who signed in, as the backend says. */
interface SignedIn {
  id: string;
  email: string;
  name: string | null;
  session: string;
}
/** What is known of the browser that signs in. */
interface Browser {
  client?: string | undefined;
  userAgent: string | undefined;
}
const userAgentHeader = (userAgent: string | undefined): Record<string, string> => (userAgent ? { 'user-agent': userAgent } : {});

async function verify(email: string, password: string, { client, userAgent }: Browser) {
  const response = await callBackend(routes.verifyCredentials.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ email, password }),
    contentType: 'application/json',
    client,
    headers: userAgentHeader(userAgent),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (response?.ok) return response.json() as Promise<SignedIn>;
  if (response?.status === 401 || response?.status === 400) return null;
  throw new Error(response?.status === 429 ? 'Too many attempts, please wait a moment' : 'Sign-in is not available right now');
}

/** The account behind a sign-in at GitHub or Google, or the sentence why there is none. */
async function accountOf(provider: string, subject: string, profile: ProviderProfile): Promise<SignedIn | string> {
  const { email, emailVerified, name } = profile;
  const response = await callBackend(routes.signInWithProvider.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ provider, subject, email: email ?? '', emailVerified, name: name?.slice(0, 100) ?? null }),
    contentType: 'application/json',
    headers: userAgentHeader((await headers()).get('user-agent') ?? undefined),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (!response || response.status >= 500) return 'Sign-in is not available right now';
  const body = (await response.json()) as SignedIn & { error?: string };
  return response.ok ? body : (body.error ?? 'Sign-in failed');
}

/** Waits between the tries to end a session, in milliseconds: the backend may be restarting. */
const END_PAUSES_MS = [0, 1_000, 5_000, 25_000];

/** Ends a session at the backend, so that its cookie is worth nothing wherever a copy of it is. @returns whether it has ended */
async function endSession(session: string): Promise<boolean> {
  const response = await callBackend(routes.signOut.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ session }),
    contentType: 'application/json',
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  // 404: it had ended before.
  return response?.ok === true || response?.status === 404;
}

async function keepEnding(session: string): Promise<void> {
  for (const pause of END_PAUSES_MS.slice(1)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (await endSession(session)) return;
  }
  log().error({ session }, 'a session could not be ended at the backend: it lasts until it expires');
}

/** next-auth: email and password checked by the backend, the session in a signed cookie. */
export function authOptions(): NextAuthOptions {
  return {
    secret: config().NEXTAUTH_SECRET,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    pages: { signIn: '/signin', error: '/signin' },
    providers: [
      Credentials({
        id: 'credentials',
        name: 'Email and password',
        credentials: { email: { type: 'email' }, password: { type: 'password' } },
        authorize: (given, request) =>
          given
            ? verify(given.email, given.password, { client: clientAddressOf(request.headers), userAgent: request.headers?.['user-agent'] })
            : null,
      }),
      ...signInProviders(),
    ],
    callbacks: {
      async signIn({ user, account }) {
        if (account?.type !== 'oauth') return true;
        const found = await accountOf(account.provider, account.providerAccountId, user as unknown as ProviderProfile);
        if (typeof found === 'string') return `/signin?error=${encodeURIComponent(found)}`;
        // next-auth makes the token of this same object.
        Object.assign(user, { id: found.id, session: found.session });
        return true;
      },
      jwt({ token, user }) {
        return user ? { sub: user.id, email: user.email, name: user.name, session: (user as unknown as SignedIn).session } : token;
      },
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub, session: token.session } }),
    },
    events: {
      async signOut({ token }) {
        const { session } = (token ?? {}) as { session?: string };
        // The browser is signed out all the same; it does not wait for a backend that is away.
        if (session && !(await endSession(session))) void keepEnding(session);
      },
    },
  };
}
