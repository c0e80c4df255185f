import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  browser,
  button,
  closeDashboard,
  DESKTOP,
  database,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectToast,
  findFaults,
  findFaultsOfPages,
  insertAgent,
  openDashboard,
  PASSWORD,
  page,
  signUp,
  stack,
  visit,
} from './dashboard.ts';
import { WebSession } from './web-session.ts';

/** Accounts and their administration in the browser. The agents here have no containers, and the installation has no mail. */

const NEW_PASSWORD = canary('a new password ');

/** The requests of the administrator's browser. */
const owner = () => ({
  call: async (method: string, path: string, { body }: { body: object }) =>
    page.request.fetch(stack.webUrl + path, { method, data: body, headers: { origin: stack.webUrl } }),
});

beforeAll(async () => {
  await openDashboard({
    SUPPORT_CONTACT: 'help@agentbot.example',
    API_RATE_LIMIT: '5000',
    RECONCILE_SECONDS: '3600',
    SIGN_IN_RATE_LIMIT: '100',
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  await signUp();
  await insertAgent();
}, 180_000);
afterAll(closeDashboard);

/** Sets a new password at the page of a link, in a browser of its own, and signs in with it. */
async function setPassword(url: string, email: string): Promise<void> {
  const context = await browser.newContext();
  const theirs = await context.newPage();
  await theirs.goto(stack.webUrl + new URL(url).pathname + new URL(url).search);
  await theirs.getByLabel('New password').fill(NEW_PASSWORD);
  await theirs.getByRole('button', { name: 'Set password' }).click();
  await theirs.getByText('Your new password is set').waitFor();
  await context.close();
  expect(await new WebSession(stack.webUrl).signIn(email, NEW_PASSWORD)).toBe(200);
}

/** A browser of a new account. @returns its page on the given path */
async function openAs(email: string, path: string) {
  const { session, id } = await WebSession.signUp(stack.webUrl, email);
  const context = await browser.newContext({ viewport: DESKTOP });
  await context.addCookies([
    { name: 'next-auth.session-token', value: session.cookie('next-auth.session-token') ?? '', url: stack.webUrl },
  ]);
  const theirs = await context.newPage();
  theirs.setDefaultTimeout(30_000);
  await theirs.goto(stack.webUrl + path);
  return { id, session, page: theirs, close: () => context.close() };
}

describe('the account page', () => {
  test('changes the name, and says that the email is not verified', async () => {
    await visit('/account');
    await page.getByText('Not verified. This installation cannot send mail').waitFor();
    expect(await button('Save name').isDisabled()).toBe(true);
    await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
    await button('Save name').click();
    await expectToast('The name is saved');
    const { rows } = await database.query('SELECT name FROM users');
    expect(rows).toEqual(expect.arrayContaining([{ name: 'Ada Lovelace' }]));
  });

  test('shows where the account is signed in, and ends another session at once', async () => {
    const other = new WebSession(stack.webUrl);
    await other.signIn('ada@example.com', PASSWORD);
    await visit('/account');
    const rows = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
    await rows.nth(1).waitFor();
    expect(await rows.filter({ hasText: 'This session' }).filter({ hasText: 'Chrome on Linux' }).count()).toBe(1);
    await page.getByRole('button', { name: /^End the session of/ }).click();
    await expectToast('The session has ended');
    expect((await other.call('GET', '/api/me')).status).toBe(401);
    expect((await page.request.get(`${stack.webUrl}/api/me`)).status()).toBe(200);
  });

  test('changes the password with the keyboard alone, and says so when the current one is wrong', async () => {
    await visit('/account');
    await page.getByLabel('Current password').focus();
    await page.keyboard.type('not the password');
    await page.keyboard.press('Tab');
    await page.keyboard.type(NEW_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'The password is wrong' }).waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('The password is changed. Your other sessions have ended.').waitFor();
    const [old, fresh] = [new WebSession(stack.webUrl), new WebSession(stack.webUrl)];
    expect([await old.signIn('ada@example.com', PASSWORD), await fresh.signIn('ada@example.com', NEW_PASSWORD)]).toEqual([401, 200]);
  });

  test('exports a JSON file with the agents and without a secret', async () => {
    await visit('/account');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export data' }).click();
    const file = await (await download).createReadStream();
    const parts: Buffer[] = [];
    for await (const part of file) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    expect(JSON.parse(text)).toMatchObject({ account: { email: 'ada@example.com' }, agents: [{ name: 'Ada', messages: [] }] });
    expect(text).not.toMatch(/argon2/);
  });

  test('does not delete the last administrator, and closes its dialog with Escape', async () => {
    await visit('/account');
    await button('Delete account').click();
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
    await dialog.getByText('Your account and its agent, with data, conversations and backups, are deleted permanently.').waitFor();
    await dialog.getByLabel('Your password').fill(NEW_PASSWORD);
    await dialog.getByRole('button', { name: 'Delete forever' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'This account is the last administrator' }).waitFor();
    await page.keyboard.press('Escape');
    await expectFocus('button:has-text("Delete account")');
    expect((await page.request.get(`${stack.webUrl}/api/me`)).status()).toBe(200);
  });

  test('deletes another account, and then shows the sign-in page', async () => {
    const { id, page: theirs, close } = await openAs('leaving@example.com', '/account');
    await theirs.getByRole('button', { name: 'Delete account' }).click();
    await theirs.getByLabel('Your password').fill(canary('correct horse battery '));
    await theirs.getByRole('button', { name: 'Delete forever' }).click();
    await theirs.waitForURL('**/signin');
    expect((await database.query('SELECT 1 FROM users WHERE id = $1', [id])).rowCount).toBe(0);
    await close();
  });
});

describe('a user without a plan', () => {
  test('requests one before filling the form, and sees the grant without a reload', async () => {
    const bob = await openAs('bob@example.com', '/agents/new');
    expect(await bob.page.getByRole('button', { name: 'Create agent' }).isDisabled()).toBe(true);
    await bob.page.getByText('Your account needs a plan before it can create an agent').waitFor();
    await bob.page.getByRole('button', { name: 'Request a plan' }).click();
    const dialog = bob.page.getByRole('dialog', { name: 'Request a plan' });
    await dialog.getByLabel('Plan', { exact: true }).selectOption('collective');
    await dialog.getByLabel('Message').fill('For our support desk');
    await dialog.getByRole('button', { name: 'Send request' }).click();
    await bob.page.getByText(/^You requested the plan Collective/).waitFor();
    expect(await findFaultsOfPages(bob.page, ['/agents/new', '/account/billing'])).toEqual([]);
    await bob.page.goto(`${stack.webUrl}/agents/new`);
    await bob.page.getByText(/^You requested the plan Collective/).waitFor();
    await bob.page.evaluate(() => Object.assign(globalThis, { notReloaded: true }));

    await visit('/admin/plan-requests');
    const row = page.getByRole('list', { name: 'Plan requests' }).getByRole('listitem').filter({ hasText: 'bob@example.com' });
    await row.getByText('For our support desk').waitFor();
    await page.getByRole('link', { name: 'Plan requests 1 open' }).waitFor();
    expect(await findFaultsOfPages(page, ['/admin/plan-requests'])).toEqual([]);
    await button('Grant Collective to bob@example.com').click();
    await expectToast('bob@example.com has the plan Collective');
    await page.getByText('No open requests').waitFor();

    await bob.page.getByText('Your account now has the plan Collective. You can create an agent.').waitFor();
    await bob.page.getByRole('button', { name: 'Create agent' }).and(bob.page.locator(':enabled')).waitFor();
    expect(await bob.page.evaluate(() => 'notReloaded' in globalThis)).toBe(true);
    await bob.close();
  }, 120_000);

  test('sees why a request was refused, on the page of plans too, and may ask again', async () => {
    const eve = await openAs('eve@example.com', '/account/billing');
    await eve.page.getByRole('button', { name: 'Request a plan' }).click();
    await eve.page.getByRole('button', { name: 'Send request' }).click();
    await eve.page.getByText(/^You requested the plan Solo/).waitFor();
    await visit('/admin/plan-requests');
    await button('Refuse with a reason… eve@example.com').click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('Not this month');
    await page.getByRole('dialog').getByRole('button', { name: 'Refuse', exact: true }).click();
    await page.getByText('No open requests').waitFor();
    await eve.page.getByText('Your request for the plan Solo was refused: Not this month').waitFor();
    await eve.page.getByRole('button', { name: 'Request a plan' }).waitFor();
    await eve.close();
  });
});

describe('the administration of users', () => {
  /** Opens what an administrator can do with a user. */
  async function manage(email: string) {
    await visit('/admin/users');
    await button(`Manage ${email}`).click();
    const dialog = page.getByRole('dialog', { name: email });
    await dialog.waitFor();
    return dialog;
  }

  test('blocks a user, who is signed out at once and told why at the next sign-in; and unblocks them', async () => {
    const mallory = await openAs('mallory@example.com', '/agents');
    const dialog = await manage('mallory@example.com');
    await dialog.getByRole('button', { name: 'Block user' }).click();
    await expectToast('mallory@example.com is blocked');
    await mallory.page.waitForURL('**/signin*', { timeout: 10_000 });
    await mallory.page.getByLabel('Email').fill('mallory@example.com');
    await mallory.page.getByLabel('Password').fill(canary('correct horse battery '));
    await mallory.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await mallory.page.getByText('This account is blocked. Ask the administrator of this installation').waitFor();
    // A toast that fades away has less contrast at each moment.
    await page.locator('[data-sonner-toast]').waitFor({ state: 'detached' });
    expect(await findFaults(page, '/admin/users-blocked', 'light')).toEqual([]);
    await dialog.getByRole('button', { name: 'Unblock user' }).click();
    await expectToast('mallory@example.com is no longer blocked');
    await mallory.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await mallory.page.waitForURL('**/agents');
    await mallory.close();
  }, 60_000);

  test('grants and withdraws a plan, makes an administrator and a user again', async () => {
    const { id, session } = await WebSession.signUp(stack.webUrl, 'carol@example.com');
    await session.call('GET', '/api/me');
    await owner().call('PUT', `/api/admin/users/${id}/plan`, { body: { plan: 'solo' } });
    const dialog = await manage('carol@example.com');
    await dialog.getByRole('button', { name: 'Withdraw the plan' }).click();
    await expectToast('The plan is withdrawn');
    expect((await session.call('GET', '/api/me')).body.plan).toBeNull();
    await dialog.getByRole('button', { name: 'Make an administrator' }).click();
    await expectToast('carol@example.com is an administrator');
    expect((await session.call('GET', '/api/me')).body.admin).toBe(true);
    await dialog.getByRole('button', { name: 'Make a user' }).click();
    await expectToast('carol@example.com is no longer an administrator');
    expect((await session.call('GET', '/api/admin/users')).status).toBe(403);
    await page.keyboard.press('Escape');
    await expectFocus('button:has-text("Manage")');
  });

  test('creates a link with which the user sets a new password, and shows it once', async () => {
    const email = 'dora@example.com';
    await WebSession.signUp(stack.webUrl, email);
    const dialog = await manage(email);
    await dialog.getByRole('button', { name: 'Create reset link' }).click();
    const url = (await dialog.locator('code').textContent()) ?? '';
    await setPassword(url, email);
    await visit('/admin/users');
    expect(await page.locator('code').count()).toBe(0);
  });

  test('opens an account for somebody, who sets the password with the link that is shown once', async () => {
    const email = 'hedy@example.com';
    await visit('/admin/users');
    await button('Add user').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Email').fill(email);
    await dialog.getByLabel('Name').fill('Hedy');
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/admin/users/add', theme)).toEqual([]);
    await dialog.getByRole('button', { name: 'Open account' }).click();
    const url = (await dialog.locator('code').textContent()) ?? '';
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/admin/users/added', theme)).toEqual([]);
    await page.keyboard.press('Escape');
    await expectFocus('button:has-text("Add user")');
    await page
      .getByRole('row', { name: /^hedy@example\.com/ })
      .getByText('Hedy', { exact: true })
      .waitFor();
    await setPassword(url, email);
    // The same address again.
    await button('Add user').click();
    await dialog.getByLabel('Email').fill(email);
    await dialog.getByRole('button', { name: 'Open account' }).click();
    await dialog.getByText('An account with this email already exists').waitFor();
    await page.keyboard.press('Escape');
  });

  test('deletes a user after their email was typed', async () => {
    const { id } = await WebSession.signUp(stack.webUrl, 'frank@example.com');
    const dialog = await manage('frank@example.com');
    const remove = dialog.getByRole('button', { name: 'Delete user' });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByLabel('Type frank@example.com to confirm').fill('frank@example.com');
    await remove.click();
    await expectToast('frank@example.com is deleted');
    await button('Manage frank@example.com').waitFor({ state: 'detached' });
    expect((await database.query('SELECT 1 FROM users WHERE id = $1', [id])).rowCount).toBe(0);
  });

  test('offers neither a block nor a deletion of oneself', async () => {
    const dialog = await manage('ada@example.com');
    await dialog.getByText('This is your own account.').waitFor();
    expect(await dialog.getByRole('button', { name: /Block|Delete/ }).count()).toBe(0);
  });

  test('are plain 404 pages for a user who is no administrator', async () => {
    const judy = await openAs('judy@example.com', '/agents');
    for (const path of [
      '/admin',
      '/admin/users',
      '/admin/plan-requests',
      '/admin/agents',
      '/admin/nodes',
      '/admin/usage',
      '/admin/model-keys',
      '/admin/audit',
    ]) {
      const response = await judy.page.goto(stack.webUrl + path);
      await judy.page.getByRole('heading', { name: 'Page not found' }).waitFor();
      expect([path, response?.status(), await judy.page.getByRole('alert').filter({ hasText: /\S/ }).count()]).toEqual([path, 404, 0]);
    }
    await judy.close();
  });
});

describe('the way to a page', () => {
  test('is kept through sign-in, also through the page that creates an account', async () => {
    const context = await browser.newContext();
    const theirs = await context.newPage();
    await theirs.goto(`${stack.webUrl}/account/audit?from=mail`);
    await theirs.waitForURL('**/signin?callbackUrl=%2Faccount%2Faudit%3Ffrom%3Dmail');
    await theirs.getByRole('link', { name: 'Create an account' }).click();
    await theirs.getByRole('heading', { name: 'Create your account' }).waitFor();
    await theirs.getByLabel('Email').fill('grace@example.com');
    await theirs.getByLabel('Password').fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Create account' }).click();
    await theirs.waitForURL('**/account/audit?from=mail');
    await theirs.goto(`${stack.webUrl}/agents`);
    await theirs.getByRole('button', { name: 'Sign out' }).click();
    await theirs.waitForURL('**/signin');
    await theirs.goto(`${stack.webUrl}/account/keys`);
    await theirs.getByLabel('Email').fill('grace@example.com');
    await theirs.getByLabel('Password').fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Sign in', exact: true }).click();
    await theirs.waitForURL('**/account/keys');
    await theirs.getByRole('heading', { name: 'API keys' }).waitFor();
    await context.close();
  });

  test('is kept when an administrator or another browser ends the session of an open page', async () => {
    const heidi = await openAs('heidi@example.com', '/account/wallets');
    await heidi.page.getByRole('heading', { name: 'Wallets', exact: true }).waitFor();
    await database.query('UPDATE sessions SET ended_at = now() WHERE owner_id = $1', [heidi.id]);
    await heidi.page.getByRole('link', { name: 'API keys' }).click();
    await heidi.page.waitForURL('**/signin?callbackUrl=%2Faccount%2Fkeys');
    await heidi.close();
  });

  test('leads to no other site, whatever the address of the sign-in page says', async () => {
    const { session } = await WebSession.signUp(stack.webUrl, 'ivan@example.com');
    for (const target of ['https://evil.example/', '//evil.example/', '/.//evil.example/', '/\\evil.example']) {
      const response = await session.fetch(`/signin?callbackUrl=${encodeURIComponent(target)}`);
      expect([target, response.headers.get('location')]).toEqual([target, '/agents']);
    }
  });
});

test('the sign-in page says whom to ask for a new password, and offers no link that cannot work', async () => {
  const context = await browser.newContext();
  const visitor = await context.newPage();
  await visitor.goto(`${stack.webUrl}/signin`);
  await visitor.getByText('Forgot your password? Ask the administrator').waitFor();
  await visitor.getByText('help@agentbot.example').waitFor();
  expect(await visitor.getByRole('link', { name: /Forgot/ }).count()).toBe(0);
  await visitor.goto(`${stack.webUrl}/forgot`);
  await visitor.getByText('This installation cannot send mail.').waitFor();
  await visitor.getByText('help@agentbot.example').waitFor();
  expect(await visitor.getByRole('button', { name: 'Send me a link' }).count()).toBe(0);
  expect(await findFaultsOfPages(visitor, ['/signin', '/forgot'])).toEqual([]);
  await context.close();
});

describe('the checklist of a new installation', () => {
  test('is on the administrator’s first page, with the state of each part and a test of the backup target', async () => {
    await database.query("DELETE FROM agents WHERE id = 'agent_dashboard'");
    await visit('/agents');
    const parts = page.getByRole('list', { name: 'Setup' }).getByRole('listitem');
    await parts.nth(5).waitFor();
    const texts = await parts.allTextContents();
    expect(texts.map((text) => /^(.*?): (Done|Not set up|Problem)/.exec(text)?.slice(1))).toEqual([
      ['Docker', 'Problem'],
      ['Image of the agents', 'Problem'],
      ['Key of a model provider', 'Not set up'],
      ['Mail', 'Not set up'],
      ['Domain', 'Not set up'],
      ['Backup target', 'Not set up'],
    ]);
    await button('Store a test file').click();
    await parts
      .nth(5)
      .getByText(/^The test passed in \d+ ms\.$/)
      .waitFor();
    await button('Test the agents’ domain').click();
    await parts
      .nth(4)
      .getByText(/^The test passed in \d+ ms\.$/)
      .waitFor();
    expect(await findFaultsOfPages(page, ['/agents', '/admin'])).toEqual([]);
  }, 120_000);

  test('is not shown to other users', async () => {
    const niaj = await openAs('niaj@example.com', '/agents');
    await niaj.page.getByText('No agents yet').waitFor();
    await niaj.page.getByText('Your account has no plan yet').waitFor();
    expect(await niaj.page.getByText('Set up this installation').count()).toBe(0);
    await niaj.close();
  });
});

test('the pages of the account have no serious accessibility fault in either theme, and fit a phone', async () => {
  expect(await findFaultsOfPages(page, ['/account', '/admin/users'])).toEqual([]);
}, 120_000);

test('where sign-up is closed, its page says whom to ask, and nothing leads there', async () => {
  await stack.killBackend();
  await stack.startBackend({ SIGN_UP: 'closed' });
  const context = await browser.newContext();
  const theirs = await context.newPage();
  await theirs.goto(`${stack.webUrl}/signin`);
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await theirs.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
  await theirs.goto(`${stack.webUrl}/signup`);
  await theirs.getByText('Accounts at this installation are opened by its administrator.').waitFor();
  await theirs.getByText('help@agentbot.example').waitFor();
  for (const theme of ['light', 'dark']) expect(await findFaults(theirs, '/signup/closed', theme)).toEqual([]);
  const register = await context.request.post(`${stack.webUrl}/api/register`, {
    data: { email: 'late@example.com', password: NEW_PASSWORD },
    headers: { origin: stack.webUrl },
  });
  expect([register.status(), (await register.json()).error]).toEqual([
    403,
    'Sign-up is closed. Ask an administrator of this installation for an account',
  ]);
  await context.close();
}, 60_000);

test('the policy blocked nothing, and no secret is in a log line', () => {
  expectNoRefusals();
  expectNoSecretsInLogs(NEW_PASSWORD);
});
