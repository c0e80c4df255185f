import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { refusalsOn } from './browser.ts';
import {
  agent,
  browser,
  closeDashboard,
  DESKTOP,
  findFaults,
  insertAgent,
  insertUsage,
  openDashboard,
  PASSWORD,
  PHONE,
  page,
  signUp,
  stack,
} from './dashboard.ts';
import { measureFirstLoad } from './first-load.ts';

/** The dashboard in German and Chinese: the choice of the language, its figures and dates, and every page on a phone. */

beforeAll(async () => {
  await openDashboard({ API_RATE_LIMIT: '5000', RECONCILE_SECONDS: '3600' });
  await signUp();
  await insertAgent();
  await insertUsage();
});
afterAll(() => closeDashboard());

/** A browser of a person, and what its console and its policy complain of. */
async function openIn(acceptLanguage: string, signedIn = false): Promise<{ own: BrowserContext; of: Page; complaints: string[] }> {
  const storageState = signedIn ? await page.context().storageState() : undefined;
  const own = await browser.newContext({ locale: acceptLanguage, viewport: DESKTOP, ...(storageState && { storageState }) });
  const complaints = refusalsOn(own);
  own.on('console', (message) => message.type() === 'error' && complaints.push(`${message.page()?.url()}: ${message.text()}`));
  own.on('weberror', (error) => complaints.push(`${error.page()?.url()}: ${error.error()}`));
  const of = await own.newPage();
  of.setDefaultTimeout(30_000);
  return { own, of, complaints };
}
const languageOf = (of: Page) => of.evaluate(() => document.documentElement.lang);

test('a browser that prefers German shows the sign-in page in German, and another language in English', async () => {
  const { own, of, complaints } = await openIn('de-CH');
  await of.goto(`${stack.webUrl}/signin`);
  await of.getByRole('heading', { name: 'Willkommen zurück' }).waitFor();
  expect([await of.title(), await languageOf(of)]).toEqual(['Anmelden · Agentbot', 'de']);
  await of.getByLabel('E-Mail').fill('ada@example.com');
  await of.getByLabel('Passwort', { exact: true }).fill('wrong');
  await of.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await of.getByText('E-Mail-Adresse oder Passwort ist falsch').waitFor();
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  await own.close();
  const french = await openIn('fr-FR');
  await french.of.goto(`${stack.webUrl}/signin`);
  await french.of.getByRole('heading', { name: 'Welcome back' }).waitFor();
  expect([await languageOf(french.of), french.complaints]).toEqual(['en', []]);
  await french.own.close();
});

test('the language chosen on the sign-in page holds through the sign-in and a reload, and the account page changes it in place', async () => {
  const { own, of, complaints } = await openIn('en-GB');
  await of.goto(`${stack.webUrl}/signin?callbackUrl=%2Faccount`);
  await of.getByLabel('Language').selectOption({ label: '简体中文' });
  await of.getByRole('heading', { name: '欢迎回来' }).waitFor();
  expect(of.url()).toBe(`${stack.webUrl}/signin?callbackUrl=%2Faccount`);
  await of.getByLabel('电子邮箱').fill('ada@example.com');
  await of.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await of.getByRole('button', { name: '登录', exact: true }).click();
  await of.getByRole('heading', { level: 1, name: '账户' }).waitFor();
  await of.reload();
  await of.getByRole('heading', { level: 1, name: '账户' }).waitFor();
  expect(await languageOf(of)).toBe('zh-Hans');
  await of.getByRole('main').getByLabel('语言').selectOption({ label: 'Deutsch' });
  await of.getByRole('heading', { level: 1, name: 'Konto' }).waitFor();
  expect([of.url(), await languageOf(of)]).toEqual([`${stack.webUrl}/account`, 'de']);
  expect(complaints).toEqual([]);
  await own.close();
});

test('the language chosen in the menu keeps the page with its filters', async () => {
  const { own, of, complaints } = await openIn('en-GB', true);
  await of.goto(`${stack.webUrl}/agents?q=ada&sort=name`);
  await of.getByText('1 agent, 1 running').waitFor();
  await of.getByLabel('Language').selectOption({ label: 'Deutsch' });
  await of.getByText('1 Agent, 1 laufend').waitFor();
  expect(of.url()).toBe(`${stack.webUrl}/agents?q=ada&sort=name`);
  expect(await of.getByLabel('Agenten suchen').inputValue()).toBe('ada');
  expect(complaints).toEqual([]);
  await own.close();
});

test.each([
  ['de', '0,00 $', /^\d{1,2}\.\d{2}\.\d{4}, \d{2}:\d{2}:\d{2} UTC$/, /^vor \d+ (Sek|Min)\.|gerade eben$/],
  ['zh-CN', 'US$0.00', /^\d{4}年\d{1,2}月\d{1,2}日 UTC \d{2}:\d{2}:\d{2}$/, /^\d+分钟前|刚刚$/],
])('in %s, an amount is %s, and times have the form of the language', async (acceptLanguage, amount, time, ago) => {
  const { own, of, complaints } = await openIn(acceptLanguage, true);
  await of.goto(`${stack.webUrl}/account/usage`);
  // Intl puts a space that does not break before the sign.
  await of
    .getByRole('main')
    .getByText(new RegExp(amount.replace('$', '\\$').replace(' ', '\\s')))
    .first()
    .waitFor();
  await of.goto(`${stack.webUrl}/account`);
  await of.getByRole('main').getByText(time).first().waitFor();
  await of.goto(`${stack.webUrl}/agents`);
  await of.getByRole('listitem').getByText(ago).first().waitFor();
  expect(complaints).toEqual([]);
  await own.close();
});

test('a reader of English loads no other language, and a reader of German loads German', async () => {
  const load = async (acceptLanguage: string, heading: string) => {
    const { own } = await openIn(acceptLanguage);
    const { code } = await measureFirstLoad(own, `${stack.webUrl}/signin`, (of) => of.getByRole('heading', { name: heading }).waitFor());
    await own.close();
    return code;
  };
  const marks = ['Willkommen zurück', '欢迎回来'];
  const english = await load('en', 'Welcome back');
  expect(marks.filter((mark) => english.includes(mark))).toEqual([]);
  const german = await load('de', 'Willkommen zurück');
  expect(marks.filter((mark) => german.includes(mark))).toEqual(['Willkommen zurück']);
});

/** Sentences of English that are long enough to be one, from the catalogue. */
const sentences = readFileSync(new URL('../apps/web/languages/en.po', import.meta.url), 'utf8')
  .match(/^msgid ".+"$/gm)
  ?.map((line) => line.slice(7, -1))
  .filter((text) => text.split(' ').length > 2 && !/[{<\\]/.test(text));

const outside = ['/signin', '/signup', '/forgot', '/reset?token=x'];
const account = ['', '/keys', '/model-keys', '/usage', '/billing', '/wallets', '/audit'].map((name) => `/account${name}`);
const administration = ['', '/users', '/plan-requests', '/agents', '/nodes', '/usage', '/model-keys', '/audit'].map(
  (name) => `/admin${name}`,
);
const sections = [
  ...['', 'chat', 'logs', 'charts', 'usage', 'channels', 'configuration', 'character', 'files', 'schedule', 'backups', 'update'],
  ...['verification', 'operations', 'danger'],
];

describe.each(['de', 'zh-CN'])('in %s,', (acceptLanguage) => {
  test('every page fits a phone, has no serious accessibility fault, and has no English sentence', async () => {
    const faults: string[] = [];
    for (const isSignedIn of [false, true]) {
      const { own, of, complaints } = await openIn(acceptLanguage, isSignedIn);
      const inside = ['/agents', '/agents/new', ...account, ...administration, '/no-such-page', '/agents/agent_none'];
      const paths = isSignedIn ? [...inside, ...sections.map((name) => `/agents/${agent}${name && `/${name}`}`)] : outside;
      for (const path of paths) {
        await of.setViewportSize(PHONE);
        await of.goto(stack.webUrl + path);
        await of.getByRole('heading', { level: 1 }).filter({ hasText: /\S/ }).first().waitFor();
        await of.locator('main [role=status]:has-text("…")').first().waitFor({ state: 'detached' });
        faults.push(...(await findFaults(of, path, 'light', [PHONE.width])));
        const text = (await of.locator('body').allInnerTexts()).join();
        faults.push(...(sentences ?? []).filter((each) => text.includes(each)).map((each) => `${path} has “${each}”`));
      }
      // A resource that does not answer is not the language's fault: these agents have no container.
      faults.push(...complaints.filter((each) => !/Failed to load resource/.test(each)));
      await own.close();
    }
    expect(faults).toEqual([]);
  }, 360_000);
});
