import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import {
  browser,
  button,
  closeDashboard,
  context,
  database,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectToast,
  findFaults,
  findFaultsOfPages,
  openDashboard,
  PASSWORD,
  page,
  signUp,
  stack,
  visit,
} from './dashboard.ts';
import { WebSession } from './web-session.ts';

/** Passkeys in the browser, with Chromium's virtual authenticator. @see https://www.w3.org/TR/webauthn-3/#sctn-automation */

beforeAll(async () => {
  await openDashboard({
    API_RATE_LIMIT: '5000',
    RECONCILE_SECONDS: '3600',
    SIGN_IN_RATE_LIMIT: '100',
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  await withoutSuggestions();
  await signUp();
}, 180_000);
afterAll(closeDashboard);

type Authenticator = Awaited<ReturnType<typeof addAuthenticator>>;

/** Gives a page a device that keeps passkeys. */
async function addAuthenticator(of: Page) {
  const session: CDPSession = await of.context().newCDPSession(of);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return {
    credentials,
    /** Sets the signature counter of the first passkey back, as a copy would have it. */
    async setCounter(signCount: number) {
      const [credential] = await credentials();
      if (!credential) throw new Error('The authenticator has no passkey');
      await session.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
      await session.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } });
    },
  };
}

let device: Authenticator;
const passkeys = () => page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem');
const problem = (text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor();
const REMOVED = 'This passkey does not sign in here: it was removed, or it verifies agents only. Sign in another way';

/** Ends the sign-in of the browser. An open page would notice it, and navigate by itself. */
async function leave() {
  await page.goto('about:blank');
  await context.clearCookies();
}
/** Opens the sign-in page as a person who is not signed in. */
async function openSignIn(path = '/signin') {
  await leave();
  await visit(path);
  await button('Sign in with a passkey').and(page.locator(':enabled')).waitFor();
}
const clickPasskey = () => button('Sign in with a passkey').click();
async function signInWithPassword() {
  await openSignIn('/signin?callbackUrl=%2Faccount');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await button('Sign in').click();
  await page.waitForURL('**/account');
}
/** The virtual device chooses a passkey among the suggestions at once, so they are off unless a test turns them on. */
const setSuggestions = (on: boolean) => page.evaluate((wanted) => sessionStorage.setItem('suggestions', wanted), on ? 'on' : '');
const withoutSuggestions = () =>
  page.addInitScript(() => {
    const isOff = () => sessionStorage.getItem('suggestions') !== 'on';
    if (isOff()) Object.assign(PublicKeyCredential, { isConditionalMediationAvailable: () => Promise.resolve(false) });
  });
async function add(name: string) {
  await button('Add a passkey').click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Create passkey' }).click();
  await dialog.waitFor({ state: 'detached' });
}

describe('the account page', () => {
  test('adds a passkey with the password, and proposes a name', async () => {
    device = await addAuthenticator(page);
    await visit('/account');
    await page.getByText('You have no passkey yet.').waitFor();
    expect(await findFaultsOfPages(page, ['/account'])).toEqual([]);
    await button('Add a passkey').click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Chrome on Linux');
    await dialog.getByLabel('Your password').fill('not the password');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').filter({ hasText: 'The password is wrong' }).waitFor();
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/account/add-passkey', theme)).toEqual([]);
    expect(await device.credentials()).toEqual([]);
    await dialog.getByLabel('Your password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('Chrome on Linux is added. You can sign in with it now.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect(await passkeys().allTextContents()).toEqual([expect.stringMatching(/^Chrome on Linuxnever used/)]);
    await page.locator('dt:text-is("Signs in with") + dd').filter({ hasText: 'password, passkey' }).waitFor();
    // Discoverable, for this site's name, and with no number of the account in clear sight.
    expect(await device.credentials()).toMatchObject([{ isResidentCredential: true, rpId: 'localhost', userName: 'ada@example.com' }]);
    expect(await findFaultsOfPages(page, ['/account'])).toEqual([]);
  }, 120_000);

  test('says why a passkey was not created, and keeps what was typed', async () => {
    await visit('/account');
    await button('Add a passkey').click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByLabel('Your password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Create passkey' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'This device already has a passkey for your account' }).waitFor();
    await page.evaluate(() => {
      navigator.credentials.create = () => Promise.reject(new DOMException('For developers', 'NotAllowedError'));
    });
    await dialog.getByRole('button', { name: 'Create passkey' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'The passkey request was cancelled or timed out' }).waitFor();
    await page.keyboard.press('Escape');
    await expectFocus('button:has-text("Add a passkey")');
    expect(await device.credentials()).toHaveLength(1);
  });

  test('renames a passkey', async () => {
    await visit('/account');
    await button('Rename Chrome on Linux').click();
    await page.getByRole('dialog').getByLabel('Name').fill('Work laptop');
    await page.keyboard.press('Enter');
    await expectToast('The passkey is renamed');
    await passkeys().filter({ hasText: 'Work laptop' }).waitFor();
    await expectFocus('button:has-text("Rename")');
  });
});

describe('the sign-in page', () => {
  test('signs in with a passkey, opens the page that was wanted, and has no accessibility fault', async () => {
    await openSignIn('/account/audit?from=mail');
    await page.waitForURL('**/signin?callbackUrl=%2Faccount%2Faudit%3Ffrom%3Dmail');
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/signin', theme)).toEqual([]);
    await clickPasskey();
    await page.waitForURL('**/account/audit?from=mail');
    await page.getByRole('cell', { name: 'sign in with passkey' }).first().waitFor();
    await visit('/account');
    await passkeys().filter({ hasText: 'last used' }).waitFor();
    const { rows } = await database.query('SELECT count(*)::int AS n FROM sessions WHERE passkey_id IS NOT NULL AND ended_at IS NULL');
    expect(rows).toEqual([{ n: 1 }]);
  }, 60_000);

  test('offers passkeys among the suggestions for the email, and signs in with the chosen one', async () => {
    await setSuggestions(true);
    await leave();
    await visit('/account/keys');
    // The page has loaded with the sign-in, and signs in without a click.
    await page.getByRole('heading', { name: 'API keys' }).waitFor();
    await setSuggestions(false);
  });

  test('says that a request was cancelled, and signs in at the next try', async () => {
    await openSignIn();
    await page.evaluate(() => {
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = () => {
        navigator.credentials.get = get;
        return Promise.reject(new DOMException('For developers', 'NotAllowedError'));
      };
    });
    await clickPasskey();
    await problem('The passkey request was cancelled or timed out');
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/signin-cancelled', theme)).toEqual([]);
    await clickPasskey();
    await page.waitForURL('**/agents');
  }, 60_000);

  test('suggests passkeys again after a request was cancelled', async () => {
    const other = await browser.newContext();
    // Counts the requests for suggestions, which wait for a user, and cancels all others.
    await other.addInitScript(() => {
      const page = Object.assign(globalThis, { suggestions: 0 });
      navigator.credentials.get = ({ mediation, signal } = {}) =>
        new Promise((_resolve, reject) => {
          if (mediation === 'conditional') page.suggestions++;
          else reject(new DOMException('For developers', 'NotAllowedError'));
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
    });
    const visitor = await other.newPage();
    const expectSuggestions = (count: number) =>
      visitor.waitForFunction((wanted) => (globalThis as unknown as { suggestions: number }).suggestions >= wanted, count);
    await visitor.goto(`${stack.webUrl}/signin`);
    await expectSuggestions(1);
    await visitor.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await visitor.getByText('The passkey request was cancelled or timed out').waitFor();
    await expectSuggestions(2);
    await other.close();
  });

  test('says that a request has expired or was used, and signs in at the next try', async () => {
    await openSignIn();
    let stale: string | undefined;
    await page.route('**/api/auth/callback/passkey*', async (route) => {
      if (!stale) await database.query(`DELETE FROM challenges WHERE purpose = 'sign-in'`);
      stale = route.request().postData() ?? '';
      await route.continue();
    });
    await clickPasskey();
    await problem('The request for the passkey has expired or was used already. Try again');
    await clickPasskey();
    await page.waitForURL('**/agents');
    await page.unroute('**/api/auth/callback/passkey*');
    // The response of the browser, sent again by somebody who has recorded it.
    const credential = new URLSearchParams(stale).get('credential') ?? '';
    const thief = new WebSession(stack.webUrl);
    const { csrfToken } = (await thief.call('GET', '/api/auth/csrf')).body;
    const replay = (body: Record<string, string>) =>
      thief.fetch('/api/auth/callback/passkey', { method: 'POST', body: new URLSearchParams({ ...body, json: 'true' }) });
    const refused = await replay({ csrfToken, credential });
    expect([refused.status, (await refused.json()).url]).toEqual([401, expect.stringContaining('error=PasskeyExpired')]);
    // Without the CSRF token of this browser nobody can be signed in to another account.
    expect((await (await replay({ csrfToken: 'x', credential })).json()).url).toContain('csrf=true');
    for (const wrong of ['', 'no JSON', '1', '{"id":1}'])
      expect((await (await replay({ csrfToken, credential: wrong })).json()).url).toContain('error=Failed');
    expect(thief.cookie('next-auth.session-token')).toBeUndefined();
  }, 60_000);

  test('refuses a copy of a passkey', async () => {
    await device.setCounter(0);
    await openSignIn();
    await clickPasskey();
    await problem('This passkey was refused because a copy of it may be in use');
    await device.setCounter(1_000);
    await clickPasskey();
    await page.waitForURL('**/agents');
  });

  test('says that the account is blocked', async () => {
    const setBlocked = (at: string) => database.query(`UPDATE users SET blocked_at = ${at} WHERE email = 'ada@example.com'`);
    await setBlocked('now()');
    await openSignIn();
    await clickPasskey();
    await problem('This account is blocked. Ask the administrator of this installation');
    await setBlocked('NULL');
  });

  test('says that sign-in is not available while the backend is not', async () => {
    await openSignIn();
    await page.route('**/api/auth/callback/passkey*', async (route) => {
      await stack.killBackend();
      await route.continue();
    });
    await clickPasskey();
    await problem('Sign-in is not available right now');
    await page.unroute('**/api/auth/callback/passkey*');
    await stack.startBackend();
    await clickPasskey();
    await page.waitForURL('**/agents');
  }, 60_000);

  test('refuses a removed passkey, whose sessions have ended', async () => {
    await openSignIn();
    await clickPasskey();
    await page.waitForURL('**/agents');
    const cookies = await context.cookies();
    await signInWithPassword();
    await passkeys().getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog', { name: 'Remove Work laptop?' }).getByRole('button', { name: 'Remove passkey' }).click();
    await expectToast('The passkey is removed');
    await page.getByText('You have no passkey yet.').waitFor();
    const other = await browser.newContext();
    await other.addCookies(cookies);
    expect((await other.request.get(`${stack.webUrl}/api/me`)).status()).toBe(401);
    await other.close();
    // The page has told the browser, so the device has forgotten the passkey too.
    expect(await device.credentials()).toEqual([]);
  }, 60_000);

  test('refuses a passkey that was removed in another browser', async () => {
    await signInWithPassword();
    await add('Phone');
    await database.query(`DELETE FROM sign_in_passkeys WHERE name = 'Phone'`);
    await openSignIn();
    await clickPasskey();
    await problem(REMOVED);
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/signin-removed', theme)).toEqual([]);
  }, 60_000);

  test('says so where the browser has no passkeys', async () => {
    await context.clearCookies();
    const bare = await browser.newContext();
    await bare.addInitScript(() => {
      Object.assign(globalThis, { PublicKeyCredential: undefined });
    });
    const visitor = await bare.newPage();
    await visitor.goto(`${stack.webUrl}/signin`);
    await visitor.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await visitor.getByText('This browser does not support passkeys, or supports them only over HTTPS').waitFor();
    await visitor.getByLabel('Email').fill('ada@example.com');
    await visitor.getByLabel('Password').fill(PASSWORD);
    await visitor.getByRole('button', { name: 'Sign in', exact: true }).click();
    await visitor.waitForURL('**/agents');
    await bare.close();
  });
});

test('no page was blocked by its own policy, and no log has a secret', async () => {
  expectNoRefusals();
  expectNoSecretsInLogs(canary('correct horse battery '));
});
