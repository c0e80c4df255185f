import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { startWholeStack, type WholeStack } from './stack.ts';

/** The main path of a new user: sign up, provision, chat, stop, start, delete. */

let model: Awaited<ReturnType<typeof startModelProvider>>;
let stack: WholeStack;
let browser: Browser;
let page: Page;
const MODEL_KEY = canary('sk-model-key-');
const PASSWORD = canary('correct horse battery ');

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  stack = await startWholeStack();
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await model?.close();
});

const statusBadge = () => page.getByTestId('agent-status');
/** What the engine has of agents. A check of a configuration that its backend's end interrupted is swept later. */
const agentsResources = async () => {
  const { containers, volumes, networks } = await stack.listResources();
  const isAgents = ({ Labels }: { Labels?: Record<string, string> }) => Labels?.['agentbot.agent'] !== undefined;
  return { containers: containers.filter(isAgents), volumes: volumes.filter(isAgents), networks: networks.filter(isAgents) };
};
async function waitForStatus(wanted: string, timeout = 150_000) {
  await statusBadge()
    .filter({ hasText: new RegExp(`^${wanted}$`) })
    .waitFor({ timeout });
}

test('a new user signs up and is offered to create an agent', async () => {
  await page.goto(stack.webUrl);
  await page.getByRole('link', { name: 'Create an account' }).click();
  // Both pages have the same fields: wait for the sign-up page.
  await page.getByRole('heading', { name: 'Create your account' }).waitFor();
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'No agents yet' }).waitFor();
});

test('provisioning creates a hardened container and shows its stages', async () => {
  await page.getByRole('link', { name: 'Create your first agent' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Ada’s first 🤖');
  await page.getByLabel('Model', { exact: true }).selectOption('custom');
  await page.getByLabel('Base URL').fill(`http://host.docker.internal:${model.port}/v1`);
  await page.getByLabel('Model ID').fill('echo-1');
  await page.getByLabel('API key').fill(MODEL_KEY);
  await page.getByRole('button', { name: 'Create agent' }).click();
  await page.waitForURL(/\/agents\/agent_[a-z0-9]{12}\/chat$/);
  await waitForStatus('running');
  await page.getByRole('link', { name: 'Overview' }).click();
  for (const stage of ['image', 'create', 'start', 'ready']) {
    await page.locator(`[data-stage="${stage}"][data-state="done"]`).waitFor();
  }

  const [container] = (await agentsResources()).containers;
  const inspected = await stack.docker.getContainer(container?.Id ?? '').inspect();
  expect(inspected.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] });
  for (const secret of [stack.secrets.INTERNAL_API_KEY, stack.secrets.ASSERTION_SECRET, stack.secrets.NEXTAUTH_SECRET]) {
    expect(JSON.stringify(inspected)).not.toContain(secret);
  }
});

test('the chat shows the reply of the model, also after a reload', async () => {
  await page.getByRole('link', { name: 'Talk to Ada’s first' }).click();
  await page.getByLabel('Message').fill('The heron flies at dawn');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('log').getByText('You said: The heron flies at dawn').waitFor({ timeout: 60_000 });
  await page.reload();
  await page.getByRole('log').getByText('You said: The heron flies at dawn').waitFor();
});

test('the agent answers at its host name and at its path', async () => {
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  const byPath = await fetch(`${stack.gatewayUrl}/agent/${id}/healthz`);
  expect(await byPath.json()).toMatchObject({ ok: true });
  const { port } = new URL(stack.gatewayUrl);
  const tab = await browser.newPage();
  const byName = await tab.goto(`http://${id}.agents.localhost:${port}/healthz`);
  expect(await byName?.json()).toMatchObject({ ok: true });
  await tab.close();
});

test('another user sees and changes nothing of the agent', async () => {
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(`${stack.webUrl}/signup`);
  await other.getByLabel('Email').fill('eve@example.com');
  await other.getByLabel('Password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Create account' }).click();
  await other.getByRole('heading', { name: 'No agents yet' }).waitFor();
  const answers = await other.evaluate(async (agentId) => {
    const ask = async (method: string, url: string, body?: string) => {
      const response = await fetch(url, { method, ...(body ? { body, headers: { 'content-type': 'application/json' } } : {}) });
      return [response.status, await response.json()];
    };
    return {
      list: await ask('GET', '/api/agents'),
      get: await ask('GET', `/api/agents/${agentId}`),
      messages: await ask('GET', `/api/agents/${agentId}/messages`),
      operations: await ask('GET', `/api/agents/${agentId}/operations`),
      stop: await ask('POST', `/api/instance/${agentId}/stop`),
      chat: await ask('POST', '/api/chat', JSON.stringify({ message: 'hi', agentId })),
      remove: await ask('DELETE', `/api/agents/${agentId}`),
      provision: await ask('POST', '/api/agents/provision', JSON.stringify({ name: 'Mine' })),
    };
  }, id);
  expect(answers.list).toEqual([200, { agents: [], count: 0, status: 'ok' }]);
  expect(answers.get[0]).toBe(404);
  expect(answers.messages[0]).toBe(404);
  expect(answers.operations[0]).toBe(404);
  expect(answers.stop).toEqual([403, { success: false, status: 'error', error: 'Forbidden', code: 'AGENT_NOT_FOUND' }]);
  expect(answers.chat[0]).toBe(404);
  expect(answers.remove).toEqual([200, { id, deleted: true }]);
  expect(answers.provision[0]).toBe(402);
  // Without Stripe no plan is for sale.
  await other.goto(`${stack.webUrl}/account/billing`);
  await other.getByText('The administrators of this installation grant plans.').waitFor();
  expect(await other.getByRole('button', { name: /^Choose/ }).count()).toBe(0);
  await stranger.close();
  await page.reload();
  await waitForStatus('running');
});

test('an agent can be stopped and started', async () => {
  // The buttons of a state are those that do something in it.
  const offered = async () => (await page.getByRole('button', { name: /^(Start|Stop|Restart)$/ }).allTextContents()).sort();
  expect(await offered()).toEqual(['Restart', 'Stop']);
  await page.getByRole('button', { name: 'Stop' }).click();
  await waitForStatus('stopped');
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
  expect(await offered()).toEqual(['Start']);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await waitForStatus('running', 90_000);
});

test('a backend that is killed during provisioning leaves no agent stuck', async () => {
  const created = page.evaluate(
    async ([port, apiKey]) => {
      const body = {
        name: 'Interrupted',
        model: 'custom',
        config: { baseUrl: `http://host.docker.internal:${port}/v1`, model: 'echo-1', apiKey },
      };
      const response = await fetch('/api/agents/provision', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.status;
    },
    [model.port, MODEL_KEY] as const,
  );
  const isCreated = () =>
    page.evaluate(async () => {
      const { agents } = (await (await fetch('/api/agents')).json()) as { agents: { name: string }[] };
      return agents.some(({ name }) => name === 'Interrupted');
    });
  await pollUntil('the container is created', isCreated, { everyMs: 20 });
  await stack.killBackend();
  await stack.startBackend();
  expect(await created).toBe(502);
  await page.goto(`${stack.webUrl}/agents`);
  const card = page.getByRole('listitem').filter({ hasText: 'Interrupted' });
  await card.getByText(/^(running|error)$/).waitFor({ timeout: 120_000 });
  await card
    .getByRole('link', { name: /Interrupted/ })
    .first()
    .click();
  await deleteShownAgent('Interrupted');
});

async function deleteShownAgent(name: string) {
  await page.getByRole('link', { name: 'Danger zone' }).click();
  await page.getByRole('button', { name: 'Delete agent' }).click();
  await page.getByLabel('Agent name').fill(name);
  await page.getByRole('button', { name: 'Delete forever' }).click();
  await page.waitForURL(/\/agents$/);
  await page.getByRole('listitem').filter({ hasText: name }).waitFor({ state: 'detached' });
}

test('deletion removes every Docker resource of the agent', async () => {
  await page
    .getByRole('link', { name: /Ada’s first/ })
    .first()
    .click();
  await deleteShownAgent('Ada’s first 🤖');
  await page.getByRole('heading', { name: 'No agents yet' }).waitFor();
  expect(await agentsResources()).toEqual({ containers: [], volumes: [], networks: [] });
});

test('the demo agent talks in two clicks, in its own container and without any key', async () => {
  let clicks = 0;
  const click = (name: string) => {
    clicks++;
    return page.getByRole('button', { name, exact: true }).click();
  };
  await click('Try the demo agent');
  await page.waitForURL(/\/chat$/);
  await page.getByText('Say hello to your agent.').waitFor({ timeout: 150_000 });
  await page.getByLabel('Message').fill('Is anybody there?');
  await click('Send');
  await page.getByRole('log').getByText('You said: Is anybody there?').waitFor({ timeout: 60_000 });
  expect(clicks).toBe(2);
  expect((await agentsResources()).containers).toHaveLength(1);
  expect(model.requests.some(({ body }) => JSON.stringify(body).includes('Is anybody there?'))).toBe(false);
});

test('no log line contains a secret', () => {
  const everything = stack.output.join('\n');
  for (const secret of [MODEL_KEY, PASSWORD, ...Object.values(stack.secrets)]) expect(everything).not.toContain(secret);
});
