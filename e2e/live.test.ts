import { mkdir } from 'node:fs/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { startWholeStack, type WholeStack } from './stack.ts';

/** Live updates: pages show changes from elsewhere, and recover after the backend was unavailable. The agents have no containers. */

const screenshots = process.env.SCREENSHOTS;
const AGENT = 'agent_live1';

let stack: WholeStack;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let database: pg.Client;
let owner: string;

beforeAll(async () => {
  // The reconciler does not look for containers: the agents have none.
  stack = await startWholeStack({ RECONCILE_SECONDS: '3600', API_RATE_LIMIT: '5000' });
  database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${stack.webUrl}/signup`);
  await page.getByLabel('Email').fill('live@example.com');
  await page.getByLabel('Password').fill(canary('correct horse battery '));
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(/\/agents$/);
  owner = (await database.query(`SELECT id FROM users WHERE email = 'live@example.com'`)).rows[0].id;
  await database.query(
    `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
     SELECT 'agent_live' || i, $1, 'Live ' || i, 'gpt-4', 'openrouter', 'running', now() - i * interval '1 second', now()
     FROM generate_series(1, 30) i`,
    [owner],
  );
  for (const session of ['sess_one', 'sess_two']) {
    await database.query('INSERT INTO chat_sessions (id, agent_id, owner_id) VALUES ($1, $2, $3)', [session, AGENT, owner]);
  }
});
afterAll(async () => {
  await browser?.close();
  await database?.end();
  await stack?.stop();
});

/** Inserts old messages, one second apart. */
const insertMessages = (from: number, to: number) =>
  database.query(
    `INSERT INTO messages (id, agent_id, owner_id, session_id, sender, content, created_at)
     SELECT 'msg_' || i, $1, $2, 'sess_one', 'agent', 'Message **' || i || '**', now() - interval '1 hour' + i * interval '1 second'
     FROM generate_series($3::int, $4::int) i`,
    [AGENT, owner, from, to],
  );
const rename = (name: string) => database.query('UPDATE agents SET name = $1 WHERE id = $2', [name, AGENT]);
const insertUsage = (minutesAgo: number, cpu: number) =>
  database.query(
    `INSERT INTO usage_points (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
     SELECT id, 'minute', date_trunc('minute', now()) - $2 * interval '1 minute', owner_id, 6, $3::float8 + 0.02 * (length(name) % 3), 3e8, 2147483648, 0, 0, 0, 0, 30
     FROM agents WHERE owner_id = $1`,
    [owner, minutesAgo, cpu],
  );
/** Delays one response of the server until `release`. */
async function hold(of: Page, path: string) {
  const released = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const delivered = Promise.withResolvers<void>();
  await of.route(
    path,
    async (route) => {
      const response = await route.fetch();
      answered.resolve();
      await released.promise;
      await route.fulfill({ response });
      delivered.resolve();
    },
    { times: 1 },
  );
  return {
    answered: answered.promise,
    release() {
      released.resolve();
      return delivered.promise;
    },
  };
}
/** The vertical position of an element after the layout has settled. */
const topOf = (of: Locator) =>
  of.evaluate(async (element) => {
    for (let frames = 0; frames < 5; frames++) await new Promise(requestAnimationFrame);
    return element.getBoundingClientRect().top;
  });

describe('the list of agents', () => {
  test('keeps a change that arrives during a read', async () => {
    const held = await hold(page, '**/api/overview');
    await page.goto(`${stack.webUrl}/agents`);
    await held.answered;
    // When another page shows the change, this page has received it too.
    const other = await context.newPage();
    await other.goto(`${stack.webUrl}/agents`);
    await other.getByText('Live 30').or(other.getByText('30 agents')).first().waitFor();
    await rename('Renamed while it was read');
    await other.getByText('Renamed while it was read').waitFor();
    await held.release();
    await other.close();
    await page.getByText('Renamed while it was read').waitFor();
    await rename('Renamed after it was read');
    await page.getByText('Renamed after it was read').waitFor();
  });

  test('is read again after a 429', async () => {
    const refused = { status: 429, json: { error: 'Too many requests', code: 'RATE_LIMITED' } };
    await page.route('**/api/overview', (route) => route.fulfill(refused), { times: 1 });
    const read = page.waitForResponse((response) => response.url().endsWith('/api/overview') && response.ok());
    await page.goto(`${stack.webUrl}/agents`);
    await read;
    await page.getByText('Too many requests').waitFor({ state: 'detached' });
  });

  test('refreshes the usage of containers every minute', async () => {
    await insertUsage(2, 0.1);
    const later = await context.newPage();
    await later.clock.install();
    const read = () => later.waitForResponse('**/api/overview');
    const first = read();
    await later.goto(`${stack.webUrl}/agents`);
    await (await first).finished();
    await later.getByRole('img', { name: 'CPU 10' }).first().waitFor();
    await insertUsage(1, 0.5);
    const second = read();
    // Step by step: after a jump, SWR would take the first response as fresh and skip the request.
    await later.clock.runFor(61_000);
    await second;
    await later.getByRole('img', { name: 'CPU 50' }).first().waitFor();
    await later.close();
  });

  test('shows channels at every width, usage except on phones, and clips nothing', async () => {
    await database.query(
      `INSERT INTO agent_secrets (agent_id, name, owner_id, sealed, updated_at)
       SELECT $1, name, $2, '', now() FROM unnest('{telegramToken,discordBotToken,whatsappToken}'::text[]) AS t(name)`,
      [AGENT, owner],
    );
    await rename('An agent whose name is a good deal longer than there is room for on the screen of any phone');
    if (screenshots) await mkdir(screenshots, { recursive: true });
    const rows = page.getByRole('list', { name: 'Agents' }).getByRole('listitem').locator('> div');
    for (const width of [390, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => scrollTo(0, 0));
      await rows.first().getByText('Telegram, Discord, WhatsApp').waitFor();
      if (width >= 640)
        await rows
          .first()
          .getByRole('img', { name: /^Memory/ })
          .waitFor();
      // Also checks the last row.
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.getByText('Live 30').waitFor();
      const faults = await rows.evaluateAll((boxes) =>
        boxes.flatMap((box, index) => {
          const { top, bottom } = box.getBoundingClientRect();
          const above = boxes[index - 1]?.getBoundingClientRect().bottom ?? top - 12;
          const inside = [...box.querySelectorAll('*')].map((each) => each.getBoundingClientRect());
          const out = inside.some((each) => each.height > 0 && (each.top < top || each.bottom > bottom));
          return Math.abs(top - above - 12) > 0.5 || out ? [`${box.textContent}: ${top - above}`] : [];
        }),
      );
      expect(faults).toEqual([]);
      for (const theme of screenshots ? ['light', 'dark'] : []) {
        await page.evaluate((wanted) => {
          document.documentElement.dataset.theme = wanted;
          scrollTo(0, 0);
        }, theme);
        await rows.first().getByText('Telegram').waitFor();
        await page.screenshot({ path: `${screenshots}/list-${theme}-${width}.png` });
      }
    }
  });
});

test('a refused sign-out shows an error, and a retry succeeds', async () => {
  const refused = { json: { url: `${stack.webUrl}/api/auth/signout?csrf=true` } };
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.route('**/api/auth/signout', (route) => route.fulfill(refused), { times: 2 });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are still signed in. Try again.').waitFor();
  const other = await browser.newContext({ storageState: await context.storageState() });
  const otherPage = await other.newPage();
  await otherPage.goto(`${stack.webUrl}/agents`);
  await otherPage.route('**/api/auth/signout', (route) => route.fulfill(refused), { times: 1 });
  await otherPage.getByRole('button', { name: 'Sign out' }).click();
  await otherPage.getByLabel('Password').waitFor();
  await other.close();
});

test('a page whose session was ended elsewhere opens the sign-in page', async () => {
  // The sign-out in the other window ended this page's session and its streams.
  await page.getByLabel('Password').waitFor();
  await page.waitForTimeout(3_000);
  expect(new URL(page.url()).pathname).toBe('/signin');
  await page.getByLabel('Email').fill('live@example.com');
  await page.getByLabel('Password').fill(canary('correct horse battery '));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('30 agents').waitFor();
});

test('the configuration form shows a configuration that was saved elsewhere', async () => {
  await page.goto(`${stack.webUrl}/agents/${AGENT}/configuration`);
  const model = page.getByLabel('Model ID');
  await model.waitFor();
  const data = { config: { aiProvider: 'anthropic', model: 'claude-sonnet-4' } };
  expect((await page.request.put(`${stack.webUrl}/api/agents/${AGENT}/config`, { data })).status()).toBe(200);
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[name=model]')?.value === 'claude-sonnet-4');
  expect(await page.getByLabel('Provider').inputValue()).toBe('anthropic');
});

describe('a conversation', () => {
  const log = () => page.getByRole('log', { name: 'Conversation' });
  const openChat = (session: string) => page.goto(`${stack.webUrl}/agents/${AGENT}/chat?conversation=${session}`);
  const choose = (name: RegExp) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('button', { name }).click();

  test('shows messages from other tabs and channels', async () => {
    await insertMessages(1, 60);
    await openChat('sess_one');
    await log().getByText('Message 60').waitFor();
    const data = { message: 'Said in another tab', agentId: AGENT, sessionId: 'sess_one', wait: false };
    expect((await page.request.post(`${stack.webUrl}/api/chat`, { data })).status()).toBe(200);
    await log().getByText('Said in another tab').waitFor();
    await database.query(
      `INSERT INTO messages (id, agent_id, owner_id, session_id, sender, content, platform) VALUES ('msg_far', $1, $2, 'sess_one', 'agent', 'Said on a channel', 'telegram')`,
      [AGENT, owner],
    );
    await log().getByText('Said on a channel').waitFor();
  });

  test('keeps the visible message in place when a new one replaces the first', async () => {
    const read = log().getByText('Message 30', { exact: true });
    await read.evaluate((element) => element.scrollIntoView());
    const before = await topOf(read);
    await database.query(
      `INSERT INTO messages (id, agent_id, owner_id, session_id, sender, content) VALUES ('msg_new', $1, $2, 'sess_one', 'agent', 'Said while one reads')`,
      [AGENT, owner],
    );
    await log().getByText('Said while one reads').waitFor();
    await log().getByText('Message 13', { exact: true }).waitFor({ state: 'detached' });
    expect(Math.abs((await topOf(read)) - before)).toBeLessThan(2);
  });

  test('keeps the visible message in place when earlier ones are loaded', async () => {
    await log().evaluate((box) => box.scrollTo({ top: 0 }));
    const read = log().getByText('Message 14', { exact: true });
    const before = await topOf(read);
    const held = await hold(page, '**/messages?*');
    const earlier = page.getByRole('button', { name: 'Earlier messages' });
    await earlier.click();
    await held.answered;
    expect(await earlier.getAttribute('aria-busy')).toBe('true');
    expect(await earlier.evaluate((button) => button === document.activeElement)).toBe(true);
    await held.release();
    await log().getByText('Message 1', { exact: true }).waitFor();
    expect(Math.abs((await topOf(read)) - before)).toBeLessThan(2);
  });

  test('shows an unsent message only in its own conversation', async () => {
    await database.query(`UPDATE chat_sessions SET title = CASE id WHEN 'sess_one' THEN 'First' ELSE 'Second' END WHERE agent_id = $1`, [
      AGENT,
    ]);
    await openChat('sess_one');
    const fail = { status: 500, json: { error: 'It fails for once' } };
    await page.route('**/api/chat', (route) => route.fulfill(fail));
    await page.getByLabel('Message').fill('Only for the first');
    await page.getByRole('button', { name: 'Send' }).click();
    const unsent = log().getByText('Not sent. It fails for once');
    await unsent.waitFor();
    await page.unroute('**/api/chat');
    await choose(/^Second/);
    await log().getByText('Say hello to your agent.').waitFor();
    expect(await unsent.count()).toBe(0);
    await choose(/^First/);
    await unsent.locator('..').getByRole('button', { name: 'Try again' }).click();
    await unsent.waitFor({ state: 'detached' });
    await log().getByText('Only for the first').waitFor();
    const said = async () => (await database.query(`SELECT session_id FROM messages WHERE content = 'Only for the first'`)).rows;
    for (let tries = 0; tries < 100 && (await said()).length === 0; tries++) await page.waitForTimeout(50);
    expect(await said()).toEqual([{ session_id: 'sess_one' }]);
  });
});

describe('an outage of the backend:', () => {
  let log: Page;
  const begin = BigInt(Date.now()) * 1_000_000n;
  const refused = (of: Page, status: number) =>
    of.waitForResponse((response) => response.url().includes('/stream') && response.status() === status);
  const write = async (...lines: number[]) => {
    const id = (line: number) => String(begin + BigInt(line));
    const records = lines.map((line) => [id(line), 'info', `Line ${line}.`]);
    await database.query(
      `INSERT INTO log_chunks (agent_id, first_id, last_id, owner_id, read_to, size, counts, records)
       VALUES ($1, $2, $3, $4, $3, $5::int, ARRAY[0, 0, $5::int, 0, 0, 0], $6)`,
      [AGENT, records[0]?.[0], records.at(-1)?.[0], owner, records.length, JSON.stringify(records)],
    );
    await database.query(`SELECT pg_notify('log_chunks', $1)`, [AGENT]);
  };

  test('the list and a log recover without a reload and without duplicates', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${stack.webUrl}/agents`);
    await page.getByText('30 agents').waitFor();
    await write(1, 2, 3);
    log = await context.newPage();
    await log.goto(`${stack.webUrl}/agents/${AGENT}/logs`);
    await log.getByText('Line 3.').waitFor();

    const away = Promise.all([refused(page, 502), refused(log, 502)]);
    await stack.killBackend();
    await away;
    await log.getByText('Connection lost. Reconnecting…').waitFor();
    await stack.startBackend();
    await rename('Renamed after the restart');
    // Each stream reconnects after its own back-off.
    const afterBackoff = { timeout: 60_000 };
    await page.getByText('Renamed after the restart').waitFor(afterBackoff);
    await log.getByText('Live', { exact: true }).waitFor(afterBackoff);
    await write(4, 5);
    await log.getByText('Line 5.').waitFor(afterBackoff);
    expect(await log.getByText(/^Line \d\.$/).allTextContents()).toEqual([1, 2, 3, 4, 5].map((line) => `Line ${line}.`));
    await log.getByRole('heading', { name: 'Renamed after the restart' }).waitFor(afterBackoff);
  });

  test('pages without a session open the sign-in page', async () => {
    await context.clearCookies();
    await stack.killBackend();
    await Promise.all([page, log].map((each) => each.getByLabel('Password').waitFor()));
  });
});
