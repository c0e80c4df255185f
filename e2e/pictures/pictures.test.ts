import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browser, closeDashboard, database, MODEL_KEY, openDashboard, PASSWORD, stack } from '../dashboard.ts';
import { WebSession } from '../web-session.ts';
import { createCamera, DENSITY } from './camera.ts';
import { insertDay } from './insert-day.ts';
import { QUESTION, replies } from './replies.ts';

/** The pictures of the documentation, taken of the running product. A scripted model stands in for the provider's. */

const WIDE = { width: 1440, height: 900 };
/** Three of these stand side by side. */
const TALL = { width: 640, height: 1190 };
/** Agents beside the one of the first pictures: what each is told, and whether it is stopped afterwards. */
const others = [
  { name: 'Releases', model: 'gpt-4', message: 'What is in this week’s release?', stops: false },
  { name: 'Inbox triage', model: 'gpt-4', message: 'Anything urgent in the inbox?', stops: true },
] as const;

const camera = createCamera();
let model: Awaited<ReturnType<typeof startModelProvider>>;
let page: Page;
let agent: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY, reply: (words) => replies[words] ?? 'Done.' });
  await openDashboard({ ...model.settings(), API_RATE_LIMIT: '5000' });
  const context = await browser.newContext({ viewport: WIDE, deviceScaleFactor: DENSITY, locale: 'en-GB', timezoneId: 'UTC' });
  page = await context.newPage();
  page.setDefaultTimeout(180_000);
});
afterAll(async () => {
  await closeDashboard();
  await model?.close();
});

const visit = (path: string) => page.goto(stack.webUrl + path);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const status = (of: string) => page.getByRole('listitem').filter({ hasText: of }).getByTestId('agent-status');

/** Calls the dashboard's API as its page does. */
const call = (method: string, path: string, body?: object): Promise<{ agent?: { id: string; status: string } }> =>
  page.evaluate(
    async ([verb, url, text]) => {
      const response = await fetch(url, { method: verb, ...(text && { body: text, headers: { 'content-type': 'application/json' } }) });
      if (!response.ok) throw new Error(`${verb} ${url}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    [method, path, body && JSON.stringify(body)] as [string, string, string | undefined],
  );

async function say(text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await button('Send').click();
  await page.getByText('The agent is answering…').waitFor({ state: 'detached' });
}

test('sign-up', async () => {
  // The first account administrates: the pictures show what every other one sees.
  const { session: administrator } = await WebSession.signUp(stack.webUrl, 'admin@example.com');
  await visit('/signup');
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await camera.take(page, 'sign-up', TALL);
  await button('Create account').click();
  await page.getByRole('heading', { name: 'No agents yet' }).waitFor();
  const { body } = await administrator.call('GET', '/api/admin/users?q=ada@example.com');
  await administrator.call('PUT', `/api/admin/users/${body.users[0].id}/plan`, { body: { plan: 'network' } });
});

test('new agent', async () => {
  await visit('/agents/new');
  await page.getByText(/you have 0 of/).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Assistant');
  await page.getByLabel('Model', { exact: true }).selectOption('gpt-4');
  await page.getByLabel('Plan', { exact: true }).selectOption('solo');
  await page.getByLabel('API key').fill(MODEL_KEY);
  await camera.take(page, 'new-agent', TALL);
  await button('Create agent').click();
  await page.waitForURL(/\/agents\/agent_[a-z0-9]{12}\/chat$/);
  agent = new URL(page.url()).pathname.split('/')[2] ?? '';
  await page.getByText('Say hello to your agent.').waitFor();
});

test('chat', async () => {
  await say(QUESTION);
  await page.getByRole('log').locator('pre').waitFor();
  await page.mouse.move(0, 0);
  await camera.take(page, 'first-chat', TALL);
  await camera.take(page, 'chat', WIDE);
});

test('charts', async () => {
  await insertDay(database, agent);
  await visit(`/agents/${agent}/charts`);
  await page.getByText('6 h', { exact: true }).click();
  await page.locator('.recharts-area-curve').nth(5).waitFor();
  await page.mouse.move(0, 0);
  await camera.take(page, 'charts', { width: 1440, height: 1000 });
});

test('agents', async () => {
  for (const { name, model: named, message, stops } of others) {
    const { agent: created } = await call('POST', '/api/agents/provision', {
      name,
      model: named,
      plan: 'solo',
      config: { apiKey: MODEL_KEY },
    });
    const id = created?.id ?? '';
    await pollUntil(`${name} runs`, async () => (await call('GET', `/api/agents/${id}`)).agent?.status === 'active', {
      seconds: 240,
      everyMs: 500,
    });
    await call('POST', '/api/chat', { agentId: id, message });
    if (stops) await call('POST', `/api/instance/${id}/stop`);
    else await insertDay(database, id);
  }
  await call('POST', '/api/agents/provision', {
    name: 'Weekly report',
    model: 'gpt-4',
    plan: 'solo',
    wait: false,
    config: { apiKey: MODEL_KEY },
  });
  await visit('/agents');
  await status('Weekly report').filter({ hasText: 'provisioning' }).waitFor();
  await camera.take(page, 'agents', { width: 1440, height: 690 });
  // The picture in the other theme was taken before it runs.
  expect(await status('Weekly report').textContent()).toBe('provisioning');
});

test('all pictures are stored', async () => {
  const names = ['sign-up', 'new-agent', 'first-chat', 'chat', 'charts', 'agents'];
  expect(camera.names()).toEqual(names.flatMap((name) => [`${name}-light.png`, `${name}-dark.png`]));
  for (const [name, bytes] of await camera.store()) process.stdout.write(`${Math.round(bytes / 1000)} kB  docs/images/${name}\n`);
});
