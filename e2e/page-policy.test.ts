import { readdirSync } from 'node:fs';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, ElementHandle, Page } from 'playwright-core';
import { openBrowser, refusalsOn } from './browser.ts';
import { startWholeStack, type WholeStack } from './stack.ts';

/**
 * Every page in Chromium: under its Content-Security-Policy the page itself works and an injected script does not run, and what a
 * person enters early is kept.
 */

let stack: WholeStack;
let browser: Browser;
let page: Page;
let violations: string[];

beforeAll(async () => {
  stack = await startWholeStack({ PROVISIONING_ENABLED: 'true' });
  browser = await openBrowser();
  page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  violations = refusalsOn(page.context());
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

beforeEach(() => {
  violations.length = 0;
});

/** Every page of the dashboard, found by its file, so that a new page is tested too. `agent_none` fills path parameters. */
const app = path.join(import.meta.dirname, '../apps/web/src/app');
const pages = readdirSync(app, { recursive: true, encoding: 'utf8' })
  .filter((file) => path.basename(file) === 'page.tsx')
  .map(
    (file) =>
      `/${path
        .dirname(file)
        .replace(/^\.$|\([a-z]+\)\/?/g, '')
        .replace(/\[\w+\]/g, 'agent_none')}`,
  );

test('sign-up violates no policy', async () => {
  await page.goto(`${stack.webUrl}/signup`);
  await page.getByLabel('Email').fill('policy@example.com');
  await page.getByLabel('Password').fill(canary('correct horse battery '));
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(/\/agents$/);
  expect(violations).toEqual([]);
});

test.each([...new Set([...pages, '/no-such-page'])])('%s has a strict policy with a new nonce, and violates nothing', async (address) => {
  const response = await page.goto(stack.webUrl + address);
  await page.waitForLoadState('networkidle');
  const policy = response?.headers()['content-security-policy'] ?? '';
  const [, nonce = ''] = /script-src [^;]*'nonce-([^']+)'/.exec(policy) ?? [];
  expect(nonce.length).toBeGreaterThan(20);
  expect(/script-src [^;]*/.exec(policy)?.[0]).not.toMatch(/unsafe|\*|https?:/);
  for (const rule of ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"])
    expect(policy).toContain(rule);
  const again = await page.request.get(stack.webUrl + address);
  expect(again.headers()['content-security-policy']).not.toContain(nonce);
  expect(violations).toEqual([]);
});

const scripts = '**/_next/static/**/*.js*';

/** The properties that inputs, selects and text areas share. */
interface Fillable {
  type: string;
  value: string;
  checked: boolean;
  isConnected: boolean;
  nodeName: string;
  /** The number of a select's options. */
  length?: number;
  click(): void;
}

/** The value of a field, or whether it is checked; false for a field that React has replaced. */
const contentOf = (field: ElementHandle) =>
  field.evaluate((node) => {
    const { type, value, checked, isConnected } = node as unknown as Fillable;
    return isConnected && (type === 'radio' || type === 'checkbox' ? checked : value);
  });

/** Enters something into a field, as a person does. */
async function enter(field: ElementHandle): Promise<void> {
  const { kind, options } = await field.evaluate((node) => {
    const { nodeName, type, length } = node as unknown as Fillable;
    return { kind: nodeName === 'INPUT' ? type : nodeName, options: length ?? 0 };
  });
  if (kind === 'SELECT') await field.selectOption({ index: options - 1 });
  else if (kind === 'radio' || kind === 'checkbox') await field.evaluate((node) => (node as unknown as Fillable).click());
  else await field.fill(kind === 'email' ? 'early@example.com' : 'early');
}

test.each(pages)('%s keeps what a person enters before its scripts have loaded', async (address) => {
  let loadScripts = () => {};
  const requested = new Promise<void>((resolve) => (loadScripts = resolve));
  await page.route(scripts, async (route) => {
    await requested;
    await route.continue();
  });
  try {
    await page.goto(stack.webUrl + address, { waitUntil: 'domcontentloaded' });
    const fields = await page.locator(':is(input:not([type=hidden]), select, textarea):enabled:visible:not([readonly])').elementHandles();
    for (const field of fields) await enter(field);
    const entered = await Promise.all(fields.map(contentOf));
    loadScripts();
    await page.waitForLoadState('networkidle');
    expect(await Promise.all(fields.map(contentOf))).toEqual(entered);
  } finally {
    loadScripts();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }
});

test('the menu on a phone locks scrolling, and violates no policy', async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  await page.goto(`${stack.webUrl}/agents`);
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('dialog', { name: 'Menu' }).getByRole('link', { name: 'API keys' }).waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.body).overflow)).toBe('hidden');
  expect(violations).toEqual([]);
});

test('an injected script does not run', async () => {
  await page.goto(`${stack.webUrl}/signin`);
  await page.evaluate(() => {
    const holder = document.createElement('div');
    holder.innerHTML = '<img src="x:" onerror="window.injected = true"><a href="javascript:window.injected = true">x</a>';
    document.body.append(holder);
    holder.querySelector('a')?.click();
  });
  // The browser reports both as violations.
  for (let tries = 0; tries < 200 && violations.length < 2; tries++) await page.waitForTimeout(50);
  expect(violations.length).toBeGreaterThan(1);
  expect(await page.evaluate(() => 'injected' in window)).toBe(false);
});
