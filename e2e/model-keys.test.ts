import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  agent,
  button,
  closeDashboard,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectRetry,
  expectToast,
  findFaultsOfPages,
  insertAgent,
  MODEL_KEY,
  openDashboard,
  openSection,
  page,
  signUp,
  visit,
} from './dashboard.ts';

/** The keys of model providers in the dashboard, in one walk over one stack: each test continues from the one before. */

const WRONG = canary('sk-wrong-');
let model: Awaited<ReturnType<typeof startModelProvider>>;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  const host = `http://127.0.0.1:${model.port}`;
  await openDashboard({
    API_RATE_LIMIT: '5000',
    // The reconciler would repair the inserted agent.
    RECONCILE_SECONDS: '3600',
    OPENROUTER_BASE_URL: `${host}/api/v1`,
    OPENAI_BASE_URL: `${host}/v1`,
    GROQ_BASE_URL: 'http://127.0.0.1:1',
    PLAN_ALLOWANCES: 'network=5/',
  });
  await signUp();
  await insertAgent();
}, 300_000);
afterAll(async () => {
  await closeDashboard();
  await model?.close();
});

const dialog = () => page.getByRole('dialog');
const row = (name: string) => page.getByRole('list', { name: 'Model keys', exact: true }).getByRole('listitem').filter({ hasText: name });

test('a failed request shows its error, and a retry loads what was missing', async () => {
  await expectRetry('**/api/provider-keys', () => visit('/account/model-keys'), row('OpenRouter'));
  await expectRetry('**/api/admin/provider-keys', () => visit('/admin/model-keys'), page.getByRole('list', { name: 'Shared model keys' }));
  await expectRetry('**/api/agents/*/model-key', () => openSection('configuration'), page.getByText(/There is no key for OpenRouter/));
});

test('a key that the provider refuses stays in its form with the reason, and is not saved', async () => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Model keys', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Model keys' }).waitFor();
  await row('OpenRouter').getByText('No key').waitFor();
  await row('OpenRouter').getByRole('button', { name: 'Add key of OpenRouter' }).click();
  await dialog().getByLabel('API key').fill(WRONG);
  await dialog().getByRole('button', { name: 'Test and save' }).click();
  await dialog().getByRole('alert').filter({ hasText: 'OpenRouter refused this key (401). It was not saved: check the key' }).waitFor();
  await page.keyboard.press('Escape');
  await row('OpenRouter').getByText('No key').waitFor();
});

test('a saved key shows its end and the agents that it serves', async () => {
  await row('OpenRouter').getByRole('button', { name: 'Add key of OpenRouter' }).click();
  await dialog().getByLabel('API key').fill(MODEL_KEY);
  await page.keyboard.press('Enter');
  await row('OpenRouter')
    .getByText(`…${MODEL_KEY.slice(-4)}`)
    .waitFor();
  await row('OpenRouter')
    .getByText(/serves 1 agent$/)
    .waitFor();
  expect(await page.getByText(MODEL_KEY).count()).toBe(0);
});

test('a key whose provider does not answer is saved, and says that it was not tested', async () => {
  await row('Groq').getByRole('button', { name: 'Add key of Groq' }).click();
  await dialog().getByLabel('API key').fill(MODEL_KEY);
  await dialog().getByRole('button', { name: 'Test and save' }).click();
  await row('Groq').getByText('Not tested: the provider did not answer when the key was saved.').waitFor();
});

test('the field of the model suggests the provider’s own list, and takes any other text', async () => {
  await openSection('configuration');
  const option = page.locator('datalist option[value="openai/gpt-4o-mini"]');
  await option.waitFor({ state: 'attached' });
  expect(await option.getAttribute('label')).toBe('128,000 tokens, $0.15 in, $0.60 out');
  await page.getByLabel('Model ID').fill('openai/gpt-4o-mini');
  await page.getByText('Up to 128,000 tokens of context; $0.15 per million input tokens and $0.60 per million output tokens').waitFor();
  await page.getByLabel('Model ID').fill('another/model');
  await button('Save configuration').click();
  await expectToast('The configuration is saved');
  await openSection('configuration');
  await page.locator('input[name=model][value="another/model"]').waitFor();
  await page.getByLabel('Provider').selectOption('gemini');
  await page.getByText('No suggestions: There is no key for Google Gemini: save one under Model keys to see its models').waitFor();
});

test('the configuration of an agent says whose key is in use, and needs no key for a provider of the account', async () => {
  await openSection('configuration');
  await page.getByText('The agent uses the key of your account for OpenRouter.').waitFor();
  await page.getByLabel('Provider').selectOption('groq');
  await page.getByText('If this field is empty, the agent uses the key under Model keys for this provider.').waitFor();
  await button('Save configuration').click();
  await expectToast('The configuration is saved');
  await page.getByText('The agent uses the key of your account for Groq.').waitFor();
  await page.getByLabel('Provider').selectOption('openrouter');
  await page.getByLabel('New API key').fill(WRONG);
  await button('Save configuration').click();
  await page.getByText('The agent uses a key of its own.').waitFor();
});

test('the form of a new agent offers the key of the account', async () => {
  await visit('/agents/new');
  await page.getByLabel('Model', { exact: true }).selectOption('gpt-4');
  await page.getByText(`Leave empty to use the key of your account (…${MODEL_KEY.slice(-4)})`).waitFor();
  await page.getByLabel('Model', { exact: true }).selectOption('claude-opus-4-6');
  await page.getByText('A key for all your agents is saved under Model keys').waitFor();
});

test('a removed key is gone after a confirmation', async () => {
  await visit('/account/model-keys');
  await row('Groq').getByRole('button', { name: 'Remove' }).click();
  await dialog().getByText('No agent uses this key at the moment.').waitFor();
  await dialog().getByRole('button', { name: 'Remove key' }).click();
  await expectToast('The key is removed');
  await row('Groq').getByText('No key').waitFor();
});

test('an administrator shares a key, and agents without a key use it within the allowance', async () => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Shared model keys' }).click();
  const shared = page.getByRole('list', { name: 'Shared model keys' }).getByRole('listitem').filter({ hasText: 'OpenAI' });
  await shared.getByRole('button', { name: 'Add key of OpenAI' }).click();
  await dialog().getByLabel('API key').fill(MODEL_KEY);
  await dialog().getByRole('button', { name: 'Test and save' }).click();
  await shared.getByText(/0 agents have no other key$/).waitFor();
  const allowances = page.getByRole('region', { name: 'Allowances' }).getByRole('row').nth(1);
  expect(await allowances.getByRole('cell').allTextContents()).toEqual(['network', '$5.00', 'no limit']);

  await visit('/account/model-keys');
  await page.getByText('Agents without a key may call OpenAI with the operator’s key').waitFor();
  await page.getByText('$0.00 of $5.00').waitFor();
  await openSection('configuration');
  await page.getByLabel('Provider').selectOption('openai');
  await button('Save configuration').click();
  await page.getByText('The agent uses the operator’s key for OpenAI, within the allowance of your plan.').waitFor();
});

test('the pages of model keys have no serious accessibility fault in either theme, and fit a phone', async () => {
  expect(await findFaultsOfPages(page, ['/account/model-keys', '/admin/model-keys', `/agents/${agent}/configuration`])).toEqual([]);
}, 240_000);

test('the Content-Security-Policy blocked nothing', () => expectNoRefusals());

test('no log line contains a secret', () => expectNoSecretsInLogs(WRONG));
