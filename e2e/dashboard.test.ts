import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { startStripe } from '@agentbot/test-doubles/stripe';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  agent,
  browser,
  button,
  closeDashboard,
  context,
  DESKTOP,
  database,
  expectCount,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectRetry,
  expectToast,
  findFaults,
  findFaultsOfPages,
  insertAgent,
  insertUsage,
  installWallet,
  openDashboard,
  PASSWORD,
  PHONE,
  page,
  signUp,
  stack,
  visit,
  wallet,
} from './dashboard.ts';
import { measureFirstLoad } from './first-load.ts';

/** The pages around the agents: account, administration, menu, theme and a long list. The agents here have no containers. */

const STRIPE_KEY = canary('sk_test_');
const WEBHOOK_SECRET = canary('whsec_');

let bots: Awaited<ReturnType<typeof startBots>>;
let stripe: Awaited<ReturnType<typeof startStripe>>;

beforeAll(async () => {
  bots = await startBots({
    telegram: { [canary('1:good-')]: 'good_bot' },
    slack: { [canary('xoxb-good-')]: { name: 'good', appToken: canary('xapp-good-') } },
  });
  stripe = await startStripe({ apiKey: STRIPE_KEY });
  stripe.setPrice('price_solo', { amount: 1_900 });
  stripe.setPrice('price_collective', { amount: 4_950 });
  await openDashboard({
    ...bots.settings,
    API_RATE_LIMIT: '5000',
    RECONCILE_SECONDS: '3600',
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
    STRIPE_PRICE_SOLO: 'price_solo',
    STRIPE_PRICE_COLLECTIVE: 'price_collective',
  });
  await installWallet();
  await signUp();
  await insertAgent();
  await insertUsage();
});
afterAll(async () => {
  await closeDashboard();
  await Promise.all([stripe?.close(), bots?.close()]);
});

test('a new agent is not created with a bot token that its channel refuses', async () => {
  await visit('/agents/new');
  await page.getByText('Channels (optional)').click();
  await page.getByText('Telegram', { exact: true }).click();
  await page.getByLabel('Telegram bot token').fill('1:bad');
  await button('Create agent').click();
  await page.getByText('A bot token was refused: correct it, or leave it empty for now.').waitFor();
  await page.getByText('Telegram does not know this token').waitFor();
  expect((await database.query('SELECT FROM agents')).rowCount).toBe(1);
});

test('the form of a new agent leads to Slack’s two tokens, and refuses one without the other', async () => {
  await visit('/agents/new');
  await page.getByText('On Slack').click();
  await page.getByLabel('Name', { exact: true }).fill('Grace');
  await page.getByText('Show the manifest').click();
  expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toMatchObject({ display_information: { name: 'Grace' } });
  await page.getByLabel('Slack bot token').fill(canary('xoxb-good-'));
  await page.getByLabel('Slack bot token').blur();
  await page.getByText('This is @good in Double').waitFor();
  await page.getByLabel('Your Slack member ID').fill('U0123456789');
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agents/new-slack', theme)));
  expect(faults).toEqual([]);
  await button('Create agent').click();
  await page.getByText('Slack needs two tokens').waitFor();
  expect((await database.query('SELECT FROM agents')).rowCount).toBe(1);
});

test('the form of a new agent offers the versions of OpenClaw, and tells what the chosen one needs', async () => {
  await visit('/agents/new');
  await page.getByText('OpenClaw version: 2026.3.13 (default)').click();
  await page.getByLabel('OpenClaw version', { exact: true }).selectOption('2026.9.6');
  await page.getByText('897 MiB when idle, at least 1.3 GiB').waitFor();
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agents/new?version', theme)));
  expect(faults).toEqual([]);
});

describe('the list of agents', () => {
  beforeAll(() =>
    database.query(
      `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
       SELECT 'agent_listed' || i, owner_id, (ARRAY['Zoe', 'Bert'])[i], 'gpt-4', 'openrouter', 'stopped', now() + i * interval '1 second', now()
       FROM agents, generate_series(1, 2) i WHERE agents.id = $1`,
      [agent],
    ),
  );
  const names = () => page.getByRole('list', { name: 'Agents' }).getByRole('heading', { level: 2 }).allTextContents();

  test('is sorted and filtered by its address, which a reload keeps', async () => {
    await visit('/agents');
    await page.getByText('3 agents, 1 running').waitFor();
    expect(await names()).toEqual(['Bert', 'Zoe', 'Ada']);
    await page.getByLabel('Sort by').selectOption('name');
    await page.getByLabel('State').selectOption('stopped');
    await page.getByText('2 of 3 agents, 1 running').waitFor();
    await page.waitForURL('**/agents?state=stopped&sort=name');
    expect(await names()).toEqual(['Bert', 'Zoe']);
    await page.reload();
    await page.getByText('2 of 3 agents, 1 running').waitFor();
    expect(await names()).toEqual(['Bert', 'Zoe']);
  });

  test('shows a toast that was asked for while its code could not be loaded', async () => {
    await visit('/agents');
    const start = button('Start Zoe');
    await start.waitFor();
    expect(await page.locator('[aria-label^=Notifications]').count()).toBe(0);
    const chunks = '**/_next/static/chunks/*.js';
    let refused = 0;
    await page.route(chunks, (route) => {
      refused++;
      return route.abort();
    });
    await page.route('**/api/instance/*/start', (route) => route.fulfill({ status: 500, json: { error: 'It fails for once' } }));
    await start.click();
    await pollUntil('the page has tried twice', () => refused > 1);
    expect(await page.locator('[data-sonner-toast]').count()).toBe(0);
    await page.unroute(chunks);
    await expectToast('It fails for once');
    expect(await page.locator('[data-sonner-toast]').count()).toBe(1);
    await page.unroute('**/api/instance/*/start');
  });

  test('deletes the selected agents after the number is typed', async () => {
    await visit('/agents?state=stopped');
    await page.getByLabel('Select all').check();
    const selected = page.getByRole('region', { name: 'Selected agents' });
    await selected.getByText('2 selected').waitFor();
    expect(await selected.getByRole('button', { name: 'Stop 0' }).isDisabled()).toBe(true);
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/agents?selected', theme)).toEqual([]);
    await selected.getByRole('button', { name: 'Delete 2' }).click();
    const confirm = button('Delete forever');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Number of agents').fill('2');
    await confirm.click();
    await expectToast('2 agents deleted');
    await page.getByText('No agent matches').waitFor();
    expect((await database.query('SELECT FROM agents')).rowCount).toBe(1);
  });
});

test('Ctrl+K goes to an agent, or to a page', async () => {
  await visit('/account');
  await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
  const goTo = async (text: string) => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Agent or page').fill(text);
    await page.keyboard.press('Enter');
  };
  // "All agents" of an administrator has these letters too: Enter waits for the agents.
  await page.route('**/api/overview*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue().catch(() => undefined);
  });
  await goTo('ada');
  await page.waitForURL(`**/agents/${agent}`);
  await page.unroute('**/api/overview*');
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('Overview').waitFor();
  await goTo('wallets');
  await page.waitForURL('**/account/wallets');
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'Ada' }).waitFor();
  for (const theme of ['light', 'dark']) expect(await findFaults(page, '/go-to', theme)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByPlaceholder('Agent or page').waitFor({ state: 'detached' });
  await page.setViewportSize(DESKTOP);
});

test('a click on a button that is not hydrated yet is not lost', async () => {
  const phone = await context.newPage();
  await phone.setViewportSize(PHONE);
  await phone.route('**/_next/static/**/*.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await route.continue().catch(() => undefined);
  });
  await phone.goto(`${stack.webUrl}/agents`, { waitUntil: 'commit' });
  const menu = phone.getByRole('button', { name: 'Menu' });
  await menu.click();
  // React puts its properties on an element when it hydrates it.
  expect(await menu.evaluate((element) => Object.keys(element).some((key) => key.startsWith('__react')))).toBe(false);
  await phone.getByRole('dialog', { name: 'Menu' }).getByRole('link', { name: 'API keys' }).waitFor();
  await phone.close();
});

describe('the account', () => {
  test('an API key has scopes, is shown only once, and can be revoked', async () => {
    await visit('/account/keys');
    await page.getByLabel('Name', { exact: true }).fill('Reader');
    await page.getByLabel('Scopes').selectOption('agents:read');
    await button('Create key').click();
    const secret = (await page.getByText(/^sk_/).first().textContent()) ?? '';
    const answer = await fetch(`${stack.backendUrl}/api/agents`, { headers: { authorization: `Bearer ${secret}` } });
    expect(await answer.json()).toEqual([expect.objectContaining({ id: agent })]);
    await page.getByText(`curl -H 'Authorization: Bearer ${secret}'`).waitFor();
    await page.reload();
    await page.getByText('agents:read').waitFor();
    expect(await page.getByText(secret).count()).toBe(0);
    await button('Revoke').click();
    await button('Revoke key').click();
    await page.getByText('No keys yet').waitFor();
  });

  test('a failed request shows its error, and a retry loads what was missing', async () => {
    await expectRetry('**/api/plans', () => visit('/account/billing'), page.getByText('$19 per month'));
  });

  test('a wallet is linked with the browser’s wallet', async () => {
    await visit('/account/wallets');
    await button('Sign with this browser’s wallet').click();
    await page.getByText(new RegExp(`^${wallet.address}$`, 'i')).waitFor();
  });

  test('the audit log lists changes, and new ones when it is opened again', async () => {
    await visit('/account/audit');
    await page.getByRole('row').filter({ hasText: 'link wallet' }).waitFor();
    const revoked = page.getByRole('row').filter({ hasText: 'delete api key' });
    await expectCount(revoked, 1);
    // A page that is opened again shows what changed meanwhile.
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Passing');
    await button('Create key').click();
    await button('Revoke').click();
    await button('Revoke key').click();
    await page.getByText('No keys yet').waitFor();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await expectCount(revoked, 2);
  });

  test('the audit log folds chat messages, and names agents, a deleted one by its id', async () => {
    await visit('/account/audit');
    // No provider answers here: the messages fail, and each has its entry.
    await page.evaluate(async (agentId) => {
      const headers = { 'content-type': 'application/json' };
      for (const message of ['One', 'Two', 'Three'])
        await fetch('/api/chat', { method: 'POST', headers, body: JSON.stringify({ message, agentId }) });
    }, agent);
    await page.reload();
    const rows = page.getByRole('row');
    const folded = rows.filter({ hasText: '3 chat messages' });
    await folded.filter({ hasText: 'Ada' }).filter({ hasText: '3 failed' }).waitFor();
    await expectCount(rows.filter({ hasText: 'send message' }), 0);
    await button('3 chat messages').click();
    await expectCount(rows.filter({ hasText: 'send message' }), 3);
    const faults: string[] = [];
    for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/account/audit?open', theme)));
    expect(faults).toEqual([]);
    await button('3 chat messages').click();
    await expectCount(rows.filter({ hasText: 'send message' }), 0);
    await rows.filter({ hasText: 'delete agent' }).filter({ hasText: 'agent_listed1' }).waitFor();
  });

  test('the audit log is filtered by its address, which a reload keeps, and the CSV file has the same entries', async () => {
    await visit('/account/audit');
    const select = (name: string) => page.getByLabel(name, { exact: true });
    await select('Agent').selectOption({ label: 'Ada' });
    await select('Outcome').selectOption('failed');
    await page.waitForURL(`**/account/audit?agentId=${agent}&outcome=failed`);
    const rows = page.getByRole('row');
    await expectCount(rows, 2);
    await page.reload();
    await button('3 chat messages').waitFor();
    await expectCount(rows, 2);
    expect(await select('Outcome').inputValue()).toBe('failed');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CSV' }).click()]);
    expect(download.suggestedFilename()).toBe('audit.csv');
    const [head, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    expect(head).toMatch(/^seq,at,actor,/);
    expect(lines.map((line) => line.split(',').slice(5, 9))).toEqual(Array(3).fill(['sendMessage', agent, '', 'failed']));
    await select('Actor').selectOption('Internal key');
    await page.getByText('No entry matches').waitFor();
    await button('Show all entries').click();
    await page.waitForURL('**/account/audit');
    await rows.filter({ hasText: 'link wallet' }).waitFor();
  });
});

test('an administrator sees the health, grants a plan, and finds any agent', async () => {
  const other = await browser.newContext();
  const otherPage = await other.newPage();
  await otherPage.goto(`${stack.webUrl}/signup`);
  await otherPage.getByLabel('Email').fill('eve@example.com');
  await otherPage.getByLabel('Password').fill(PASSWORD);
  await otherPage.getByRole('button', { name: 'Create account' }).click();
  await otherPage.getByText(/^Your account has no plan yet/).waitFor();
  expect(await otherPage.getByRole('link', { name: 'All agents' }).count()).toBe(0);
  await other.close();

  await visit('/admin');
  const available = page.getByText('Available', { exact: true });
  await available.waitFor();
  // Stale values would look current.
  await expectRetry('**/api/admin/health', () => available.waitFor({ state: 'detached' }), available);
  await visit('/admin/users');
  const planOfEve = async () => (await database.query(`SELECT plan FROM users WHERE email = 'eve@example.com'`)).rows[0].plan;
  let grants = 0;
  page.on('request', (request) => {
    if (request.method() === 'PUT') grants++;
  });
  const grant = button('Grant the plan to eve@example.com');
  await page.getByLabel('Plan of eve@example.com').selectOption('solo');
  // A request of the selection itself would have been sent before the button is enabled.
  await grant.and(page.locator(':enabled')).waitFor();
  expect([grants, await planOfEve()]).toEqual([0, null]);
  await grant.click();
  await expectToast('eve@example.com has the plan Solo');
  expect(grants).toBe(1);
  expect(await planOfEve()).toBe('solo');
  await visit('/admin/agents');
  await page.getByLabel('Search by name, id or owner').fill('ada@');
  await page.getByRole('row').filter({ hasText: agent }).waitFor();
  // A failed search does not show the results of the previous one.
  await expectRetry(
    '**/api/admin/agents?q=*',
    async () => {
      await page.getByLabel('Search by name, id or owner').fill('nobody has this');
      await expectCount(page.getByRole('row'), 0);
    },
    page.getByText('No agents found.'),
  );
});

test('an administrator reads the audit log of all accounts, and filters it by account', async () => {
  await visit('/agents');
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  const rows = page.getByRole('row');
  const ofAda = rows.filter({ hasText: 'ada@example.com' });
  await ofAda.filter({ hasText: 'grant plan' }).waitFor();
  await rows.filter({ hasText: 'eve@example.com' }).filter({ hasText: 'register' }).waitFor();
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/admin/audit', theme)));
  expect(faults).toEqual([]);
  await page.getByLabel('Account: id or email').fill('Eve@example.com');
  await page.waitForURL('**/admin/audit?account=Eve%40example.com');
  await expectCount(ofAda, 0);
  await page.getByLabel('Action', { exact: true }).selectOption('register');
  await page.waitForURL('**/admin/audit?account=Eve%40example.com&action=register');
  await expectCount(rows, 2);
  await page.reload();
  await expectCount(rows, 2);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CSV' }).click()]);
  const [, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(lines.map((line) => line.split(',').slice(1, 3))).toEqual([['eve@example.com', '1']]);
  // A part of an address is no account.
  await page.getByLabel('Account: id or email').fill('eve@');
  await page.getByText('Invalid account: use an id or an email').waitFor();
  await button('Clear filters').click();
  await ofAda.first().waitFor();
  expect(await page.getByLabel('Account: id or email').inputValue()).toBe('');
});

test('a page of a long list that fails can be retried', async () => {
  await database.query(
    `INSERT INTO users (id, email, created_at, updated_at)
     SELECT 'user_many' || i, 'many' || i || '@example.com', now() - interval '1 day', now() FROM generate_series(1, 60) i`,
  );
  const rows = page.getByRole('row');
  await expectRetry(
    '**/api/admin/users?cursor=*',
    async () => {
      await visit('/admin/users');
      await button('More users').click();
    },
    rows.nth(61),
  );
  expect(await rows.count()).toBe(63);
  await database.query(`DELETE FROM users WHERE id LIKE 'user_many%'`);
});

test('a plan is bought at Stripe for the price that Stripe reports', async () => {
  const other = await browser.newContext();
  const otherPage = await other.newPage();
  otherPage.setDefaultTimeout(30_000);
  await otherPage.route('https://stripe.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Stripe</h1>' }));
  await otherPage.goto(`${stack.webUrl}/signup`);
  await otherPage.getByLabel('Email').fill('bob@example.com');
  await otherPage.getByLabel('Password').fill(PASSWORD);
  await otherPage.getByRole('button', { name: 'Create account' }).click();
  await otherPage.getByRole('link', { name: 'Create your first agent' }).click();
  await otherPage.getByText(/covered by a plan; Solo is \$19 per month/).waitFor();
  await otherPage.getByText('you have 0 of 1 agents').waitFor();
  await otherPage.getByRole('link', { name: 'Plan and billing' }).first().click();
  await otherPage.getByText('$49.50 per month').waitFor();
  expect(await otherPage.getByText('Not for sale here').count()).toBe(2);
  await otherPage.getByRole('button', { name: 'Choose Solo' }).click();
  await otherPage.getByRole('heading', { name: 'Stripe' }).waitFor();
  const session = stripe.sessions.at(-1) ?? {};
  await otherPage.goto(session.cancel_url ?? '');
  await otherPage.getByText('The checkout was cancelled. You were not charged.').waitFor();
  await otherPage.goto(session.success_url ?? '');
  await otherPage.getByText(/^Stripe has received your order/).waitFor();
  stripe.setSubscription('sub_bob', {
    customer: session.customer ?? '',
    price: session['line_items[0][price]'] ?? '',
    metadata: { agentbot_account: session['subscription_data[metadata][agentbot_account]'] ?? '' },
  });
  await sendSubscriptionEvent('sub_bob');
  await otherPage.getByText('Thank you. Your account has the plan Solo.').waitFor();
  await otherPage.goto(`${stack.webUrl}/account/billing`);
  await otherPage.getByText('Your plan', { exact: true }).nth(1).waitFor();
  await otherPage.getByRole('button', { name: 'Manage the subscription' }).click();
  await otherPage.getByRole('heading', { name: 'Stripe' }).waitFor();
  expect(stripe.sessions.at(-1)).toMatchObject({ customer: session.customer });
  await other.close();
}, 60_000);

/** Sends a signed webhook event as Stripe does. */
async function sendSubscriptionEvent(id: string): Promise<void> {
  const event = stripe.eventOf('customer.subscription.created', { id, object: 'subscription', items: { data: [] } });
  const answer = await stripe.deliverEvent(`${stack.backendUrl}/api/stripe/webhook`, event, WEBHOOK_SECRET);
  expect(answer.status).toBe(200);
}

test('the pages have no serious accessibility fault in either theme, and fit a phone', async () => {
  const anonymous = await browser.newContext();
  const visitor = await anonymous.newPage();
  expect(await findFaultsOfPages(visitor, ['/signin', '/signup', '/forgot', '/reset?token=x'])).toEqual([]);
  await anonymous.close();
  const account = ['/account/keys', '/account/billing', '/account/wallets', '/account/audit'];
  const administration = ['/admin', '/admin/users', '/admin/agents', '/admin/audit'];
  const missing = ['/no-such-page', '/agents/agent_none'];
  expect(await findFaultsOfPages(page, ['/agents', '/agents/new', ...account, ...administration, ...missing])).toEqual([]);
}, 360_000);

test('the menu on a phone has no serious accessibility fault, and closes when a link is followed', async () => {
  const faults: string[] = [];
  await page.setViewportSize(PHONE);
  await visit('/agents');
  await button('Menu').click();
  await page.getByRole('dialog', { name: 'Menu' }).getByRole('link', { name: 'API keys' }).waitFor();
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/menu', theme, [PHONE.width])));
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect(faults).toEqual([]);
});

test('the menu on a phone restores the focus, and remembers the theme chosen in it', async () => {
  await page.setViewportSize(PHONE);
  await visit('/agents');
  const menu = page.getByRole('dialog', { name: 'Menu' });
  await button('Menu').click();
  await menu.getByTitle('Dark').click();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  await page.keyboard.press('Escape');
  await expectFocus('button[aria-label=Menu]');
  await button('Menu').click();
  expect(await menu.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
  await button('Close the menu').click();
  await expectFocus('button[aria-label=Menu]');
  await page.setViewportSize(DESKTOP);
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
});

test('the theme can be chosen by keyboard, and persists after a reload', async () => {
  await page.setViewportSize(DESKTOP);
  await visit('/agents');
  // A disabled radio button takes no focus.
  await page.getByRole('radio', { name: 'System', disabled: false }).waitFor();
  await page.getByRole('radio', { name: 'System' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
  await page.reload();
  expect(await page.getByRole('radio', { name: 'Light' }).isChecked()).toBe(true);
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(247, 247, 248)');
});

describe('with a thousand agents,', () => {
  beforeAll(async () => {
    await database.query(
      `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
       SELECT 'agent_many' || i, owner_id, 'Many ' || i, 'gpt-4', 'openrouter', 'stopped', now() - i * interval '1 second', now()
       FROM agents, generate_series(1, 1000) i WHERE agents.id = $1`,
      [agent],
    );
  });
  afterAll(() => database.query(`DELETE FROM agents WHERE id LIKE 'agent_many%'`));

  const openList = (slowdown?: number) =>
    measureFirstLoad(context, `${stack.webUrl}/agents`, (fresh) => fresh.getByText('1001 agents, 1 running').waitFor(), slowdown);

  test('the first load needs less than 180 kB of JavaScript and shifts no layout', async () => {
    const { bytes, shift } = await openList();
    process.stdout.write(`agents page: ${Math.round(bytes / 1000)} kB of JavaScript, layout shift ${shift.toFixed(4)}\n`);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(180_000);
    expect(shift).toBeLessThan(0.01);
  });

  test('the first load has no code of charts, markdown, passkeys, the command palette and toasts', async () => {
    const marks = ['recharts-', 'hljs', 'micromark', 'navigator.credentials', 'cmdk', 'data-sonner-toast'];
    const folder = path.join(import.meta.dirname, '../apps/web/.next/static/chunks');
    const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    const built = (await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')))).join('\n');
    // The dashboard has them, under these names.
    expect(marks.filter((mark) => built.includes(mark))).toEqual(marks);
    const { code } = await openList();
    expect(code).toContain('Select all');
    expect(marks.filter((mark) => code.includes(mark))).toEqual([]);
  });

  test('the largest content of the first load is painted within 2.5 seconds on a CPU that is four times slower', async () => {
    const paints: number[] = [];
    // Other work on this machine delays a load, and does not hasten any: the fastest one counts.
    do paints.push((await openList(4)).largestPaint);
    while (paints.length < 5 && Math.min(...paints) > 1_500);
    process.stdout.write(`agents page, CPU four times slower: largest paint after ${paints.map(Math.round).join(', ')} ms\n`);
    expect(Math.min(...paints)).toBeGreaterThan(0);
    expect(Math.min(...paints)).toBeLessThan(2_500);
  });

  test.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('the rows follow the scroll position on a %s, and a search from the last row shows what it finds', async (_device, size) => {
    await page.setViewportSize(size);
    await visit('/agents');
    const list = page.getByRole('list', { name: 'Agents' });
    const row = (name: string) => list.getByRole('heading', { name, exact: true });
    await row('Many 1').waitFor();
    const scrollTo = (share: number) => page.evaluate((to) => window.scrollTo(0, to * document.documentElement.scrollHeight), share);
    for (const [share, name] of [
      [0.5, 'Many 500'],
      [1, 'Many 1000'],
      [0, 'Many 1'],
      [1, 'Many 1000'],
    ] as const) {
      await scrollTo(share);
      await row(name).waitFor();
      expect(await list.getByRole('listitem').count()).toBeLessThan(40);
    }
    expect(await row('Many 1000').evaluate((element) => element.getBoundingClientRect().bottom <= window.innerHeight)).toBe(true);
    await page.getByLabel('Search agents').fill('many 999');
    await page.getByText('1 of 1001 agents, 1 running').waitFor();
    expect(await list.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Many 999']);
    await page.setViewportSize(DESKTOP);
  });

  /** Types a search and measures the page. @returns the longest time in milliseconds from a key to its effect */
  async function slowestKey(text: string): Promise<number> {
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { delays: seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.push(entry.duration);
      }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
    });
    await page.getByLabel('Search agents').pressSequentially(text, { delay: 120 });
    await page.getByText('20 of 1001 agents, 1 running').waitFor();
    return page.evaluate(() => Math.max(0, ...(globalThis as unknown as { delays: number[] }).delays));
  }

  test('the page answers a typing user while all agents change', async () => {
    let lists = 0;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/overview') lists++;
    });
    await visit('/agents');
    await page.getByText('1001 agents, 1 running').waitFor();
    expect(await page.getByRole('list', { name: 'Agents' }).getByRole('listitem').count()).toBeLessThan(40);
    // The baseline of this machine without changes.
    const quiet = await slowestKey('many 20');
    await page.getByLabel('Search agents').fill('');
    let changes = 0;
    let going = true;
    const changing = (async () => {
      for (; going; changes++) {
        // Alternates in threes: about every second change sends a frame, and each frame must see a new state.
        const state = changes % 3 ? 'error' : 'stopped';
        await database.query(`UPDATE agents SET state = $1, state_reason = 'change ' || $2::text WHERE id LIKE 'agent_many%'`, [
          state,
          changes,
        ]);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    })();
    await page
      .getByText(/^change \d+$/)
      .first()
      .waitFor();
    const slowest = await slowestKey('many 20').finally(async () => {
      while (changes < 4) await page.waitForTimeout(100);
      going = false;
      return changing;
    });
    process.stdout.write(`1000 agents, ${changes} changes of each: slowest key ${slowest} ms, ${quiet} ms without changes\n`);
    expect(changes).toBeGreaterThan(3);
    expect(slowest).toBeLessThan(Math.max(500, 5 * quiet));
    // The last change appears without a reload.
    await database.query(`UPDATE agents SET name = 'Many 20 renamed' WHERE id = 'agent_many20'`);
    await page.getByText('Many 20 renamed').waitFor();
    // Changes arrive over the stream: the list is read when opened, and once a minute for usage.
    expect(lists).toBeLessThan(3);
  });
});

test('the Content-Security-Policy blocked nothing', () => expectNoRefusals());

test('no log line contains a secret', () => expectNoSecretsInLogs(canary('1:good-')));
