import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { startGitHub } from '@agentbot/test-doubles/git-hub';
import { startGoogle } from '@agentbot/test-doubles/google';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSession } from './web-session.ts';

/**
 * The dashboard's providers in next-auth itself, without the dashboard and the backend around it. A sign-in here ends with the
 * profile that the dashboard would pass to the backend.
 */

// Not imported by name: with its types come Next's, which change those of the environment for every file of this package.
const require = createRequire(import.meta.url);
const NextAuth: (request: unknown, response: unknown, options: unknown) => Promise<void> = require('next-auth').default;
const PROVIDERS = path.join(import.meta.dirname, '../apps/web/src/server/sign-in-providers.ts');

/** What the dashboard passes on about a user. */
interface Profile {
  id: string;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
}

const gitHubApp = { clientId: 'github-client', clientSecret: 'secret of the GitHub app' };
const googleApp = { clientId: 'google-client', clientSecret: 'secret of the Google client' };
const ownApp = { clientId: 'own-client', clientSecret: 'secret of the own client' };
const octo = {
  id: 7,
  login: 'octo',
  name: null,
  emails: [
    { email: 'old@example.com', primary: false, verified: true },
    { email: 'Octo@example.com', primary: true, verified: true },
  ],
};
const ada = { sub: '42', email: 'ada@example.com', email_verified: true, name: 'Ada' };

let gitHub: Awaited<ReturnType<typeof startGitHub>>;
let google: Awaited<ReturnType<typeof startGoogle>>;
/** Any OpenID provider: the operator's own one is asked as Google is. */
let own: Awaited<ReturnType<typeof startGoogle>>;
let server: Server;
let site: string;
/** Who has signed in. */
let signedIn: (Profile & { subject: string })[] = [];

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callback = (provider: string) => `${site}/api/auth/callback/${provider}`;
  gitHub = await startGitHub({ ...gitHubApp, callbackUrl: callback('github') });
  google = await startGoogle({ ...googleApp, redirectUris: [callback('google')] });
  own = await startGoogle({ ...ownApp, redirectUris: [callback('oidc')] });
  Object.assign(process.env, {
    NEXTAUTH_URL: site,
    NEXTAUTH_SECRET: 'a secret of this test, long enough',
    ASSERTION_SECRET: 'another secret of this test, long enough',
    GITHUB_CLIENT_ID: gitHubApp.clientId,
    GITHUB_CLIENT_SECRET: gitHubApp.clientSecret,
    GITHUB_BASE_URL: gitHub.url,
    GITHUB_API_URL: gitHub.url,
    GOOGLE_CLIENT_ID: googleApp.clientId,
    GOOGLE_CLIENT_SECRET: googleApp.clientSecret,
    GOOGLE_ISSUER: google.url,
    OIDC_ISSUER: `${own.url}/`,
    OIDC_CLIENT_ID: ownApp.clientId,
    OIDC_CLIENT_SECRET: ownApp.clientSecret,
    OIDC_NAME: 'Acme',
    OIDC_TRUST_EMAILS: 'true',
  });
  const { signInProviders } = await import(PROVIDERS);
  const silent = () => undefined;
  const options = {
    providers: signInProviders(),
    session: { strategy: 'jwt' },
    logger: { error: silent, warn: silent, debug: silent },
    callbacks: {
      signIn({ user, account }: { user: Profile; account: { providerAccountId: string } }) {
        signedIn.push({ ...user, subject: account.providerAccountId });
        return true;
      },
    },
  };
  // next-auth reads a request and writes a response of Next's API routes.
  server.on('request', async (request, response) => {
    const url = new URL(request.url ?? '/', site);
    const body = Object.fromEntries(new URLSearchParams(await text(request)));
    const pairs = (request.headers.cookie ?? '').split('; ').filter(Boolean);
    const cookies = Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]),
    );
    const nextauth = url.pathname.split('/').slice(3);
    const asNext = {
      status: (code: number) => Object.assign(response, { statusCode: code }),
      json: (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value)),
      send: (value: unknown) => response.end(typeof value === 'object' ? JSON.stringify(value) : value),
    };
    const nextRequest = Object.assign(request, { query: { ...Object.fromEntries(url.searchParams), nextauth }, cookies, body });
    await NextAuth(nextRequest, Object.assign(response, asNext), options).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
});
beforeEach(() => {
  signedIn = [];
  gitHub.signIn(octo);
  google.signIn(ada);
  own.signIn(ada);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all([gitHub.close(), google.close(), own.close()]);
});

/** Starts a sign-in. @returns the provider's page */
async function begin(provider: string, browser: WebSession): Promise<URL> {
  const { csrfToken } = (await browser.call('GET', '/api/auth/csrf')).body;
  const started = await browser.fetch(`/api/auth/signin/${provider}`, {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, callbackUrl: `${site}/agents`, json: 'true' }),
  });
  return new URL(((await started.json()) as { url: string }).url);
}
/** Agrees at the provider's page. @returns the address that the browser is sent to */
async function consent(page: URL): Promise<URL> {
  const response = await fetch(page, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '');
}
/** Opens the callback in a browser. @returns the page that the browser is sent to */
async function open(back: URL, browser: WebSession): Promise<string> {
  const response = await browser.fetch(back.pathname + back.search);
  return (response.headers.get('location') ?? '').replace(site, '');
}
async function signIn(provider: string): Promise<string> {
  const browser = new WebSession(site);
  return open(await consent(await begin(provider, browser)), browser);
}
const refused = expect.stringMatching(/^\/api\/auth\/error\?error=(OAuth)?Callback$/);

test('GitHub gives the user by number, with the primary address and not the first', async () => {
  expect(await signIn('github')).toBe('/agents');
  expect(signedIn).toEqual([expect.objectContaining({ subject: '7', email: 'octo@example.com', emailVerified: true, name: 'octo' })]);
});

test.each<[string, typeof octo.emails, object]>([
  [
    'an unverified primary address is not verified by another one',
    [
      { email: 'old@example.com', primary: false, verified: true },
      { email: 'new@example.com', primary: true, verified: false },
    ],
    { email: 'new@example.com', emailVerified: false },
  ],
  ['an account without an address has none', [], { emailVerified: false }],
])('GitHub: %s', async (_, emails, profile) => {
  gitHub.signIn({ ...octo, emails });
  expect(await signIn('github')).toBe('/agents');
  expect(signedIn).toEqual([expect.objectContaining(profile)]);
  if (emails.length === 0) expect(signedIn[0]?.email ?? null).toBeNull();
});

test('Google gives the user by subject', async () => {
  expect(await signIn('google')).toBe('/agents');
  expect(signedIn).toEqual([expect.objectContaining({ subject: '42', email: 'ada@example.com', emailVerified: true, name: 'Ada' })]);
});

test.each([false, undefined, 'true'])('Google: an address whose email_verified is %p is not verified', async (email_verified) => {
  google.spoilIdToken({ claims: { email_verified } });
  expect(await signIn('google')).toBe('/agents');
  expect(signedIn).toEqual([expect.objectContaining({ emailVerified: false })]);
});

test('the provider of the operator’s own choice has its name, and gives the user by issuer and subject', async () => {
  const { oidc } = (await new WebSession(site).call('GET', '/api/auth/providers')).body;
  expect(oidc).toMatchObject({ name: 'Acme', type: 'oauth' });
  expect(await signIn('oidc')).toBe('/agents');
  expect(signedIn).toEqual([
    expect.objectContaining({ subject: `${own.url} 42`, email: 'ada@example.com', emailVerified: true, name: 'Ada' }),
  ]);
});

test.each([
  [undefined, true],
  [false, false],
  ['true', false],
])('with OIDC_TRUST_EMAILS an address whose email_verified is %p counts as proven: %p', async (email_verified, emailVerified) => {
  own.spoilIdToken({ claims: { email_verified } });
  expect(await signIn('oidc')).toBe('/agents');
  expect(signedIn).toEqual([expect.objectContaining({ emailVerified })]);
});

describe.each(['github', 'google', 'oidc'])('the callback of %s', (provider) => {
  test('is refused with the code of another browser’s sign-in (PKCE)', async () => {
    const [attacker, victim] = [new WebSession(site), new WebSession(site)];
    const stolen = (await consent(await begin(provider, victim))).searchParams.get('code') ?? '';
    const page = await begin(provider, attacker);
    expect(page.searchParams.get('code_challenge_method')).toBe('S256');
    const back = await consent(page);
    back.searchParams.set('code', stolen);
    expect(await open(back, attacker)).toEqual(refused);
    expect(signedIn).toEqual([]);
  });

  test('is refused with another state, without one, and in a browser that began no sign-in', async () => {
    const browser = new WebSession(site);
    const back = await consent(await begin(provider, browser));
    const [another, none] = [new URL(back), new URL(back)];
    another.searchParams.set('state', 'x'.repeat(43));
    none.searchParams.delete('state');
    for (const wrong of [another, none]) expect(await open(wrong, browser.copy())).toEqual(refused);
    expect(await open(back, new WebSession(site))).toEqual(refused);
    expect(signedIn).toEqual([]);
    expect(await open(back, browser)).toBe('/agents');
  });

  test('is refused a second time', async () => {
    const browser = new WebSession(site);
    const back = await consent(await begin(provider, browser));
    const again = browser.copy();
    expect(await open(back, browser)).toBe('/agents');
    expect(await open(back, again)).toEqual(refused);
    expect(signedIn).toHaveLength(1);
  });

  test('is refused when the person does not agree', async () => {
    ({ github: gitHub, google, oidc: own })[provider]?.signIn(undefined);
    expect(await signIn(provider)).toEqual(refused);
  });
});

describe('Google’s id_token', () => {
  test.each<[string, Parameters<typeof google.spoilIdToken>[0]]>([
    ['with the nonce of another sign-in', { claims: { nonce: 'other' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['for another audience', { claims: { aud: 'other-client', azp: 'other-client' } }],
    ['of another issuer', { claims: { iss: 'https://other.example' } }],
    ['that has expired', { claims: { iat: 1_700_000_000, exp: 1_700_003_600 } }],
    ['with the signature of another key', { foreignKey: true }],
  ])('%s is refused', async (_, flaw) => {
    google.spoilIdToken(flaw);
    expect(await signIn('google')).toEqual(refused);
    expect(signedIn).toEqual([]);
  });

  test('is accepted after Google has changed its keys', async () => {
    await google.rotateKeys();
    expect(await signIn('google')).toBe('/agents');
  });
});
