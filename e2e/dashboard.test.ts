import { createHmac } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { errorTable } from '@agentbot/contracts';
import { deployAttestations } from '@agentbot/test-doubles/attestations';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { deployEns } from '@agentbot/test-doubles/ens';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { startStripe } from '@agentbot/test-doubles/stripe';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { type Address, type Hex, zeroHash } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { openBrowser, refusalsOn } from './browser.ts';
import { startWholeStack, type WholeStack } from './stack.ts';

/**
 * Every page of the dashboard on its main path, for everybody: keyboard, screen reader, phone, both themes, many agents.
 * It is long since all of it is one walk over one stack.
 */

const MODEL_KEY = canary('sk-dashboard-');
const PASSWORD = canary('correct horse battery ');
const IMAGE = 'agentbot/openclaw:2026.3.13';
/** An image whose gateway ends at once. */
const BROKEN = 'agentbot/openclaw-test:dashboard-dies';
const STRIPE_KEY = canary('sk_test_');
const WEBHOOK_SECRET = canary('whsec_');
const ATTESTER: Address = '0x00000000000000000000000000000000000a77e5';
/** Where the contracts are on Base. @see https://github.com/base/verifications#deployments */
const EAS: Address = '0x4200000000000000000000000000000000000021';
const coinbase = {
  attester: '0x357458739F90461b99789350868CD7CF330Dd7EE',
  indexer: '0x2c7eE1E5f416dfF40054c27A62f7B357C4E8619C',
} as const;
/** Where to put a picture of every page, if anywhere. */
const pictures = process.env.SCREENSHOTS;

let model: Awaited<ReturnType<typeof startModelProvider>>;
let bots: Awaited<ReturnType<typeof startBots>>;
let stripe: Awaited<ReturnType<typeof startStripe>>;
let base: TestChain;
let ethereum: TestChain;
let eas: Awaited<ReturnType<typeof deployAttestations>>;
let ens: Awaited<ReturnType<typeof deployEns>>;
let schema: Hex;
let removeBroken: () => Promise<void>;
let stack: WholeStack;
let browser: Browser;
let context: BrowserContext;
/** What the pages' policy refused, in the whole walk. */
let refusals: string[];
let page: Page;
let database: pg.Client;
let agent: string;
let clicks = 0;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  bots = await startBots({ telegram: { [canary('1:good-')]: 'good_bot' } });
  stripe = await startStripe({ apiKey: STRIPE_KEY });
  stripe.setPrice('price_solo', { amount: 1_900 });
  stripe.setPrice('price_collective', { amount: 4_950 });
  removeBroken = await makeStandIn(IMAGE, BROKEN, 'dies');
  [base, ethereum] = await Promise.all([startChain({ chainId: 8453 }), startChain({ chainId: 1 })]);
  [eas, ens] = await Promise.all([deployAttestations(base, EAS), deployEns(ethereum)]);
  schema = await eas.register('bool trusted');
  stack = await startWholeStack(
    { AGENT_PORT_BASE: '23000', AGENT_SUBNET: '10.249.0.0/16' },
    {
      ...bots.settings,
      API_RATE_LIMIT: '5000',
      ALLOWED_IMAGES: 'agentbot/openclaw-test,localhost:1/openclaw',
      STRIPE_SECRET_KEY: STRIPE_KEY,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_BASE: stripe.url,
      STRIPE_PRICE_SOLO: 'price_solo',
      STRIPE_PRICE_COLLECTIVE: 'price_collective',
      EAS_RPC_URL: base.url,
      EAS_ATTESTERS: ATTESTER,
      EAS_SCHEMAS: schema,
      BASE_RPC_URL: base.url,
      ETHEREUM_RPC_URL: ethereum.url,
    },
  );
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  refusals = refusalsOn(context);
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await giveWallet();
});
afterAll(async () => {
  await browser?.close();
  await database?.end();
  await stack?.stop();
  await removeBroken?.();
  await Promise.all([base?.stop(), ethereum?.stop(), stripe?.close(), bots?.close(), model?.close()]);
});

/** A wallet in the browser, as an extension puts it there. */
const wallet = privateKeyToAccount(generatePrivateKey());
async function giveWallet(): Promise<void> {
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

async function click(target: Locator): Promise<void> {
  clicks++;
  await target.click();
}
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const at = (path: string) => page.goto(stack.webUrl + path);
const section = (name: string) => at(`/agents/${agent}${name && `/${name}`}`);
const toast = (text: string | RegExp) => page.locator('[data-sonner-toast]').filter({ hasText: text }).first().waitFor({ timeout: 60_000 });

test('somebody who never saw it talks to an agent in under ten clicks', async () => {
  await at('/signup');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await click(button('Create account'));
  await click(page.getByRole('link', { name: 'Create your first agent' }));
  await click(page.getByRole('radio', { name: /Your own model/ }));
  await page.getByLabel('Name', { exact: true }).fill('Ada');
  await page.getByLabel('Base URL').fill(`http://host.docker.internal:${model.port}/v1`);
  await page.getByLabel('Model ID').fill('echo-1');
  await page.getByLabel('API key').fill(MODEL_KEY);
  await click(button('Create agent'));
  await page.waitForURL(/\/agents\/agent_[a-z0-9]{12}$/);
  agent = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  // The stages are there while they happen, with their times.
  await page.locator('[data-stage]').first().waitFor();
  const talk = page.getByRole('link', { name: 'Talk to Ada' });
  await talk.waitFor({ timeout: 120_000 });
  await click(talk);
  await page.getByLabel('Message').fill('Say **bold** things');
  await click(button('Send'));
  await page.getByRole('log').getByText('You said: Say bold things').waitFor({ timeout: 60_000 });
  expect(await page.getByRole('log').locator('strong').textContent()).toBe('bold');
  expect(clicks).toBeLessThan(10);
}, 180_000);

const status = (wanted: string | RegExp) => page.getByTestId('agent-status').filter({ hasText: wanted }).waitFor({ timeout: 60_000 });

/** Waits until an element has the keyboard. */
const focus = (selector: string) => page.locator(`${selector}:focus`).waitFor();

/** Opens a page of which one request fails: it says so, and trying again brings what is missing. */
async function expectRetry(failing: string, open: () => Promise<unknown>, missing: Locator): Promise<void> {
  let fails = true;
  // Changes of the agent would bring it by themselves.
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

/** Waits until there are so many. */
async function expectCount(of: Locator, count: number): Promise<void> {
  if (count) await of.nth(count - 1).waitFor();
  await of.nth(count).waitFor({ state: 'detached' });
}

/** Waits until a box that follows what is added to it shows its last line. */
const expectToBeAtEnd = (box: Locator) =>
  box.evaluate(async (element) => {
    for (let frames = 0; element.scrollHeight - element.scrollTop - element.clientHeight > 40; frames++) {
      if (frames > 1_000) throw new Error('It does not follow');
      await new Promise(requestAnimationFrame);
    }
  });

describe('an agent’s sections', () => {
  test('chat: conversations of their own, the same after a reload', async () => {
    await button('New conversation').click();
    await page.getByRole('log').getByText('Say hello to your agent.').waitFor();
    await page.getByLabel('Message').fill('<img src=x onerror="document.title=1"> hi');
    await button('Send').click();
    await page.getByRole('log').getByText('You said: <img').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('log').locator('img').count()).toBe(0);
    await page.reload();
    await page.getByRole('log').getByText('You said: Say bold things').waitFor();
    expect(await page.getByLabel('Conversation', { exact: true }).locator('option').count()).toBeGreaterThan(2);
  });

  test('chat: a reply can be stopped, and the next message is answered', async () => {
    const log = page.getByRole('log', { name: 'Conversation' });
    model.setBehaviour({ delayMs: 60_000 });
    await page.getByLabel('Message').fill('Think for long');
    await button('Send').click();
    await log.getByText('The agent is answering…').waitFor();
    while (!model.requests.some(({ words }) => words === 'Think for long')) await page.waitForTimeout(50);
    model.setBehaviour({ delayMs: 0 });
    await button('Stop reply').click();
    await log.getByText('Agent was aborted.').waitFor();
    await button('Stop reply').waitFor({ state: 'detached' });
    await page.getByLabel('Message').fill('Now something short');
    await button('Send').click();
    await log.getByText('You said: Now something short').waitFor();
  });

  test('chat: one can read above while the reply goes on below', async () => {
    const words = Array.from({ length: 300 }, (_, index) => `word-${index}`).join('\n\n');
    model.setBehaviour({ reply: () => words, wordDelayMs: 20 });
    await page.getByLabel('Message').fill('Tell me a long story');
    await button('Send').click();
    const log = page.getByRole('log', { name: 'Conversation' });
    await log.getByText('word-30', { exact: true }).waitFor({ timeout: 60_000 });
    await expectToBeAtEnd(log);
    await log.evaluate((box) => box.scrollTo({ top: 40 }));
    await log.getByText('word-150', { exact: true }).waitFor();
    expect(await log.evaluate((box) => box.scrollTop)).toBe(40);
    await log.evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await log.getByText('word-299', { exact: true }).waitFor();
    await expectToBeAtEnd(log);
    await page.reload();
    await log.getByText('word-299', { exact: true }).waitFor();
    await expectToBeAtEnd(log);
    // What stands for screen readers in a long conversation makes the page itself no longer.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBeLessThan(100);
    model.setBehaviour({ reply: (said) => `You said: ${said}`, wordDelayMs: 0 });
  }, 90_000);

  test('what fails to load says so, and can be tried again', async () => {
    await expectRetry('**/api/agents/*/operations', () => section(''), page.getByRole('heading', { name: 'Last operation' }));
    await expectRetry('**/api/agents/*/operations', () => section('update'), page.getByRole('heading', { name: 'Last update' }));
    await expectRetry('**/api/agents/*/overview', () => section('configuration'), page.getByLabel('Owner IDs'));
    await expectRetry('**/api/agent?*', () => section('chat'), page.getByLabel('Conversation', { exact: true }).locator('option').nth(2));
    await expectRetry('**/api/plans', () => at('/account/billing'), page.getByText('$19 per month'));
  });

  test('overview: what was observed and when, the token behind a click', async () => {
    await section('');
    await page.getByText(/^container running/).waitFor();
    expect(await page.getByText(/^[0-9a-f]{64}$/).count()).toBe(0);
    await button('Show token').click();
    await page.getByText(/^[0-9a-f]{64}$/).waitFor();
    // As over plain http.
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await button('Copy token').click();
    const byHand = page.getByLabel(/Copy the text manually/);
    expect(await byHand.inputValue()).toMatch(/^[0-9a-f]{64}$/);
    expect(await byHand.evaluate(({ selectionStart, selectionEnd }: HTMLTextAreaElement) => [selectionStart, selectionEnd])).toEqual([
      0, 64,
    ]);
  });

  test('logs: back to the beginning, nothing twice, and what is read stays in its place', async () => {
    const { rows } = await database.query('SELECT min(first_id)::text AS first FROM log_chunks WHERE agent_id = $1', [agent]);
    const id = (index: number) => String(BigInt(rows[0].first) - BigInt(1_200 - index) * 1_000_000n);
    // Every seventh needs two lines or more to be shown.
    const record = (index: number) => [
      id(index),
      index === 3 ? 'error' : 'info',
      `Old line ${index}.${index % 7 ? '' : ' wide'.repeat(80)}`,
    ];
    for (const from of [0, 400, 800]) {
      const records = Array.from({ length: 400 }, (_, index) => record(from + index));
      await database.query(
        `INSERT INTO log_chunks (agent_id, first_id, last_id, owner_id, read_to, size, counts, records)
         SELECT id, $2, $3, owner_id, $3, 400, $4, $5 FROM agents WHERE id = $1`,
        [agent, id(from), id(from + 399), from ? [0, 0, 400, 0, 0, 0] : [0, 0, 399, 0, 1, 0], JSON.stringify(records)],
      );
    }
    // Older lines come only once it is known what one read before.
    const held = Promise.withResolvers<void>();
    await page.route('**/api/agents/*/logs?*', async (route) => {
      await held.promise;
      await route.continue();
    });
    await section('logs');
    const lines = page.getByRole('log', { name: 'Log' });
    await page.getByText(/of [45]\d\d lines/).waitFor();
    await expectToBeAtEnd(lines);
    const read = await lines.evaluate(async (box) => {
      box.scrollTo({ top: 300 });
      for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame);
      const { top } = box.getBoundingClientRect();
      const row = [...box.querySelectorAll('[data-index]')].find((each) => each.getBoundingClientRect().top > top + 20);
      return { text: row?.textContent, y: row?.getBoundingClientRect().top ?? 0, height: box.scrollHeight };
    });
    const moves = lines.evaluate(async (box, { text, y, height }) => {
      let most = 0;
      for (let frames = 0, after = 0; after < 20; frames++) {
        await new Promise(requestAnimationFrame);
        const row = [...box.querySelectorAll('[data-index]')].find(({ textContent }) => textContent === text);
        most = Math.max(most, Math.abs((row?.getBoundingClientRect().top ?? Number.NaN) - y));
        if (box.scrollHeight > height + 1_000) after++;
        if (frames > 1_000) throw new Error('No older lines came');
      }
      return most;
    }, read);
    held.resolve();
    expect(await moves).toBeLessThan(2);
    await page.unroute('**/api/agents/*/logs?*');

    const begin = lines.getByText('The stored log starts here.');
    for (let tries = 0; tries < 50 && !(await begin.isVisible()); tries++) {
      await lines.evaluate((box) => box.scrollTo({ top: 0 }));
      await page.waitForTimeout(50);
    }
    await lines.evaluate((box) => box.scrollTo({ top: 0 }));
    await lines.getByText('Old line 0.').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
    const text = (await readFile(await download.path(), 'utf8')).match(/^Old line \d+/gm);
    expect(text).toEqual(Array.from({ length: 1_200 }, (_, index) => `Old line ${index}`));
    await page.getByLabel('Search the log').fill('old line');
    await page.getByLabel('Level').selectOption('error');
    await page.getByText(/^1 of \d+ lines/).waitFor();
    await lines.getByText('Old line 3.').waitFor();
    await page.getByLabel('Search the log').fill('');
    await page.getByLabel('Level').selectOption('trace');
    await page.getByLabel('Follow').check();
    await expectToBeAtEnd(lines);

    await page.reload();
    await page.getByText(/of [45]\d\d lines/).waitFor();
    await page.getByLabel('Search the log').fill('line 12.');
    await button('Search older lines').click();
    const row = (text: string) => lines.locator('[data-index]').filter({ hasText: text });
    await row('Old line 12.').filter({ hasText: 'info' }).waitFor();
    // Plain text has a level in what is kept; a live line does not say it, and none is made up.
    await page.getByLabel('Search the log').fill('line 1199.');
    await row('Old line 1199.').waitFor();
    expect(await row('info').count()).toBe(0);
  }, 60_000);

  test('logs: search, level, pause, download', async () => {
    await section('logs');
    const lines = page.getByRole('log', { name: 'Log' });
    await lines.locator('[data-index]').first().waitFor();
    await page.getByLabel('Search the log').fill('no line says this');
    await lines.getByText('No lines to show.').waitFor();
    await page.getByLabel('Search the log').fill('');
    await lines.locator('[data-index]').first().waitFor();
    await button('Pause').click();
    await page.getByText(/^Paused/).waitFor();
    const download = page.waitForEvent('download');
    await button('Download').click();
    expect((await download).suggestedFilename()).toBe(`${agent}.log`);
    await button('Resume').click();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('charts: what its container used', async () => {
    const minute = `date_trunc('minute', now()) - i * interval '1 minute'`;
    await database.query(
      `INSERT INTO usage_points (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
       SELECT $1, 'minute', ${minute}, (SELECT owner_id FROM agents WHERE id = $1), 6, 0.1 + 0.05 * (i % 5), 3e8 + 1e6 * i, 2147483648, 1000 * i, 500 * i, 0, 4096, 30
       FROM generate_series(1, 40) i ON CONFLICT DO NOTHING`,
      [agent],
    );
    await section('charts');
    await page.locator('.recharts-area-curve').first().waitFor();
    expect(await page.locator('.recharts-area-curve').count()).toBe(6);
  });

  test('channels: a token that its channel does not know is not saved', async () => {
    await section('channels');
    await page.getByLabel('Telegram bot token').fill('1:bad');
    await button('Connect Telegram').click();
    await page.getByText('Telegram does not know this token').waitFor();
    expect((await database.query(`SELECT FROM agent_secrets WHERE agent_id = $1 AND name = 'telegramToken'`, [agent])).rowCount).toBe(0);
    await page.getByLabel('Telegram bot token').fill(canary('1:good-'));
    await button('Check token').first().click();
    await page.getByText('This is @good_bot').waitFor();
  });

  test('channels: says when the agent takes a token over', async () => {
    await page.route('**/api/agent', (route) => route.fulfill({ json: { success: true, key: 'telegram', configured: true } }));
    let change: object = {};
    await page.route('**/api/agents/*/overview', async (route) => {
      const answer = await route.fetch();
      const { agent: read } = await answer.json();
      await route.fulfill({ response: answer, json: { agent: { ...read, ...change }, status: 'ok' } });
    });
    for (const [state, sentence] of [
      [{}, 'the agent restarts to use it'],
      [{ status: 'stopped' }, 'the agent uses it after its next start'],
      [{ runtime: 'api' }, 'the agent uses it once it runs in a container'],
    ] as const) {
      change = state;
      await section('channels');
      await page.getByLabel('Telegram bot token').fill(canary('1:good-'));
      await button('Connect Telegram').click();
      await toast(`Telegram is set; ${sentence}`);
    }
    await page.unroute('**/api/agents/*/overview');
    await page.unroute('**/api/agent');
  });

  test('configuration: checked beside its field, then saved', async () => {
    await section('configuration');
    await page.getByLabel('Owner IDs').fill('!!');
    await button('Save configuration').click();
    await page.getByText('“!!” is not a valid ID').waitFor();
    await page.getByLabel('Owner IDs').fill('100, 200');
    await page.getByLabel('Model ID').fill('echo-2');
    await button('Save configuration').click();
    await toast('The configuration is saved');
    await button('Apply now').waitFor();
    await page.reload();
    expect(await page.getByLabel('Owner IDs').inputValue()).toBe('100, 200');
    await button('Apply now').waitFor();
  });

  test('configuration: to another provider and its default model, and back to an endpoint of one’s own', async () => {
    const provider = page.getByLabel('Provider', { exact: true });
    const modelId = page.getByLabel('Model ID');
    const save = async () => {
      const saved = page.waitForResponse((answer) => answer.request().method() === 'PUT' && answer.url().endsWith('/config'));
      await button('Save configuration').click();
      expect((await saved).status()).toBe(200);
      await page.reload();
    };
    const row = async () => (await database.query('SELECT ai_provider, model FROM agents WHERE id = $1', [agent])).rows[0];

    expect(await modelId.inputValue()).toBe('echo-2');
    await provider.selectOption('groq');
    expect(await modelId.inputValue()).toBe('');
    expect(await page.getByLabel('Base URL').count()).toBe(0);
    await modelId.fill('llama-3.1-8b-instant');
    const key = page.getByLabel('New API key');
    await page.getByText('The saved key belongs to the previous provider').waitFor();
    // The browser stops at a field that is required; blanks alone pass it.
    await button('Save configuration').click();
    expect(await key.evaluate((input: HTMLInputElement) => [input.required, input.validity.valueMissing])).toEqual([true, true]);
    await key.fill('   ');
    await button('Save configuration').click();
    await page.getByText('The new provider needs its own key').waitFor();
    await key.fill(canary('gsk-'));
    await save();
    expect(await modelId.inputValue()).toBe('llama-3.1-8b-instant');
    expect(await row()).toEqual({ ai_provider: 'groq', model: 'llama-3.1-8b-instant' });
    await modelId.fill('');
    await save();
    expect(await modelId.inputValue()).toBe('');
    expect(await row()).toEqual({ ai_provider: 'groq', model: 'llama-3.3-70b-versatile' });

    await provider.selectOption('custom');
    const baseUrl = page.getByLabel('Base URL');
    await modelId.fill('${NOPE}');
    for (const [typed, sentence] of [
      ['https://user:pw@models.example/v1', 'The base URL must not contain a user name or password: give the key as apiKey'],
      ['https://models.example/v1?key=1', 'The base URL must not have a query or a fragment: leave out what follows ? or #'],
      ['https://models.example/v1/chat/completions', 'The base URL must stop before /chat/completions'],
    ] as const) {
      await baseUrl.fill(typed);
      await button('Save configuration').click();
      await page.getByText(sentence).waitFor();
    }
    await page.getByText('A model ID must not contain ${').waitFor();
    await page.getByText('The saved key is not sent to another server: if this field is empty, the agent has no key.').waitFor();
    const faults: string[] = [];
    for (const theme of ['light', 'dark']) faults.push(...(await faultsOf(page, '/configuration-refused', theme)));
    expect(faults).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await baseUrl.fill(`http://host.docker.internal:${model.port}/v1`);
    await modelId.fill('echo-2');
    await key.fill(MODEL_KEY);
    await save();
    expect(await modelId.inputValue()).toBe('echo-2');
    expect(await row()).toEqual({ ai_provider: 'custom', model: 'custom' });
    await baseUrl.fill('https://models.example/v1');
    await page.getByText('The saved key is not sent to another server').waitFor();
    await baseUrl.fill(`http://host.docker.internal:${model.port}/other`);
    await page.getByText('Leave empty to keep the saved key').waitFor();
    await page.reload();
  });

  test('operations: a restart is given up on the way', async () => {
    await section('operations');
    // Its first stage cannot be noted before it is let go on.
    await database.query('BEGIN; LOCK TABLE operation_steps IN SHARE ROW EXCLUSIVE MODE');
    try {
      await button('Restart').click();
      await page.getByText('Restart · running').waitFor();
      await button('Cancel').click();
      await button('Cancel operation').click();
      await page.getByText('Cancelling…').waitFor();
    } finally {
      await database.query('COMMIT');
    }
    await page.getByText('Restart · cancelled').waitFor({ timeout: 60_000 });
    // As it was, when nothing had been stopped yet.
    await status(/stopped|running/);
  }, 90_000);

  test('an operation that goes on is no failure, and its question is settled', async () => {
    const code = 'OPERATION_STILL_RUNNING';
    const json = { success: false, status: 'error', error: errorTable[code].sentence, code };
    await page.route('**/api/instance/*/repair', (route) => route.fulfill({ status: 500, json }));
    await section('danger');
    await button('Repair agent').click();
    await button('Repair now').click();
    await page.locator('[data-sonner-toast][data-type=info]').filter({ hasText: json.error }).waitFor();
    await expectCount(page.getByRole('dialog'), 0);
    await focus('button:text-is("Repair agent")');
    await page.unroute('**/api/instance/*/repair');
  });

  test('a change that finds the session ended leaves for the sign-in page', async () => {
    // A session of its own: leaving ends it for every window that has it.
    const other = await browser.newContext();
    const theirs = await other.newPage();
    await theirs.goto(`${stack.webUrl}/signin`);
    await theirs.getByLabel('Email').fill('ada@example.com');
    await theirs.getByLabel('Password').fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.waitForURL(/\/agents$/);
    const json = { success: false, status: 'error', error: 'Unauthorized', code: 'UNAUTHORIZED' };
    await theirs.route('**/api/instance/*/*', (route) => route.fulfill({ status: 401, json }));
    await theirs.goto(`${stack.webUrl}/agents/${agent}/danger`);
    await theirs.getByRole('button', { name: /^(Res|S)tart$/ }).click();
    await theirs.waitForURL(/\/signin/);
    await theirs.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await other.close();
  });

  test('repair: the agent runs again, with what was saved', async () => {
    await section('danger');
    await button('Repair agent').click();
    await button('Repair now').click();
    await toast('The agent is repaired');
    await status('running');
    await section('configuration');
    await page.getByLabel('Owner IDs').waitFor();
    expect(await button('Apply now').count()).toBe(0);
  }, 90_000);

  test('backups: made, on schedule, taken along, restored, removed', async () => {
    await section('backups');
    await button('Back up now').click();
    await toast('The backup is complete');
    await page.getByText('Manual backup').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const tar = gunzipSync(await readFile(await (await download).path()));
    expect(tar.subarray(257, 262).toString()).toBe('ustar');
    expect(tar.length).toBeGreaterThan(10_000);
    await page.getByLabel('Back up', { exact: true }).selectOption('24');
    await button('Save schedule').click();
    await page.getByText(/^Next backup:/).waitFor();
    await button('Restore').click();
    await button('Restore now').click();
    await toast('The backup is restored');
    await status('running');
    await page.getByText('Before a restore').waitFor();
    for (const left of [1, 0]) {
      await button('Delete').first().click();
      await button('Delete backup').click();
      await expectCount(button('Delete'), left);
      // What opened the question went with its row.
      await focus('#main');
    }
    await page.getByText('No backups yet').waitFor();
  }, 150_000);

  test('update: says from what to what, and what to do when it failed', async () => {
    await section('update');
    await page.getByLabel('Another image').fill('localhost:1/openclaw:not-there');
    await button('Update agent').click();
    await button('Update now').click();
    await page.locator('[data-stage="image"][data-state="failed"]').waitFor({ timeout: 60_000 });
    await page.getByText(/Check its name under Update/).waitFor();
    await status('running');
  }, 90_000);

  test('update: an image that never becomes ready, step by step and back again', async () => {
    await section('update');
    await page.getByLabel('Another image').fill(BROKEN);
    await button('Update agent').click();
    await button('Update now').click();
    const stage = (name: string, state: string) =>
      page.locator(`[data-stage="${name}"][data-state="${state}"]`).waitFor({ timeout: 240_000 });
    await page.getByText('Update · running').waitFor();
    await status('updating');
    await stage('backup', 'done');
    await stage('rollback', 'running');
    if (pictures) await page.screenshot({ path: `${pictures}/rollback-under-way.png`, fullPage: true });
    await stage('rollback', 'done');
    await page.getByText('Update · failed').waitFor();
    await page.getByRole('alert').getByText(`Update failed, the agent is back on ${IMAGE}: `).waitFor();
    await page.getByText(/^The image and the data were restored/).waitFor();
    await status('running');
    expect(await page.locator('dt:text-is("From") + dd').textContent()).toBe(IMAGE);
    const { rows } = await database.query('SELECT state, image FROM agents WHERE id = $1', [agent]);
    expect(rows).toEqual([{ state: 'running', image: IMAGE }]);
    // It goes on, with what it remembers.
    await section('chat');
    await page.getByRole('log').getByText('You said: Say bold things').waitFor();
    await page.getByLabel('Message').fill('Are you back?');
    await button('Send').click();
    await page.getByRole('log').getByText('You said: Are you back?').waitFor({ timeout: 60_000 });
  }, 300_000);

  test('verification: a passkey that is not given, or is there already', async () => {
    await section('verification');
    for (const [name, sentence] of [
      ['NotAllowedError', 'The passkey request was cancelled or timed out'],
      ['InvalidStateError', 'This device already has a passkey for this agent'],
    ] as const) {
      await page.evaluate((refusal) => {
        navigator.credentials.create = () => Promise.reject(new DOMException('Not for people', refusal));
      }, name);
      await button('Verify with a passkey').click();
      await toast(sentence);
    }
    await page.getByText(/^This agent is not verified yet/).waitFor();
  });

  test('verification: by a passkey', async () => {
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    await section('verification');
    await button('Verify with a passkey').click();
    await page.getByText('Verified by Passkey').waitFor();
    await session.detach();
  });

  test('verification: by an ENS name, with a wallet that is somewhere else', async () => {
    await ens.set('ada.eth', wallet.address);
    await section('verification');
    await page.getByRole('radio', { name: /ENS name/ }).check();
    await page.getByLabel('ENS name', { exact: true }).fill('ada.eth');
    await page.getByLabel('1. Wallet address').fill(wallet.address);
    await button('Get the message to sign').click();
    const message = (await page.locator('pre').textContent()) ?? '';
    await page.getByLabel('3. Signature').fill(await wallet.signMessage({ message }));
    await button('Verify agent').click();
    await page.getByText('Verified by ENS name').waitFor();
  });

  test('verification: by an attestation, with the browser’s wallet', async () => {
    await page.getByRole('radio', { name: /EAS/ }).check();
    await page.getByLabel('Attestation UID').fill(zeroHash);
    await button('Sign with this browser’s wallet').click();
    await toast('There is no such attestation');
    await page.getByLabel('Attestation UID').fill(await eas.attest(ATTESTER, { schema, recipient: wallet.address }));
    await button('Sign with this browser’s wallet').click();
    await page.getByText('Verified by Attestation (EAS)').waitFor();
  });

  test('verification: by Coinbase, and no more', async () => {
    const uid = await eas.attest(coinbase.attester, { schema: await eas.registerCoinbase(), recipient: wallet.address });
    await eas.index(coinbase.indexer, wallet.address, uid);
    await page.getByRole('radio', { name: /Coinbase/ }).check();
    await button('Sign with this browser’s wallet').click();
    await page.getByText('Verified by Coinbase').waitFor();
    await page.getByText(uid).waitFor();
    await button('Remove verification').click();
    await button('Remove').click();
    await page.getByText(/^This agent is not verified yet/).waitFor();
  });

  test('operations: what was done, newest first', async () => {
    await section('operations');
    await page.getByRole('heading', { name: 'Update' }).first().waitFor();
    await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
  });

  test('operations: back to the first one, and the last update whatever was done since', async () => {
    await database.query(
      `INSERT INTO operations (id, agent_id, owner_id, kind, state, created_at, started_at, finished_at)
       SELECT 'op_many' || i, id, owner_id, 'stop', 'succeeded', now() - i * interval '1 millisecond', now(), now()
       FROM agents, generate_series(1, 60) i WHERE agents.id = $1`,
      [agent],
    );
    await section('operations');
    const stops = page.getByRole('heading', { name: 'Stop', exact: true });
    await expectCount(stops, 50);
    await button('Earlier operations').click();
    await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
    await expectCount(stops, 60);
    expect(await button('Earlier operations').count()).toBe(0);
    await section('update');
    await page.getByText('Update · failed').waitFor();
    await database.query(`DELETE FROM operations WHERE id LIKE 'op_many%'`);
  });

  test('danger zone: nothing without the typed name', async () => {
    await section('danger');
    await button('Delete agent').click();
    expect(await button('Delete forever').isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await focus('button:text-is("Delete agent")');
  });

  test('reset memory: by its typed name, with a backup of what it remembered', async () => {
    await section('danger');
    await button('Reset memory').click();
    await page.getByLabel('Agent name').fill('Ada');
    await button('Reset now').click();
    await toast('The memory is reset');
    await section('backups');
    await page.getByText('Before a memory reset').waitFor();
  }, 90_000);

  test('restart: away, and there again', async () => {
    await button('Restart').click();
    await toast('The agent is running again');
    await status('running');
  }, 90_000);
});

test('a new agent: none with a token that its channel refuses', async () => {
  await at('/agents/new');
  await page.getByText('Channels (optional)').click();
  await page.getByLabel('Telegram bot token').fill('1:bad');
  await button('Create agent').click();
  await page.getByText('A bot token was refused: correct it, or leave it empty for now.').waitFor();
  await page.getByText('Telegram does not know this token').waitFor();
  expect((await database.query('SELECT FROM agents')).rowCount).toBe(1);
});

describe('the account', () => {
  test('API keys: with scopes, shown once, revoked', async () => {
    await at('/account/keys');
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

  test('wallets: linked by the browser’s wallet', async () => {
    await at('/account/wallets');
    await button('Sign with this browser’s wallet').click();
    await page.getByText(new RegExp(`^${wallet.address}$`, 'i')).waitFor();
  });

  test('audit log: what was changed', async () => {
    await at('/account/audit');
    await page.getByRole('row').filter({ hasText: 'link wallet' }).waitFor();
    const revoked = page.getByRole('row').filter({ hasText: 'delete api key' });
    await expectCount(revoked, 1);
    // Whoever comes back to it sees what was done meanwhile.
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Passing');
    await button('Create key').click();
    await button('Revoke').click();
    await button('Revoke key').click();
    await page.getByText('No keys yet').waitFor();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await expectCount(revoked, 2);
  });
});

test('administration: health, users and their plans, all agents', async () => {
  const other = await browser.newContext();
  const theirs = await other.newPage();
  await theirs.goto(`${stack.webUrl}/signup`);
  await theirs.getByLabel('Email').fill('eve@example.com');
  await theirs.getByLabel('Password').fill(PASSWORD);
  await theirs.getByRole('button', { name: 'Create account' }).click();
  await theirs.getByText(/^Your account has no plan yet/).waitFor();
  expect(await theirs.getByRole('link', { name: 'All agents' }).count()).toBe(0);
  await other.close();

  await at('/admin');
  const available = page.getByText('Available', { exact: true });
  await available.waitFor();
  // What was so before says nothing of now.
  await expectRetry('**/api/admin/health', () => available.waitFor({ state: 'detached' }), available);
  await at('/admin/users');
  const planOfEve = async () => (await database.query(`SELECT plan FROM users WHERE email = 'eve@example.com'`)).rows[0].plan;
  let grants = 0;
  page.on('request', (request) => {
    if (request.method() === 'PUT') grants++;
  });
  const grant = button('Grant the plan to eve@example.com');
  await page.getByLabel('Plan of eve@example.com').selectOption('solo');
  // Once it can be clicked, whatever the choice would have sent is sent.
  await grant.and(page.locator(':enabled')).waitFor();
  expect([grants, await planOfEve()]).toEqual([0, null]);
  await grant.click();
  await toast('eve@example.com has the solo plan');
  expect(grants).toBe(1);
  expect(await planOfEve()).toBe('solo');
  await at('/admin/agents');
  await page.getByLabel('Search by name, id or owner').fill('ada@');
  await page.getByRole('row').filter({ hasText: agent }).waitFor();
  // A search that fails leaves nothing of the one before in its place.
  await expectRetry(
    '**/api/admin/agents?q=*',
    async () => {
      await page.getByLabel('Search by name, id or owner').fill('nobody has this');
      await expectCount(page.getByRole('row'), 0);
    },
    page.getByText('No agents found.'),
  );
});

test('a page of a long list that fails can be tried again', async () => {
  await database.query(
    `INSERT INTO users (id, email, created_at, updated_at)
     SELECT 'user_many' || i, 'many' || i || '@example.com', now() - interval '1 day', now() FROM generate_series(1, 60) i`,
  );
  const rows = page.getByRole('row');
  await expectRetry(
    '**/api/admin/users?cursor=*',
    async () => {
      await at('/admin/users');
      await button('More users').click();
    },
    rows.nth(61),
  );
  expect(await rows.count()).toBe(63);
  await database.query(`DELETE FROM users WHERE id LIKE 'user_many%'`);
});

test('a plan is bought at Stripe, for the price that Stripe says', async () => {
  const other = await browser.newContext();
  const theirs = await other.newPage();
  theirs.setDefaultTimeout(30_000);
  await theirs.route('https://stripe.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Stripe</h1>' }));
  await theirs.goto(`${stack.webUrl}/signup`);
  await theirs.getByLabel('Email').fill('bob@example.com');
  await theirs.getByLabel('Password').fill(PASSWORD);
  await theirs.getByRole('button', { name: 'Create account' }).click();
  await theirs.getByRole('link', { name: 'Create your first agent' }).click();
  await theirs.getByText(/covered by a plan; solo is \$19 per month/).waitFor();
  await theirs.getByText('you have 0 of 1 agents').waitFor();
  await theirs.getByRole('link', { name: 'Plan and billing' }).first().click();
  await theirs.getByText('$49.50 per month').waitFor();
  expect(await theirs.getByText('Not for sale here').count()).toBe(2);
  await theirs.getByRole('button', { name: 'Choose solo' }).click();
  await theirs.getByRole('heading', { name: 'Stripe' }).waitFor();
  const session = stripe.sessions.at(-1) ?? {};
  await theirs.goto(session.cancel_url ?? '');
  await theirs.getByText('The checkout was cancelled. You were not charged.').waitFor();
  await theirs.goto(session.success_url ?? '');
  await theirs.getByText(/^Stripe has received your order/).waitFor();
  stripe.setSubscription('sub_bob', {
    customer: session.customer ?? '',
    price: session['line_items[0][price]'] ?? '',
    metadata: { agentbot_account: session['subscription_data[metadata][agentbot_account]'] ?? '' },
  });
  await tellOfSubscription('sub_bob');
  await theirs.getByText('Thank you. Your account has the solo plan.').waitFor();
  await theirs.goto(`${stack.webUrl}/account/billing`);
  await theirs.getByText('Your plan', { exact: true }).nth(1).waitFor();
  await theirs.getByRole('button', { name: 'Manage the subscription' }).click();
  await theirs.getByRole('heading', { name: 'Stripe' }).waitFor();
  expect(stripe.sessions.at(-1)).toMatchObject({ customer: session.customer });
  await other.close();
}, 60_000);

/** As Stripe does it: an event, signed. */
async function tellOfSubscription(id: string): Promise<void> {
  const object = { id, object: 'subscription', items: { data: [] } };
  const payload = JSON.stringify({ id: 'evt_1', object: 'event', type: 'customer.subscription.created', data: { object } });
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${payload}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` };
  const answer = await fetch(`${stack.backendUrl}/api/stripe/webhook`, { method: 'POST', headers, body: payload });
  expect(answer.status).toBe(200);
}

const paths = () => [
  '/agents',
  '/agents/new',
  ...['', '/chat', '/logs', '/charts', '/channels', '/configuration', '/backups', '/update', '/verification', '/operations', '/danger'].map(
    (each) => `/agents/${agent}${each}`,
  ),
  '/account/keys',
  '/account/billing',
  '/account/wallets',
  '/account/audit',
  '/admin',
  '/admin/users',
  '/admin/agents',
];
const open = ['/signin', '/signup', '/forgot', '/reset?token=x'];

async function settle(of: Page) {
  await of.getByRole('heading', { level: 1 }).filter({ hasText: /\S/ }).first().waitFor();
  await of.locator('[role=status]:has-text("Loading…")').first().waitFor({ state: 'detached' });
  await of.getByText('Loading…', { exact: true }).first().waitFor({ state: 'detached' });
}

/** What is wrong with a page in one theme, for a phone and for a desktop. */
async function faultsOf(of: Page, path: string, theme: string, widths = [390, 1440]): Promise<string[]> {
  const faults: string[] = [];
  await of.evaluate((wanted) => {
    document.documentElement.dataset.theme = wanted;
  }, theme);
  for (const width of widths) {
    await of.setViewportSize({ width, height: 900 });
    await of.waitForTimeout(100);
    const wider = await of.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wider > 0) faults.push(`${path} at ${width}: ${wider} px too wide`);
    const name = `${path.replace(agent, 'agent').replace(/\?.*/, '').replaceAll('/', '-').slice(1)}-${theme}-${width}.png`;
    if (pictures) await of.screenshot({ path: `${pictures}/${name}`, fullPage: true });
    // In the page itself: there is nothing in frames, and another page for each look takes longer than the look.
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

test('no page has a serious fault of accessibility in either theme, nor is wider than a phone', async () => {
  const stranger = await browser.newContext();
  const visitor = await stranger.newPage();
  if (pictures) await mkdir(pictures, { recursive: true });
  const faults: string[] = [];
  for (const path of [...open, ...paths(), '/no-such-page', '/agents/agent_none']) {
    const of = open.includes(path) ? visitor : page;
    await of.goto(stack.webUrl + path);
    await settle(of);
    for (const theme of ['light', 'dark']) faults.push(...(await faultsOf(of, path, theme)));
  }
  await stranger.close();
  expect(faults).toEqual([]);
}, 480_000);

test('nor has a question, the menu on a phone, or a page that broke', async () => {
  const faults: string[] = [];
  const look = async (name: string, widths?: number[]) => {
    for (const theme of ['light', 'dark']) faults.push(...(await faultsOf(page, name, theme, widths)));
  };
  await section('danger');
  await button('Delete agent').click();
  await page.getByRole('dialog').waitFor();
  await look('/question');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 900 });
  await button('Menu').click();
  await page.getByRole('dialog', { name: 'Menu' }).getByRole('link', { name: 'API keys' }).waitFor();
  await look('/menu', [390]);
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);

  await page.route('**/api/agents/*/operations', (route) => route.fulfill({ json: { operations: [{}] } }));
  await section('operations');
  await page.getByRole('heading', { name: 'This page could not be shown' }).waitFor();
  await look('/broken');
  await page.unroute('**/api/agents/*/operations');
  await button('Try again').click();
  await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
  expect(faults).toEqual([]);
}, 120_000);

test('the menu on a phone gives the keyboard back, and knows the theme that was chosen in it', async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  await at('/agents');
  const menu = page.getByRole('dialog', { name: 'Menu' });
  await button('Menu').click();
  await menu.getByTitle('Dark').click();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  await page.keyboard.press('Escape');
  await focus('button[aria-label=Menu]');
  await button('Menu').click();
  expect(await menu.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
  await button('Close the menu').click();
  await focus('button[aria-label=Menu]');
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
});

test('the theme is chosen by keyboard, and stays', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await at('/agents');
  await page.getByRole('radio', { name: 'System' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
  await page.reload();
  expect(await page.getByRole('radio', { name: 'Light' }).isChecked()).toBe(true);
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(247, 247, 248)');
});

describe('with a thousand agents', () => {
  beforeAll(async () => {
    await database.query(
      `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
       SELECT 'agent_many' || i, owner_id, 'Many ' || i, 'gpt-4', 'openrouter', 'stopped', now() - i * interval '1 second', now()
       FROM agents, generate_series(1, 1000) i WHERE agents.id = $1`,
      [agent],
    );
  });
  afterAll(() => database.query(`DELETE FROM agents WHERE id LIKE 'agent_many%'`));

  test('the first load takes less than 200 kB of JavaScript and shifts nothing', async () => {
    const fresh = await context.newPage();
    const session = await context.newCDPSession(fresh);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const scripts = new Set<string>();
    let bytes = 0;
    session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) bytes += encodedDataLength;
    });
    await fresh.addInitScript(() => {
      Object.assign(globalThis, { shift: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          (globalThis as unknown as { shift: number }).shift += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await fresh.goto(`${stack.webUrl}/agents`);
    await fresh.getByText('1001 agents, 1 running').waitFor();
    await fresh.waitForTimeout(1_500);
    const shift = await fresh.evaluate(() => (globalThis as unknown as { shift: number }).shift);
    process.stdout.write(`agents page: ${Math.round(bytes / 1000)} kB of JavaScript, layout shift ${shift.toFixed(4)}\n`);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(200_000);
    expect(shift).toBeLessThan(0.01);
    await fresh.close();
  });

  /** Milliseconds from a key to what it changes on the page, at most, while one searches for something. */
  async function slowestAnswer(words: string): Promise<number> {
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { delays: seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.push(entry.duration);
      }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
    });
    await page.getByLabel('Search agents').pressSequentially(words, { delay: 120 });
    await page.getByText('20 of 1001 agents, 1 running').waitFor();
    return page.evaluate(() => Math.max(0, ...(globalThis as unknown as { delays: number[] }).delays));
  }

  test('all of them changing at once, the page answers while one types', async () => {
    let lists = 0;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/overview') lists++;
    });
    await at('/agents');
    await page.getByText('1001 agents, 1 running').waitFor();
    expect(await page.getByRole('list', { name: 'Agents' }).getByRole('listitem').count()).toBeLessThan(40);
    // What this machine can do while nothing changes.
    const quiet = await slowestAnswer('many 20');
    await page.getByLabel('Search agents').fill('');
    let changes = 0;
    let going = true;
    const changing = (async () => {
      for (; going; changes++) {
        // In threes: frames come with every second change or so, and must not meet the same state each time.
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
    const slowest = await slowestAnswer('many 20').finally(async () => {
      while (changes < 4) await page.waitForTimeout(100);
      going = false;
      return changing;
    });
    process.stdout.write(`1000 agents, ${changes} changes of each: slowest answer to a key ${slowest} ms, ${quiet} ms without changes\n`);
    expect(changes).toBeGreaterThan(3);
    expect(slowest).toBeLessThan(Math.max(500, 5 * quiet));
    // The last change of all is seen without a reload.
    await database.query(`UPDATE agents SET name = 'Many 20 renamed' WHERE id = 'agent_many20'`);
    await page.getByText('Many 20 renamed').waitFor();
    // Changes come by themselves: the whole list is read when it is opened, and for its figures once a minute.
    expect(lists).toBeLessThan(3);
  });
});

test('the agent goes by its typed name, and leaves an empty list', async () => {
  await section('danger');
  await button('Delete agent').click();
  await page.getByLabel('Agent name').fill('Ada');
  await button('Delete forever').click();
  await page.getByRole('heading', { name: 'No agents yet' }).waitFor({ timeout: 60_000 });
});

test('the policy of the pages refused nothing of all that', () => {
  expect(refusals).toEqual([]);
});

test('no secret stands in any log line', () => {
  const everything = stack.output.join('\n');
  for (const secret of [MODEL_KEY, PASSWORD, canary('1:good-'), ...Object.values(stack.secrets)]) expect(everything).not.toContain(secret);
});
