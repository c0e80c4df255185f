import { routes, SESSION_SECONDS } from '@agentbot/contracts';
import { headers } from 'next/headers';
import type { NextAuthOptions } from 'next-auth';
import CredentialsModule from 'next-auth/providers/credentials';
import { config } from '../config.ts';
import type { SignInError } from '../lib/session/sign-in-errors.ts';
import { callBackend } from './backend.ts';
import { clientAddressOf } from './client-address.ts';
import { log } from './log.ts';
import { safeRedirect } from './safe-redirect.ts';
import { type ProviderProfile, signInProviders } from './sign-in-providers.ts';

// next-auth 4 is CommonJS: native ESM nests its default export one level deeper than a bundler does.
const Credentials = (CredentialsModule as unknown as { default?: typeof CredentialsModule }).default ?? CredentialsModule;

/** The account and the new session, as the backend returns them. */
interface SignedIn {
  id: string;
  email: string;
  name: string | null;
  session: string;
}
/** The client that signs in. */
interface Browser {
  client?: string | undefined;
  userAgent: string | undefined;
}
const browserOf = ({ headers }: { headers?: Record<string, string> | undefined }): Browser => ({
  client: clientAddressOf(headers),
  userAgent: headers?.['user-agent'],
});
const userAgentHeader = (userAgent: string | undefined): Record<string, string> => (userAgent ? { 'user-agent': userAgent } : {});

/** Has the backend check what a browser signs in with. @returns undefined while the backend is unavailable */
const check = (path: string, body: object, { client, userAgent }: Browser): Promise<Response | undefined> =>
  callBackend(path, undefined, {
    method: 'POST',
    body: JSON.stringify(body),
    contentType: 'application/json',
    client,
    headers: userAgentHeader(userAgent),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);

async function verify(email: string, password: string, browser: Browser) {
  const response = await check(routes.verifyCredentials.backend.path, { email, password }, browser);
  if (response?.ok) return response.json() as Promise<SignedIn>;
  if (response?.status === 401 || response?.status === 400) return null;
  if (response?.status === 403) throw new Error('Blocked' satisfies SignInError);
  throw new Error((response?.status === 429 ? 'TooManyAttempts' : 'Unavailable') satisfies SignInError);
}

/** The error of a sign-in with a passkey or at a provider, by the code of the backend's refusal. */
const refusals: Record<string, SignInError> = {
  UNKNOWN_PASSKEY: 'UnknownPasskey',
  PASSKEY_COPIED: 'PasskeyCopied',
  CHALLENGE_EXPIRED: 'PasskeyExpired',
  RATE_LIMITED: 'TooManyAttempts',
  EMAIL_TAKEN: 'EmailTaken',
  UNAUTHORIZED: 'EmailUnverified',
  SIGN_UP_CLOSED: 'SignUpClosed',
  ACCOUNT_BLOCKED: 'Blocked',
};

/** Checks the response of a passkey. @throws Error with a SignInError */
async function verifyPasskey(credential: string, browser: Browser): Promise<SignedIn> {
  let given: unknown;
  try {
    given = JSON.parse(credential);
  } catch {
    throw new Error('Failed' satisfies SignInError);
  }
  const response = await check(routes.signInWithPasskey.backend.path, { credential: given }, browser);
  if (!response || response.status >= 500) throw new Error('Unavailable' satisfies SignInError);
  const body = (await response.json()) as SignedIn & { code?: string };
  if (response.ok) return body;
  throw new Error(refusals[body.code ?? ''] ?? ('Failed' satisfies SignInError));
}

/** Finds or creates the account of a provider's user. @returns the error when the backend refuses */
async function accountOf(provider: string, subject: string, profile: ProviderProfile): Promise<SignedIn | SignInError> {
  const { email, emailVerified, name } = profile;
  const response = await callBackend(routes.signInWithProvider.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ provider, subject, email: email ?? '', emailVerified, name: name?.slice(0, 100) ?? null }),
    contentType: 'application/json',
    headers: userAgentHeader((await headers()).get('user-agent') ?? undefined),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (!response || response.status >= 500) return 'Unavailable';
  const body = (await response.json()) as SignedIn & { code?: string };
  if (response.ok) return body;
  return refusals[body.code ?? ''] ?? 'Failed';
}

/** Delays before each retry to end a session: the backend may be restarting. */
const RETRY_DELAYS_MS = [1_000, 5_000, 25_000];

/** Ends a session at the backend, which invalidates every copy of its cookie. @returns whether the session has ended */
async function endSession(session: string): Promise<boolean> {
  const response = await callBackend(routes.signOut.backend.path, undefined, {
    method: 'POST',
    body: JSON.stringify({ session }),
    contentType: 'application/json',
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  // 404: the session had ended before.
  return response?.ok === true || response?.status === 404;
}

async function retryEndSession(session: string): Promise<void> {
  for (const delay of RETRY_DELAYS_MS) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (await endSession(session)) return;
  }
  log().error({ session }, 'a session could not be ended at the backend: it lasts until it expires');
}

/** The options of next-auth: the backend checks credentials, and a signed cookie holds the session. */
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
        authorize: (given, request) => (given ? verify(given.email, given.password, browserOf(request)) : null),
      }),
      Credentials({
        id: 'passkey',
        name: 'Passkey',
        credentials: { credential: { type: 'text' } },
        authorize: (given, request) => (given ? verifyPasskey(given.credential, browserOf(request)) : null),
      }),
      ...signInProviders(),
    ],
    callbacks: {
      async signIn({ user, account }) {
        if (account?.type !== 'oauth') return true;
        const found = await accountOf(account.provider, account.providerAccountId, user as unknown as ProviderProfile);
        if (typeof found === 'string') return `/signin?error=${found}`;
        // next-auth passes this same object to `jwt`, which reads the session from it.
        Object.assign(user, { id: found.id, session: found.session });
        return true;
      },
      redirect: safeRedirect,
      jwt({ token, user }) {
        return user ? { sub: user.id, email: user.email, name: user.name, session: (user as unknown as SignedIn).session } : token;
      },
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub, session: token.session } }),
    },
    events: {
      async signOut({ token }) {
        const { session } = (token ?? {}) as { session?: string };
        // Not awaited: the browser signs out at once, even while the backend is unavailable.
        if (session && !(await endSession(session))) void retryEndSession(session);
      },
    },
  };
}
