import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  browser,
  button,
  closeDashboard,
  database,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectToast,
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

beforeAll(async () => {
  await openDashboard({
    API_RATE_LIMIT: '5000',
    RECONCILE_SECONDS: '3600',
    SIGN_IN_RATE_LIMIT: '100',
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  await signUp();
  await insertAgent();
}, 180_000);
afterAll(closeDashboard);

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
    const { session, id } = await WebSession.signUp(stack.webUrl, 'leaving@example.com');
    const context = await browser.newContext();
    await context.addCookies([
      { name: 'next-auth.session-token', value: session.cookie('next-auth.session-token') ?? '', url: stack.webUrl },
    ]);
    const theirs = await context.newPage();
    await theirs.goto(`${stack.webUrl}/account`);
    await theirs.getByRole('button', { name: 'Delete account' }).click();
    await theirs.getByLabel('Your password').fill(canary('correct horse battery '));
    await theirs.getByRole('button', { name: 'Delete forever' }).click();
    await theirs.waitForURL('**/signin');
    expect((await database.query('SELECT 1 FROM users WHERE id = $1', [id])).rowCount).toBe(0);
    await context.close();
  });
});

test('the pages of the account have no serious accessibility fault in either theme, and fit a phone', async () => {
  expect(await findFaultsOfPages(page, ['/account'])).toEqual([]);
}, 120_000);

test('the policy blocked nothing, and no secret is in a log line', () => {
  expectNoRefusals();
  expectNoSecretsInLogs(NEW_PASSWORD);
});
