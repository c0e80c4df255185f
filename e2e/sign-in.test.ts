import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startGitHub } from '@agentbot/test-doubles/git-hub';
import { startGoogle } from '@agentbot/test-doubles/google';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWholeStack, type WholeStack } from './stack.ts';
import { WebSession } from './web-session.ts';

/** Session cookies, password reset, and sign-in with GitHub and Google. */

let stack: WholeStack;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;
let gitHub: Awaited<ReturnType<typeof startGitHub>>;
let google: Awaited<ReturnType<typeof startGoogle>>;

beforeAll(async () => {
  mailbox = await startMailbox();
  gitHub = await startGitHub({ clientId: 'github-client', clientSecret: canary('github-') });
  google = await startGoogle({ clientId: 'google-client', clientSecret: canary('google-') });
  stack = await startWholeStack({
    SMTP_URL: mailbox.url,
    SIGN_IN_RATE_LIMIT: '100',
    GITHUB_CLIENT_ID: 'github-client',
    GITHUB_CLIENT_SECRET: canary('github-'),
    GITHUB_BASE_URL: gitHub.url,
    GITHUB_API_URL: gitHub.url,
    GOOGLE_CLIENT_ID: 'google-client',
    GOOGLE_CLIENT_SECRET: canary('google-'),
    GOOGLE_ISSUER: google.url,
    OIDC_ISSUER: google.url,
    OIDC_CLIENT_ID: 'google-client',
    OIDC_CLIENT_SECRET: canary('google-'),
  });
  // The first account is the administrator.
  await WebSession.signUp(stack.webUrl, 'first@example.com');
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await google.close();
  await gitHub.close();
  await mailbox.close();
});

const me = async (session: WebSession) => {
  const { status, body } = await session.call('GET', '/api/me');
  return status === 200 ? body : status;
};

test('the session cookie is HttpOnly and SameSite=Lax', async () => {
  const session = new WebSession(stack.webUrl);
  await session.call('POST', '/api/register', { body: { email: 'cookie@example.com', password: canary('correct horse ') } });
  const cookies: string[] = [];
  const { csrfToken } = (await session.call('GET', '/api/auth/csrf')).body;
  const response = await session.fetch('/api/auth/callback/credentials', {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, email: 'cookie@example.com', password: canary('correct horse '), json: 'true' }),
  });
  cookies.push(...response.headers.getSetCookie());
  const cookie = cookies.find((line) => line.startsWith('next-auth.session-token='));
  expect(cookie).toMatch(/; HttpOnly/i);
  expect(cookie).toMatch(/; SameSite=Lax/i);
  expect(await me(session)).toMatchObject({ email: 'cookie@example.com' });
});

test('a copied cookie is refused by the API and by pages after its user signed out', async () => {
  const { session } = await WebSession.signUp(stack.webUrl, 'leaving@example.com');
  const [copied, otherSession] = [session.copy(), new WebSession(stack.webUrl)];
  await otherSession.signIn('leaving@example.com', canary('correct horse battery '));
  expect(await me(copied)).toMatchObject({ email: 'leaving@example.com' });
  expect(await session.signOut()).toBe(200);
  expect(await me(copied)).toBe(401);
  const redirectOf = async (path: string) => {
    const response = await copied.fetch(path);
    return response.headers.get('location') ?? /url=([^"]+)"/.exec(await response.text())?.[1] ?? response.status;
  };
  expect([await redirectOf('/agents'), await redirectOf('/account/keys'), await redirectOf('/')]).toEqual([
    '/signin',
    '/signin?callbackUrl=%2Faccount%2Fkeys',
    '/signin',
  ]);
  // The cookie's signature is still valid: the sign-in page must not redirect back.
  expect([await redirectOf('/signin'), await redirectOf('/signup')]).toEqual([200, 200]);
  expect(await me(otherSession)).toMatchObject({ email: 'leaving@example.com' });
});

test('every cookie is Secure when the site uses HTTPS', async () => {
  const email = 'secure@example.com';
  await WebSession.signUp(stack.webUrl, email);
  await stack.restartWeb({ NEXTAUTH_URL: 'https://agentbot.example' });
  const session = new WebSession(stack.webUrl);
  const { csrfToken } = (await session.call('GET', '/api/auth/csrf')).body;
  const response = await session.fetch('/api/auth/callback/credentials', {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, email, password: canary('correct horse battery '), json: 'true' }),
  });
  const cookies = response.headers.getSetCookie();
  expect(cookies.find((line) => line.startsWith('__Secure-next-auth.session-token='))).toMatch(
    /; Secure; SameSite=Lax|; SameSite=Lax.*; Secure/i,
  );
  for (const cookie of cookies) expect(cookie).toMatch(/; Secure/i);
  expect(await me(session)).toMatchObject({ email });
  await stack.restartWeb({});
}, 120_000);

test('the sign-in page shows no text of its address', async () => {
  const text = async (error: string) => (await new WebSession(stack.webUrl).fetch(`/signin?error=${encodeURIComponent(error)}`)).text();
  const phishing = await text('Your account was locked. Call 555 0100.');
  expect(phishing.replace(/<script.*?<\/script>/gs, '')).not.toContain('555 0100');
  expect(phishing).toContain('Sign-in failed. Try again.');
  expect(await text('EmailTaken')).toContain('An account with this email already exists');
});

test('next-auth answers 4xx to an invalid callbackUrl, to a body that does not parse, and to a large body', async () => {
  const session = new WebSession(stack.webUrl);
  for (const callbackUrl of [`${stack.webUrl}.evil.example/`, 'foo', 'javascript:alert(1)']) {
    expect((await session.fetch(`/api/auth/csrf?callbackUrl=%2Fagents&callbackUrl=${encodeURIComponent(callbackUrl)}`)).status).toBe(400);
  }
  const post = async (body: string, type: string) =>
    (await session.fetch('/api/auth/callback/credentials', { method: 'POST', headers: { 'content-type': type }, body })).status;
  expect([await post('{"a', 'application/json'), await post('x'.repeat(100_000), 'text/plain')]).toEqual([400, 413]);
});

test('an invalid callback cookie is ignored: next-auth, the API and pages answer as without it', async () => {
  const { session } = await WebSession.signUp(stack.webUrl, 'crumbs@example.com');
  const token = `next-auth.session-token=${session.cookie('next-auth.session-token')}`;
  for (const value of [`${stack.webUrl}.evil.example/`, 'http://[', 'foo', 'javascript:alert(1)']) {
    const cookie = `next-auth.callback-url=${encodeURIComponent(value)}; ${token}`;
    const answer = async (path: string) => fetch(stack.webUrl + path, { headers: { cookie }, redirect: 'manual' });
    expect(await (await answer('/api/auth/session')).json()).toMatchObject({ user: { email: 'crumbs@example.com' } });
    expect(await (await answer('/api/me')).json()).toMatchObject({ email: 'crumbs@example.com' });
    const statuses = ['/api/auth/csrf', '/agents', '/account/keys'].map(async (path) => (await answer(path)).status);
    expect([value, ...(await Promise.all(statuses))]).toEqual([value, 200, 200, 200]);
  }
});

describe('a forgotten password:', () => {
  const post = (path: string, body: unknown) => new WebSession(stack.webUrl).call('POST', path, { body });
  const tokenOf = (text: string) =>
    /token=3D([\w-]|=\r?\n)+/
      .exec(text)?.[0]
      .replace(/=\r?\n/g, '')
      .slice(8) ?? /token=([\w-]{43})/.exec(text)?.[1];

  test('the mailed link sets a new password once, and ends every session', async () => {
    const email = 'forgetful@example.com';
    const { session } = await WebSession.signUp(stack.webUrl, email);
    const copied = session.copy();
    expect(await me(session)).toMatchObject({ email });
    expect((await post('/api/password/forgot', { email })).body).toEqual({ success: true });
    const mailTo = () => mailbox.mails.find(({ to }) => to.includes(email));
    await pollUntil('a mail has come', () => mailTo() !== undefined);
    const mail = mailTo();
    expect(mail?.to).toEqual([email]);
    const token = tokenOf(mail?.text ?? '');
    expect((await post('/api/password/reset', { token, password: 'short' })).body.error).toBe('Password must be at least 8 characters');
    expect((await post('/api/password/reset', { token, password: canary('a new long password ') })).body).toEqual({ success: true });
    // The times in a cookie have seconds: it must be refused at once, and in a later second too.
    expect(await me(session)).toBe(401);
    await sleep(1_100);
    expect([await me(session), await me(copied)]).toEqual([401, 401]);
    const again = await post('/api/password/reset', { token, password: 'yet another one' });
    expect([again.status, again.body.error]).toEqual([400, 'This link is no longer valid']);
    const old = new WebSession(stack.webUrl);
    await old.signIn(email, canary('correct horse battery '));
    expect(await me(old)).toBe(401);
    await old.signIn(email, canary('a new long password '));
    expect(await me(old)).toMatchObject({ email });
    expect(stack.output.join('\n')).not.toContain(token);
  });

  test('the response does not reveal whether an account exists', async () => {
    expect((await post('/api/password/forgot', { email: 'nobody@example.com' })).body).toEqual({ success: true });
    await sleep(500);
    expect(mailbox.mails.flatMap(({ to }) => to)).not.toContain('nobody@example.com');
  });
});

/** Signs in at a provider by following its redirects. @returns the session and the last redirect */
async function signInAt(provider: string, session = new WebSession(stack.webUrl)) {
  const { csrfToken } = (await session.call('GET', '/api/auth/csrf')).body;
  const started = await session.fetch(`/api/auth/signin/${provider}`, {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, callbackUrl: `${stack.webUrl}/agents`, json: 'true' }),
  });
  const { url } = (await started.json()) as { url: string };
  const consented = await fetch(url, { redirect: 'manual' });
  const back = new URL(consented.headers.get('location') ?? '');
  const last = await session.fetch(back.pathname + back.search);
  return { session, redirect: last.headers.get('location') ?? '' };
}

describe.each(['github', 'google', 'oidc'])('sign-in with %s', (provider) => {
  const as = (subject: number, email: string, verified = true) => {
    const old = { email: `old-${email}`, primary: false, verified: true };
    gitHub.signIn({ id: subject, login: 'octo', name: 'Octo', emails: [old, { email, primary: true, verified }] });
    google.signIn({ sub: String(subject), email, email_verified: verified, name: 'Octo' });
  };

  test('creates an account the first time, and finds it the next time', async () => {
    as(1, `octo@${provider}.example`);
    const first = await signInAt(provider);
    expect(first.redirect).toBe(`${stack.webUrl}/agents`);
    const account = await me(first.session);
    expect(account).toMatchObject({ email: `octo@${provider}.example`, name: 'Octo', admin: false });
    as(1, `renamed@${provider}.example`);
    expect((await me((await signInAt(provider)).session)).id).toBe(account.id);
  });

  test('refuses an email that another account has, and an unverified email', async () => {
    const email = `taken@${provider}.example`;
    await WebSession.signUp(stack.webUrl, email);
    as(2, email);
    const taken = await signInAt(provider);
    expect(taken.redirect).toBe('/signin?error=EmailTaken');
    expect(await me(taken.session)).toBe(401);
    as(3, `unverified@${provider}.example`, false);
    const unverified = await signInAt(provider);
    expect(unverified.redirect).toBe('/signin?error=EmailUnverified');
    expect(await me(unverified.session)).toBe(401);
  });
});
