import { canary } from '@agentbot/test-doubles/canaries';
import { startGitHub } from '@agentbot/test-doubles/git-hub';
import { startGoogle } from '@agentbot/test-doubles/google';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWholeStack, type WholeStack } from './stack.ts';
import { WebSession } from './web-session.ts';

/** Ways in: cookies, a forgotten password, GitHub and Google. */

let stack: WholeStack;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;
let gitHub: Awaited<ReturnType<typeof startGitHub>>;
let google: Awaited<ReturnType<typeof startGoogle>>;

beforeAll(async () => {
  mailbox = await startMailbox();
  gitHub = await startGitHub(canary('github-'));
  google = await startGoogle('google-client');
  stack = await startWholeStack(
    { AGENT_PORT_BASE: '25400', AGENT_SUBNET: '10.223.0.0/16' },
    {
      SMTP_URL: mailbox.url,
      SIGN_IN_RATE_LIMIT: '100',
      GITHUB_CLIENT_ID: 'github-client',
      GITHUB_CLIENT_SECRET: canary('github-'),
      GITHUB_BASE_URL: gitHub.url,
      GITHUB_API_URL: gitHub.url,
      GOOGLE_CLIENT_ID: 'google-client',
      GOOGLE_CLIENT_SECRET: canary('google-'),
      GOOGLE_ISSUER: google.url,
    },
  );
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

test('a cookie that was copied before its user signed out is refused at once, by the API and by pages', async () => {
  const { session } = await WebSession.signUp(stack.webUrl, 'leaving@example.com');
  const [stolen, elsewhere] = [session.copy(), new WebSession(stack.webUrl)];
  await elsewhere.signIn('leaving@example.com', canary('correct horse battery '));
  expect(await me(stolen)).toMatchObject({ email: 'leaving@example.com' });
  expect(await session.signOut()).toBe(200);
  expect(await me(stolen)).toBe(401);
  const leadsTo = async (path: string) => {
    const response = await stolen.fetch(path);
    return response.headers.get('location') ?? /url=([^"]+)"/.exec(await response.text())?.[1] ?? response.status;
  };
  expect([await leadsTo('/agents'), await leadsTo('/account/keys'), await leadsTo('/')]).toEqual(['/signin', '/signin', '/signin']);
  // The cookie is still well signed; the sign-in page must not lead back.
  expect([await leadsTo('/signin'), await leadsTo('/signup')]).toEqual([200, 200]);
  expect(await me(elsewhere)).toMatchObject({ email: 'leaving@example.com' });
});

test('over https every cookie is Secure', async () => {
  await stack.restartWeb({ NEXTAUTH_URL: 'https://agentbot.example' });
  const session = new WebSession(stack.webUrl);
  const { csrfToken } = (await session.call('GET', '/api/auth/csrf')).body;
  const response = await session.fetch('/api/auth/callback/credentials', {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, email: 'cookie@example.com', password: canary('correct horse '), json: 'true' }),
  });
  const cookies = response.headers.getSetCookie();
  expect(cookies.find((line) => line.startsWith('__Secure-next-auth.session-token='))).toMatch(
    /; Secure; SameSite=Lax|; SameSite=Lax.*; Secure/i,
  );
  for (const cookie of cookies) expect(cookie).toMatch(/; Secure/i);
  expect(await me(session)).toMatchObject({ email: 'cookie@example.com' });
  await stack.restartWeb({});
}, 120_000);

describe('a forgotten password', () => {
  const post = (path: string, body: unknown) => new WebSession(stack.webUrl).call('POST', path, { body });
  const tokenOf = (text: string) =>
    /token=3D([\w-]|=\r?\n)+/
      .exec(text)?.[0]
      .replace(/=\r?\n/g, '')
      .slice(8) ?? /token=([\w-]{43})/.exec(text)?.[1];

  test('a mailed link sets a new one, once, and ends every session', async () => {
    const email = 'forgetful@example.com';
    const { session } = await WebSession.signUp(stack.webUrl, email);
    expect(await me(session)).toMatchObject({ email });
    expect((await post('/api/password/forgot', { email })).body).toEqual({ success: true });
    while (mailbox.mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const mail = mailbox.mails[0];
    expect(mail?.to).toEqual([email]);
    const token = tokenOf(mail?.text ?? '');
    expect((await post('/api/password/reset', { token, password: 'short' })).body.error).toBe('Password must be at least 8 characters');
    expect((await post('/api/password/reset', { token, password: canary('a new long password ') })).body).toEqual({ success: true });
    expect(await me(session)).toBe(401);
    const again = await post('/api/password/reset', { token, password: 'yet another one' });
    expect([again.status, again.body.error]).toEqual([400, 'This link is no longer valid']);
    const old = new WebSession(stack.webUrl);
    await old.signIn(email, canary('correct horse battery '));
    expect(await me(old)).toBe(401);
    await old.signIn(email, canary('a new long password '));
    expect(await me(old)).toMatchObject({ email });
    expect(stack.output.join('\n')).not.toContain(token);
  });

  test('nobody learns from it who has an account', async () => {
    const before = mailbox.mails.length;
    expect((await post('/api/password/forgot', { email: 'nobody@example.com' })).body).toEqual({ success: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(mailbox.mails).toHaveLength(before);
  });
});

/** Signs in at a provider as a browser does: through its pages and back. @returns where it ended */
async function signInAt(provider: string, session = new WebSession(stack.webUrl)) {
  const { csrfToken } = (await session.call('GET', '/api/auth/csrf')).body;
  const begun = await session.fetch(`/api/auth/signin/${provider}`, {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, callbackUrl: `${stack.webUrl}/agents`, json: 'true' }),
  });
  const { url } = (await begun.json()) as { url: string };
  const agreed = await fetch(url, { redirect: 'manual' });
  const back = new URL(agreed.headers.get('location') ?? '');
  const ended = await session.fetch(back.pathname + back.search);
  return { session, ended: ended.headers.get('location') ?? '' };
}

describe.each(['github', 'google'])('%s', (provider) => {
  const as = (subject: number, email: string, verified = true) => {
    gitHub.signIn({ id: subject, login: 'octo', name: 'Octo', emails: [{ email, primary: true, verified }] });
    google.signIn({ sub: String(subject), email, email_verified: verified, name: 'Octo' });
  };

  test('opens an account the first time, and the same one the next', async () => {
    as(1, `octo@${provider}.example`);
    const first = await signInAt(provider);
    expect(first.ended).toBe(`${stack.webUrl}/agents`);
    const account = await me(first.session);
    expect(account).toMatchObject({ email: `octo@${provider}.example`, name: 'Octo', admin: false });
    as(1, `renamed@${provider}.example`);
    expect((await me((await signInAt(provider)).session)).id).toBe(account.id);
  });

  test('does not open somebody’s account because the email is the same, nor one for an unverified email', async () => {
    as(2, 'cookie@example.com');
    const taken = await signInAt(provider);
    expect(decodeURIComponent(taken.ended)).toContain('An account with this email already exists');
    expect(await me(taken.session)).toBe(401);
    as(3, `unverified@${provider}.example`, false);
    const unverified = await signInAt(provider);
    expect(decodeURIComponent(unverified.ended)).toContain('Your sign-in provider has not verified your email address');
    expect(await me(unverified.session)).toBe(401);
  });
});
