import { readFile } from 'node:fs/promises';
import { errorTable } from '@agentbot/contracts';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import {
  agent,
  browser,
  button,
  closeDashboard,
  DESKTOP,
  database,
  expectAtEnd,
  expectCount,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectRetry,
  expectStatus,
  expectToast,
  findFaults,
  findFaultsOfPages,
  insertUsage,
  MODEL_KEY,
  openDashboard,
  openSection,
  PASSWORD,
  page,
  provisionAgent,
  signUp,
  stack,
} from './dashboard.ts';

/** The sections of an agent that show and configure it, in one walk over one stack: each test continues from the one before. */

let model: Awaited<ReturnType<typeof startModelProvider>>;
let bots: Awaited<ReturnType<typeof startBots>>;
const conversations = () => page.getByRole('navigation', { name: 'Conversations' });

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  bots = await startBots({
    telegram: { [canary('1:good-')]: 'good_bot' },
    slack: { [canary('xoxb-good-')]: { name: 'good', appToken: canary('xapp-good-') } },
  });
  await openDashboard({ ...bots.settings, API_RATE_LIMIT: '5000' });
});
afterAll(async () => {
  await closeDashboard();
  await Promise.all([bots?.close(), model?.close()]);
});

test('a new user talks to an agent with a model of their own in five clicks', async () => {
  let clicks = 0;
  const click = (target: Locator) => {
    clicks++;
    return target.click();
  };
  await signUp(click);
  await provisionAgent(model.port, click);
  expect(await page.getByRole('log').locator('strong').textContent()).toBe('bold');
  expect(clicks).toBe(5);
}, 180_000);

describe('a section of an agent:', () => {
  test('chat keeps conversations apart, and shows them again after a reload', async () => {
    await button('New conversation').click();
    await page.getByRole('log').getByText('Say hello to your agent.').waitFor();
    await page.getByLabel('Message').fill('<img src=x onerror="document.title=1"> hi');
    await button('Send').click();
    await page.getByRole('log').getByText('You said: <img').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('log').locator('img').count()).toBe(0);
    await page.reload();
    await page.getByRole('log').getByText('You said: <img').waitFor();
    expect(await page.getByRole('log').getByText('Say bold things').count()).toBe(0);
    await conversations()
      .getByRole('button', { name: /^Say \*\*bold\*\* things/ })
      .click();
    await page.getByRole('log').getByText('You said: Say bold things').waitFor();
  });

  test('chat stops a reply on request, and the agent replies to the next message', async () => {
    const log = page.getByRole('log', { name: 'Conversation' });
    model.setBehaviour({ delayMs: 60_000 });
    await page.getByLabel('Message').fill('Think for long');
    await button('Send').click();
    await log.getByText('The agent is answering…').waitFor();
    await pollUntil('the model was asked', () => model.requests.some(({ words }) => words === 'Think for long'));
    model.setBehaviour({ delayMs: 0 });
    await button('Stop reply').click();
    await log.getByText(/^Stopped/).waitFor();
    await button('Stop reply').waitFor({ state: 'detached' });
    await page.getByLabel('Message').fill('Now something short');
    await button('Send').click();
    await log.getByText('You said: Now something short').waitFor();
  });

  test('chat keeps the scroll position of a user who scrolled up while a reply streams', async () => {
    const words = Array.from({ length: 300 }, (_, index) => `word-${index}`).join('\n\n');
    model.setBehaviour({ reply: () => words, wordDelayMs: 20 });
    await page.getByLabel('Message').fill('Tell me a long story');
    await button('Send').click();
    const log = page.getByRole('log', { name: 'Conversation' });
    await log.getByText('word-30', { exact: true }).waitFor({ timeout: 60_000 });
    await expectAtEnd(log);
    await log.evaluate((box) => box.scrollTo({ top: 40 }));
    await log.getByText('word-150', { exact: true }).waitFor();
    expect(await log.evaluate((box) => box.scrollTop)).toBe(40);
    await log.evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await log.getByText('word-299', { exact: true }).waitFor();
    await expectAtEnd(log);
    await page.reload();
    await log.getByText('word-299', { exact: true }).waitFor();
    await expectAtEnd(log);
    // Text for screen readers in a long conversation does not make the page itself scroll.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBeLessThan(100);
    model.setBehaviour({ reply: (said) => `You said: ${said}`, wordDelayMs: 0 });
  }, 90_000);

  test('a failed request shows its error, and a retry loads what was missing', async () => {
    await expectRetry('**/api/agents/*/overview', () => openSection('configuration'), page.getByLabel('Owner IDs'));
    await expectRetry('**/api/agents/*/conversations?*', () => openSection('chat'), conversations().getByRole('button').nth(1));
  });

  test('overview shows the observed state, and the gateway token only after a click', async () => {
    await openSection('');
    await page.getByText(/^container running/).waitFor();
    expect(await page.getByText(/^[0-9a-f]{64}$/).count()).toBe(0);
    await button('Show token').click();
    await page.getByText(/^[0-9a-f]{64}$/).waitFor();
    // Plain HTTP has no clipboard.
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await button('Copy token').click();
    const manual = page.getByLabel(/Copy the text manually/);
    expect(await manual.inputValue()).toMatch(/^[0-9a-f]{64}$/);
    expect(await manual.evaluate(({ selectionStart, selectionEnd }: HTMLTextAreaElement) => [selectionStart, selectionEnd])).toEqual([
      0, 64,
    ]);
  });

  test('logs load older lines back to the first one, without duplicates and without moving the visible lines', async () => {
    const { rows } = await database.query('SELECT min(first_id)::text AS first FROM log_chunks WHERE agent_id = $1', [agent]);
    const id = (index: number) => String(BigInt(rows[0].first) - BigInt(1_200 - index) * 1_000_000n);
    // Every seventh line wraps.
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
    // Holds older lines back until the test has measured the visible ones.
    const held = Promise.withResolvers<void>();
    await page.route('**/api/agents/*/logs?*', async (route) => {
      await held.promise;
      await route.continue().catch(() => undefined);
    });
    await openSection('logs');
    const lines = page.getByRole('log', { name: 'Log' });
    await page.getByText(/of [45]\d\d lines/).waitFor();
    await expectAtEnd(lines);
    const read = await lines.evaluate(async (box) => {
      box.scrollTo({ top: 300 });
      for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame);
      const { top } = box.getBoundingClientRect();
      const row = [...box.querySelectorAll('[data-index]')].find((each) => each.getBoundingClientRect().top > top + 20);
      return { text: row?.textContent, y: row?.getBoundingClientRect().top ?? 0, height: box.scrollHeight };
    });
    const moves = lines.evaluate(async (box, { text, y, height }) => {
      let maxShift = 0;
      for (let frames = 0, after = 0; after < 20; frames++) {
        await new Promise(requestAnimationFrame);
        const row = [...box.querySelectorAll('[data-index]')].find(({ textContent }) => textContent === text);
        maxShift = Math.max(maxShift, Math.abs((row?.getBoundingClientRect().top ?? Number.NaN) - y));
        if (box.scrollHeight > height + 1_000) after++;
        if (frames > 1_000) throw new Error('No older lines were loaded');
      }
      return maxShift;
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
    await expectAtEnd(lines);

    await page.reload();
    await page.getByText(/of [45]\d\d lines/).waitFor();
    await page.getByLabel('Search the log').fill('line 12.');
    await button('Search older lines').click();
    const row = (text: string) => lines.locator('[data-index]').filter({ hasText: text });
    await row('Old line 12.').filter({ hasText: 'info' }).waitFor();
    // Stored plain text has a level. A live line has none, and the page does not invent one.
    await page.getByLabel('Search the log').fill('line 1199.');
    await row('Old line 1199.').waitFor();
    expect(await row('info').count()).toBe(0);
  }, 60_000);

  test('logs can be searched, filtered by level, paused and downloaded', async () => {
    await openSection('logs');
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

  test('charts draw the usage of the container', async () => {
    await insertUsage();
    await openSection('charts');
    await page.locator('.recharts-area-curve').first().waitFor();
    expect(await page.locator('.recharts-area-curve').count()).toBe(6);
    // The legends name all series, and the tooltip reads both lines of a chart.
    expect(await page.locator('.recharts-legend-item-text').allTextContents()).toEqual([
      'CPU',
      'Memory',
      'Received',
      'Sent',
      'Read',
      'Written',
    ]);
    const network = page.locator('.recharts-surface[tabindex="0"]').nth(2);
    await network.focus();
    await page.keyboard.press('ArrowRight');
    await page
      .locator('.recharts-tooltip-wrapper')
      .nth(2)
      .getByText(/^Received/)
      .waitFor();
    await page.locator('.recharts-tooltip-wrapper').nth(2).getByText(/^Sent/).waitFor();
    for (const range of ['1 h', '6 h', '7 d', '30 d']) {
      await page.getByText(range, { exact: true }).click();
      await page.getByText(range.endsWith('h') ? /One point per minute/ : /One point per hour/).waitFor();
      for (const axis of await page.locator('.recharts-xAxis').all()) {
        const labels = await axis.locator('.recharts-cartesian-axis-tick-value').allTextContents();
        expect(new Set(labels).size).toBe(labels.length);
      }
    }
  });

  test('the character is edited from a template, and the agent is renamed', async () => {
    await openSection('character');
    await page.getByLabel('Start from a template').selectOption('support');
    expect(await page.getByLabel('Text of SOUL.md').inputValue()).toContain('You answer customers');
    await button('Save SOUL.md').click();
    await expectToast('SOUL.md is saved. New conversations use it');
    await page.getByLabel('Name', { exact: true }).fill('Ada the second');
    await button('Rename').click();
    await page.getByRole('heading', { name: 'Ada the second', level: 1 }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Ada');
    // Unsaved text asks before a link leaves the page.
    const asked = new Promise<string>((resolve) =>
      page.once('dialog', (dialog) => {
        resolve(dialog.message());
        void dialog.dismiss();
      }),
    );
    await page.getByRole('link', { name: 'Logs' }).click();
    expect(await asked).toBe('You have unsaved changes. Discard them?');
    await button('Rename').click();
    await page.getByRole('heading', { name: 'Ada', level: 1, exact: true }).waitFor();
  });

  test('channels refuse to save a token that Telegram does not know', async () => {
    await openSection('channels');
    await page.getByLabel('Telegram bot token').fill('1:bad');
    await button('Connect Telegram').click();
    await page.getByText('Telegram does not know this token').waitFor();
    expect((await database.query(`SELECT FROM agent_secrets WHERE agent_id = $1 AND name = 'telegramToken'`, [agent])).rowCount).toBe(0);
    await page.getByLabel('Telegram bot token').fill(canary('1:good-'));
    await button('Check token').first().click();
    await page.getByText('This is @good_bot').waitFor();
  });

  test('channels say when the agent starts to use a new token', async () => {
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
      await openSection('channels');
      await page.getByLabel('Telegram bot token').fill(canary('1:good-'));
      await button('Connect Telegram').click();
      await expectToast(`Telegram is set; ${sentence}`);
    }
    await page.unroute('**/api/agents/*/overview');
    await page.unroute('**/api/agent');
  });

  test('channels lead to the pages where bots are made, and switch WhatsApp on without a token', async () => {
    await openSection('channels');
    const addresses = {
      '@BotFather': 'https://t.me/BotFather',
      'Discord’s developer portal': 'https://discord.com/developers/applications',
    };
    for (const [name, address] of Object.entries(addresses)) {
      const link = page.getByRole('link', { name });
      expect([await link.getAttribute('href'), await link.getAttribute('target')]).toEqual([address, '_blank']);
    }
    const sent: unknown[] = [];
    await page.route('**/api/agent', (route) => {
      sent.push(route.request().postDataJSON());
      return route.fulfill({ json: { success: true, key: 'whatsapp', configured: true } });
    });
    await button('Connect WhatsApp').click();
    await expectToast('WhatsApp is set; the agent restarts to use it');
    await page.unroute('**/api/agent');
    expect(sent).toEqual([{ action: 'set-credential', agentId: agent, key: 'whatsapp', value: 'on' }]);
  });

  test('channels lead to Slack’s two tokens in three steps', async () => {
    await openSection('channels');
    await page.getByText('Show the manifest').click();
    const manifest = JSON.parse((await page.locator('pre').textContent()) ?? '');
    expect(manifest).toMatchObject({ display_information: { name: 'Ada' }, settings: { socket_mode_enabled: true } });
    await page.getByLabel('Slack bot token').fill(canary('xapp-good-'));
    await page.getByLabel('Slack bot token').blur();
    await page.getByText('A Slack bot token begins with xoxb-: copy the Bot User OAuth Token of the Slack app').waitFor();
    const faults: string[] = [];
    for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/channels-slack', theme)));
    expect(faults).toEqual([]);

    const sent: unknown[] = [];
    await page.route('**/api/agent', (route) => {
      sent.push(route.request().postDataJSON());
      return route.fulfill({ json: { success: true, key: 'slack', configured: true } });
    });
    await page.getByLabel('Slack bot token').fill(canary('xoxb-good-'));
    await page.getByLabel('Slack app-level token').fill(canary('xapp-bad-'));
    await button('Connect Slack').click();
    await page.getByText('Slack does not know this token, or it was revoked').waitFor();
    expect(sent).toEqual([]);
    await page.getByLabel('Slack app-level token').fill(canary('xapp-good-'));
    await button('Connect Slack').click();
    await expectToast('Slack is set; the agent restarts to use it');
    expect(sent).toMatchObject([{ key: 'slack', value: canary('xoxb-good-'), appToken: canary('xapp-good-') }]);
    await page.unroute('**/api/agent');
  });

  test('configuration shows an invalid value beside its field, and saves a valid one', async () => {
    await openSection('configuration');
    await page.getByLabel('Owner IDs').fill('!!');
    await button('Save configuration').click();
    await page.getByText('“!!” is not a valid ID').waitFor();
    await page.getByLabel('Owner IDs').fill('100, 200');
    await page.getByLabel('Model ID').fill('echo-2');
    await button('Save configuration').click();
    await expectToast('The configuration is saved');
    await button('Apply now').waitFor();
    // What is saved, and what runs.
    const model = page.getByRole('row').filter({ hasText: 'Model' });
    expect(await model.getByRole('cell').allTextContents()).toEqual(['echo-2', 'echo-1']);
    await page.reload();
    expect(await page.getByLabel('Owner IDs').inputValue()).toBe('100, 200');
    await button('Apply now').waitFor();
  });

  test('configuration changes to another provider with its default model, and back to a custom endpoint', async () => {
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
    // The browser blocks an empty required field, but accepts blanks.
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
    for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/configuration-refused', theme)));
    expect(faults).toEqual([]);
    await page.setViewportSize(DESKTOP);
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

  test('operations cancel a restart that is running', async () => {
    await openSection('operations');
    // The lock blocks the first stage, so that the restart is still running.
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
    // Running, if the cancellation came before the stop.
    await expectStatus(/stopped|running/);
  }, 90_000);

  test('an operation that is still running shows an info toast, and its dialog closes', async () => {
    const code = 'OPERATION_STILL_RUNNING';
    const json = { success: false, status: 'error', error: errorTable[code].sentence, code };
    await page.route('**/api/instance/*/repair', (route) => route.fulfill({ status: 500, json }));
    await openSection('danger');
    await button('Repair agent').click();
    await button('Repair now').click();
    await page.locator('[data-sonner-toast][data-type=info]').filter({ hasText: json.error }).waitFor();
    await expectCount(page.getByRole('dialog'), 0);
    await expectFocus('button:text-is("Repair agent")');
    await page.unroute('**/api/instance/*/repair');
  });

  test('an action with an ended session opens the sign-in page', async () => {
    // A session of its own: the sign-out ends it in every window.
    const other = await browser.newContext();
    const otherPage = await other.newPage();
    await otherPage.goto(`${stack.webUrl}/signin`);
    await otherPage.getByLabel('Email').fill('ada@example.com');
    await otherPage.getByLabel('Password').fill(PASSWORD);
    await otherPage.getByRole('button', { name: 'Sign in', exact: true }).click();
    await otherPage.waitForURL(/\/agents$/);
    const json = { success: false, status: 'error', error: 'Unauthorized', code: 'UNAUTHORIZED' };
    await otherPage.route('**/api/instance/*/*', (route) => route.fulfill({ status: 401, json }));
    await otherPage.goto(`${stack.webUrl}/agents/${agent}/danger`);
    await otherPage.getByRole('button', { name: /^(Res|S)tart$/ }).click();
    await otherPage.waitForURL(/\/signin/);
    await otherPage.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await other.close();
  });

  test('files are edited and kept apart, warn about unsaved text, and an earlier version is restored', async () => {
    await openSection('files');
    // The cancelled restart left the agent stopped or running.
    await expectStatus(/stopped|running/);
    if (await button('Start').isVisible()) await button('Start').click();
    await expectStatus('running');
    const editor = page.getByLabel('Text of SOUL.md');
    await page
      .getByRole('navigation', { name: 'Files' })
      .getByRole('button', { name: /^SOUL\.md/ })
      .click();
    await editor.waitFor();
    const first = await editor.inputValue();
    expect(first).toContain("You answer customers' questions.");
    await editor.fill('I am Ada 👩‍💻, and I like tea.');
    // Unsaved text survives a refused click on a link and on another file.
    const questions: string[] = [];
    page.on('dialog', (dialog) => {
      questions.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole('link', { name: 'Channels', exact: true }).click();
    await page
      .getByRole('navigation', { name: 'Files' })
      .getByRole('button', { name: /^USER\.md/ })
      .click();
    expect(questions).toEqual(Array(2).fill('You have unsaved changes. Discard them?'));
    page.removeAllListeners('dialog');
    await button('Save SOUL.md').click();
    await expectToast('SOUL.md is saved. New conversations use it');
    await page.reload();
    await page
      .getByRole('navigation', { name: 'Files' })
      .getByRole('button', { name: /^SOUL\.md/ })
      .click();
    expect(await editor.inputValue()).toBe('I am Ada 👩‍💻, and I like tea.');

    // Newest first: below it stands the text that the agent had before its character was changed.
    const versions = page.getByRole('button', { name: /^Open the version replaced at/ });
    await expectCount(versions, 2);
    await versions.first().click();
    await page.getByText('Unsaved changes').waitFor();
    expect(await editor.inputValue()).toBe(first);
    await button('Save SOUL.md').click();
    await expectCount(versions, 3);
  }, 90_000);

  test('a file that changed meanwhile is not overwritten without a question', async () => {
    const editor = page.getByLabel('Text of SOUL.md');
    await editor.fill('Mine');
    const container = stack.docker.getContainer(`openclaw-${agent}`);
    const exec = await container.exec({
      Cmd: ['sh', '-c', 'printf Theirs > ~/.openclaw/workspace/SOUL.md'],
      AttachStdout: true,
      Tty: true,
    });
    await (await exec.start({ Tty: true })).toArray();
    await button('Save SOUL.md').click();
    await page.getByText(/^SOUL\.md changed after you opened it/).waitFor();
    expect(await editor.inputValue()).toBe('Mine');
    await button('Discard my text').click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(await editor.inputValue()).toBe('Theirs');
  }, 60_000);

  test('the schedule is empty at first, and then shows each task in words, with its next and last run', async () => {
    await openSection('schedule');
    await page.getByRole('heading', { name: 'Nothing is scheduled' }).waitFor();
    // What the agent's own tool does when it is asked.
    const add = ['openclaw', 'cron', 'add', '--name', 'Morning report', '--cron', '30 9 * * 1-5', '--tz', 'Europe/Berlin'];
    const exec = await stack.docker
      .getContainer(`openclaw-${agent}`)
      .exec({ Cmd: [...add, '--session', 'isolated', '--message', 'Report', '--no-deliver'], AttachStdout: true, Tty: true });
    await (await exec.start({ Tty: true })).toArray();
    await page.reload();
    const row = page.getByRole('row', { name: /Morning report/ });
    await row.getByText('At 09:30 AM, Monday through Friday (Europe/Berlin)').waitFor();
    await row.getByText(/^\w+ \d+, 20\d\d, \d+:30:\d\d\W[AP]M \S+$/).waitFor();
    await row.getByText('Has not run yet').waitFor();
  }, 90_000);

  test('repair restarts the agent with the saved configuration', async () => {
    await openSection('danger');
    await button('Repair agent').click();
    await button('Repair now').click();
    await expectToast('The agent is repaired');
    await expectStatus('running');
    await openSection('configuration');
    await page.getByLabel('Owner IDs').waitFor();
    expect(await button('Apply now').count()).toBe(0);
  }, 90_000);

  // It restarts the agent, and the tests of the log need a quiet one.
  test('overview replaces the gateway token after a confirmation, and shows the new one', async () => {
    const token = page.locator('code').filter({ hasText: /^[0-9a-f]{64}$/ });
    await openSection('');
    await button('Show token').click();
    const former = await token.textContent();
    await button('Replace token').click();
    const dialog = page.getByRole('dialog', { name: 'Replace the gateway token?' });
    await dialog.getByText('Open connections end').waitFor();
    for (const theme of ['light', 'dark']) expect(await findFaults(page, '/replace-token', theme)).toEqual([]);
    await dialog.getByRole('button', { name: 'Replace token' }).click();
    await expectToast('The former token is no longer accepted');
    await dialog.waitFor({ state: 'hidden' });
    expect(await token.textContent()).not.toBe(former);
    await expectStatus('running');
  }, 120_000);
});

test('the sections have no serious accessibility fault in either theme, and fit a phone', async () => {
  const paths = ['chat', 'logs', 'charts', 'channels', 'configuration', 'character', 'files', 'schedule'].map(
    (section) => `/agents/${agent}/${section}`,
  );
  expect(await findFaultsOfPages(page, paths)).toEqual([]);
}, 240_000);

test('the Content-Security-Policy blocked nothing', () => expectNoRefusals());

test('no log line contains a secret', () => expectNoSecretsInLogs(canary('1:good-')));
