import { mkdir } from 'node:fs/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { openBrowser, refusalsOn } from './browser.ts';
import { startWholeStack, type WholeStack } from './stack.ts';

/**
 * The dashboard of one test file: a stack, a browser, and the steps that the dashboard's tests share. Jest loads this module
 * once per test file, so its variables belong to that file.
 */

export const MODEL_KEY = canary('sk-dashboard-');
export const PASSWORD = canary('correct horse battery ');
/** The folder for a screenshot of every page, if the variable is set. */
export const screenshots = process.env.SCREENSHOTS;
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 900 };

export let stack: WholeStack;
export let browser: Browser;
export let context: BrowserContext;
export let page: Page;
export let database: pg.Client;
/** The id of the agent that the tests use. */
export let agent: string;
/** What the Content-Security-Policy blocked on the pages so far. */
let refusals: string[];

export async function openDashboard(...parameters: Parameters<typeof startWholeStack>): Promise<void> {
  stack = await startWholeStack(...parameters);
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  browser = await openBrowser();
  context = await browser.newContext({ viewport: DESKTOP });
  refusals = refusalsOn(context);
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
}

export async function closeDashboard(): Promise<void> {
  await browser?.close();
  await database?.end();
  await stack?.stop();
}

/** The wallet that `installWallet` puts into the page. */
export const wallet = privateKeyToAccount(generatePrivateKey());

/** Gives the page a wallet as a browser extension does. @see https://eips.ethereum.org/EIPS/eip-1193 */
export async function installWallet(): Promise<void> {
  await page.exposeFunction('signWithWallet', (raw: Hex) => wallet.signMessage({ message: { raw } }));
  await page.addInitScript((address) => {
    Object.assign(globalThis, {
      ethereum: {
        request: async ({ method, params }: { method: string; params?: string[] }) =>
          method === 'personal_sign'
            ? (globalThis as unknown as { signWithWallet(raw?: string): Promise<string> }).signWithWallet(params?.[0])
            : [address],
      },
    });
  }, wallet.address);
}

export const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
export const visit = (path: string) => page.goto(stack.webUrl + path);
/** Opens a section of the agent; '' is its overview. */
export const openSection = (name: string) => visit(`/agents/${agent}${name && `/${name}`}`);
export const expectToast = (text: string | RegExp, seconds = 60) =>
  page
    .locator('[data-sonner-toast]')
    .filter({ hasText: text })
    .first()
    .waitFor({ timeout: seconds * 1000 });
export const expectStatus = (wanted: string | RegExp) =>
  page.getByTestId('agent-status').filter({ hasText: wanted }).waitFor({ timeout: 60_000 });
/** Waits until an element has the focus. */
export const expectFocus = (selector: string) => page.locator(`${selector}:focus`).waitFor();

type Click = (target: Locator) => Promise<void>;
const plainClick: Click = (target) => target.click();

/** Creates the account `ada@example.com` on the sign-up page. */
export async function signUp(click = plainClick): Promise<void> {
  await visit('/signup');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await click(button('Create account'));
  await page.getByRole('link', { name: 'Create your first agent' }).waitFor();
}

/** Creates the agent `Ada` on the test's model provider, and sends it a first message. @param click counts clicks, if given */
export async function provisionAgent(modelPort: number, click = plainClick): Promise<void> {
  await click(page.getByRole('link', { name: 'Create your first agent' }));
  await click(page.getByRole('radio', { name: /Your own model/ }));
  await page.getByLabel('Name', { exact: true }).fill('Ada');
  await page.getByLabel('Base URL').fill(`http://host.docker.internal:${modelPort}/v1`);
  await page.getByLabel('Model ID').fill('echo-1');
  await page.getByLabel('API key').fill(MODEL_KEY);
  await click(button('Create agent'));
  await page.waitForURL(/\/agents\/agent_[a-z0-9]{12}\/chat$/);
  agent = new URL(page.url()).pathname.split('/')[2] ?? '';
  // The stages appear while the operation runs.
  await page.locator('[data-stage]').first().waitFor();
  await page.getByText('Say hello to your agent.').waitFor({ timeout: 120_000 });
  await page.getByLabel('Message').fill('Say **bold** things');
  await click(button('Send'));
  await page.getByRole('log').getByText('You said: Say bold things').waitFor({ timeout: 60_000 });
}

/** Inserts a running agent without a container. The stack needs a long RECONCILE_SECONDS, or the reconciler repairs it. */
export async function insertAgent(): Promise<void> {
  agent = 'agent_dashboard';
  await database.query(
    `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
     SELECT $1, id, 'Ada', 'gpt-4', 'openrouter', 'running', now(), now() FROM users WHERE email = 'ada@example.com'`,
    [agent],
  );
}

/** Inserts forty minutes of container usage. */
export const insertUsage = () =>
  database.query(
    `INSERT INTO usage_points (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
     SELECT $1, 'minute', date_trunc('minute', now()) - i * interval '1 minute', (SELECT owner_id FROM agents WHERE id = $1), 6,
       0.1 + 0.05 * (i % 5), 3e8 + 1e6 * i, 2147483648, 1000 * i, 500 * i, 0, 4096, 30
     FROM generate_series(1, 40) i ON CONFLICT DO NOTHING`,
    [agent],
  );

/** Opens a page while one of its requests fails. Expects the error, and after a retry what was missing. */
export async function expectRetry(failing: string, open: () => Promise<unknown>, missing: Locator): Promise<void> {
  let fails = true;
  // The agent's changes would revalidate the data without a retry.
  await page.route('**/api/overview/stream*', (route) => route.abort());
  await page.route(failing, (route) => (fails ? route.fulfill({ status: 500, json: { error: 'It fails for once' } }) : route.continue()));
  await open();
  await page
    .getByRole('alert')
    .filter({ hasText: /It fails for once$/ })
    .waitFor();
  fails = false;
  await button('Try again').evaluate((element: HTMLElement) => element.click());
  await missing.waitFor({ state: 'attached' });
  expect(await button('Try again').count()).toBe(0);
  await page.unroute(failing);
  await page.unroute('**/api/overview/stream*');
}

/** Waits until exactly `count` elements match. */
export async function expectCount(of: Locator, count: number): Promise<void> {
  if (count) await of.nth(count - 1).waitFor();
  await of.nth(count).waitFor({ state: 'detached' });
}

/** Waits until a box that follows its content is scrolled to the end. */
export const expectAtEnd = (box: Locator) =>
  box.evaluate(async (element) => {
    for (let frames = 0; element.scrollHeight - element.scrollTop - element.clientHeight > 40; frames++) {
      if (frames > 1_000) throw new Error('The box does not follow its content');
      await new Promise(requestAnimationFrame);
    }
  });

async function waitUntilLoaded(of: Page) {
  await of.getByRole('heading', { level: 1 }).filter({ hasText: /\S/ }).first().waitFor();
  await of.locator('[role=status]:has-text("Loading…")').first().waitFor({ state: 'detached' });
  await of.getByText('Loading…', { exact: true }).first().waitFor({ state: 'detached' });
}

/** Finds serious accessibility violations and horizontal overflow of a page in one theme. Takes screenshots, if wanted. */
export async function findFaults(of: Page, path: string, theme: string, widths = [PHONE.width, DESKTOP.width]): Promise<string[]> {
  const faults: string[] = [];
  if (screenshots) await mkdir(screenshots, { recursive: true });
  await of.evaluate((wanted) => {
    document.documentElement.dataset.theme = wanted;
  }, theme);
  for (const width of widths) {
    await of.setViewportSize({ width, height: 900 });
    await of.waitForTimeout(100);
    const overflow = await of.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) faults.push(`${path} at ${width}: ${overflow} px too wide`);
    const name = `${path.replace(agent, 'agent').replace(/\?.*/, '').replaceAll('/', '-').slice(1)}-${theme}-${width}.png`;
    if (screenshots) await of.screenshot({ path: `${screenshots}/${name}`, fullPage: true });
    // Legacy mode runs axe in the page itself. The pages have no frames, and a page of its own for each run is slower.
    const { violations } = await new AxeBuilder({ page: of })
      .setLegacyMode(true)
      .options({ resultTypes: ['violations'] })
      .analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      faults.push(`${path} at ${width}, ${theme}: ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    }
  }
  return faults;
}

/** Visits pages and finds their faults in both themes at phone and desktop width. */
export async function findFaultsOfPages(of: Page, paths: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  for (const path of paths) {
    await of.goto(stack.webUrl + path);
    await waitUntilLoaded(of);
    for (const theme of ['light', 'dark']) faults.push(...(await findFaults(of, path, theme)));
  }
  return faults;
}

/** Expects that the Content-Security-Policy blocked nothing on any page so far. */
export const expectNoRefusals = () => expect(refusals).toEqual([]);

/** Expects that no log line contains a secret. */
export function expectNoSecretsInLogs(...secrets: string[]): void {
  const everything = stack.output.join('\n');
  for (const secret of [MODEL_KEY, PASSWORD, ...secrets, ...Object.values(stack.secrets)]) expect(everything).not.toContain(secret);
}
