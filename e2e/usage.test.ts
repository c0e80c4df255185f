import { readFile } from 'node:fs/promises';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  agent,
  button,
  closeDashboard,
  database,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectRetry,
  expectToast,
  findFaults,
  findFaultsOfPages,
  MODEL_KEY,
  openDashboard,
  openSection,
  page,
  provisionAgent,
  signUp,
  stack,
  visit,
} from './dashboard.ts';

/** What model calls cost, and budgets, in one walk over one stack: each test continues from the one before. */

let model: Awaited<ReturnType<typeof startModelProvider>>;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  mailbox = await startMailbox();
  await openDashboard({ API_RATE_LIMIT: '5000', PLAN_BUDGETS: 'network=40/', SMTP_URL: mailbox.url });
  await signUp();
  await provisionAgent(model.port);
}, 300_000);
afterAll(async () => {
  await closeDashboard();
  await model?.close();
  await mailbox?.close();
});

/** What the provider counted since its request number `from`: a quarter of the characters of each request, and the words of each reply. */
function counted(from = 0) {
  const served = model.requests.slice(from);
  const input = served.reduce((sum, { body }) => sum + Math.ceil(JSON.stringify(body).length / 4), 0);
  const output = served.reduce((sum, { words }) => sum + `You said: ${words}`.split(/\s+/).filter(Boolean).length, 0);
  return { requests: served.length, input, output };
}
const count = (value: number) => value.toLocaleString('en');
const rowOf = (name: string | RegExp) => page.getByRole('row').filter({ hasText: name });
const cellsOf = (name: string | RegExp) => rowOf(name).getByRole('cell').allTextContents();
const field = (name: string) => page.getByLabel(name, { exact: true });
const meter = (name: string) => page.getByRole('meter', { name, exact: true });
const budgetRow = async () =>
  (
    await database.query(
      'SELECT daily_budget_micros, monthly_budget_micros, input_price_micros, output_price_micros FROM agents WHERE id = $1',
      [agent],
    )
  ).rows[0];

async function say(text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await button('Send').click();
}

test('the usage of an agent shows its calls, and says that their price is not known', async () => {
  await page.getByRole('navigation', { name: 'Agent' }).getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'By model' }).waitFor();
  const { requests, input, output } = counted();
  expect(requests).toBeGreaterThan(0);
  expect(await cellsOf('echo-1')).toEqual(['echo-1 custom', count(requests), count(input), '0', count(output), 'not known']);
  const asFree = requests === 1 ? '1 request, which counts as free' : `${requests} requests, which count as free`;
  await page.getByText(`The price of echo-1 (custom) was not known for ${asFree}. Give its price below`).waitFor();
  expect(await page.getByText('No budget', { exact: true }).count()).toBe(2);
  expect(await page.getByRole('meter').count()).toBe(0);
  await page.getByText('Days and months begin at midnight UTC.').waitFor();
});

test('a failed request shows its error, and a retry loads what was missing', async () => {
  await expectRetry('**/api/agents/*/usage?*', () => openSection('usage'), page.getByRole('heading', { name: 'Spent' }));
  await expectRetry('**/api/usage?*', () => visit('/account/usage'), page.getByRole('heading', { name: 'Spent' }));
});

test('the budget form refuses half a price, and warns before unsaved changes are lost', async () => {
  await openSection('usage');
  await page.getByText('Saved', { exact: true }).waitFor();
  expect(await button('Save budget').isDisabled()).toBe(true);
  await field('Input price ($ per million tokens)').fill('3');
  await page.getByText('Unsaved changes', { exact: true }).waitFor();
  await button('Save budget').click();
  await page.getByText('Give both prices, or none').waitFor();
  // Playwright dismisses the question, which keeps the page.
  await page.getByRole('link', { name: 'Logs' }).click();
  expect(new URL(page.url()).pathname).toBe(`/agents/${agent}/usage`);
  expect(await field('Input price ($ per million tokens)').inputValue()).toBe('3');
  await button('Discard changes').click();
  await page.getByText('Saved', { exact: true }).waitFor();
  expect(await field('Input price ($ per million tokens)').inputValue()).toBe('');
  expect(await page.getByText('Give both prices, or none').count()).toBe(0);
  expect(await budgetRow()).toEqual({
    daily_budget_micros: null,
    monthly_budget_micros: null,
    input_price_micros: null,
    output_price_micros: null,
  });
});

test('a budget and a price are saved with the keyboard alone, and the next call costs what the price says', async () => {
  await openSection('usage');
  await field('Daily budget ($)').focus();
  await page.keyboard.type('5');
  await page.keyboard.press('Tab');
  await page.keyboard.type('100');
  await page.keyboard.press('Tab');
  await page.keyboard.type('3');
  await page.keyboard.press('Tab');
  await page.keyboard.type('15.5');
  await page.keyboard.press('Enter');
  await expectToast('The budget is saved');
  expect(await budgetRow()).toEqual({
    daily_budget_micros: '5000000',
    monthly_budget_micros: '100000000',
    input_price_micros: '3000000',
    output_price_micros: '15500000',
  });
  await page.reload();
  expect(await field('Output price ($ per million tokens)').inputValue()).toBe('15.5');

  const from = model.requests.length;
  await openSection('chat');
  await say('What do you cost?');
  await page.getByRole('log').getByText('You said: What do you cost?').waitFor({ timeout: 60_000 });
  await openSection('usage');
  const { input, output } = counted(from);
  const dollars = (input * 3 + output * 15.5) / 1e6;
  // Below a cent six digits, above it four, without zeros behind the cents.
  const text = `$${dollars.toFixed(dollars < 0.01 ? 6 : 4).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
  await meter('Today: share of the budget').waitFor();
  expect(await meter('Today: share of the budget').getAttribute('aria-valuetext')).toBe(`${text} of $5.00`);
  expect(await meter('This month: share of the budget').getAttribute('aria-valuetext')).toBe(`${text} of $100.00`);
  expect((await cellsOf('echo-1')).at(-1)).toBe(text);
}, 120_000);

test('the charts have a bar for each day of the period, whose figures the arrow keys show', async () => {
  await database.query(
    `INSERT INTO model_days (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
     SELECT id, (now() AT TIME ZONE 'UTC')::date - past, 'openai', 'gpt-4o-mini', owner_id, 1200, 0, 3000000, 1000000, 45000, 750000 + 100000 * past
     FROM agents, unnest(ARRAY[3, 20, 60]) AS past WHERE id = $1`,
    [agent],
  );
  await openSection('usage');
  const older = rowOf('gpt-4o-mini');
  await older.waitFor();
  expect(await cellsOf('gpt-4o-mini')).toEqual(['gpt-4o-mini openai', '2,400', '6,000,000', '2,000,000', '90,000', '$3.80']);
  expect(await button('30 days').getAttribute('aria-pressed')).toBe('true');
  await button('7 days').click();
  await older.filter({ hasText: '$1.05' }).waitFor();
  await button('90 days').click();
  await older.filter({ hasText: '$10.55' }).waitFor();
  await page.getByText(/requests in 90 days \(UTC\)$/).waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CSV' }).click()]);
  expect(download.suggestedFilename()).toMatch(new RegExp(`^usage-${agent}-[\\d-]{10}-to-[\\d-]{10}\\.csv$`));
  const rows = (await readFile(await download.path(), 'utf8')).split('\r\n').filter((line) => line.includes(',openai,gpt-4o-mini,'));
  // The newest comes last: of three days ago.
  expect(rows.map((line) => line.split(',').slice(2).join())).toEqual([
    'Ada,openai,gpt-4o-mini,1200,3000000,1000000,45000,6.750000,0',
    'Ada,openai,gpt-4o-mini,1200,3000000,1000000,45000,2.750000,0',
    'Ada,openai,gpt-4o-mini,1200,3000000,1000000,45000,1.050000,0',
  ]);

  await button('7 days').click();
  await older.filter({ hasText: '$1.05' }).waitFor();
  const chart = page.locator('.recharts-surface[tabindex="0"]').first();
  await chart.focus();
  // From the first day, six days ago, to the one three days ago.
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
  await page.locator('.recharts-tooltip-wrapper').first().getByText('$1.05').waitFor();
  await page.locator('.recharts-tooltip-wrapper').first().getByText('1,200 requests').waitFor();
});

test('when the budget is spent, the chat says so and leads to it', async () => {
  await openSection('usage');
  await field('Daily budget ($)').fill('0');
  await button('Save budget').click();
  await expectToast('The budget is saved');
  await page.getByText('of $0.00: spent').waitFor();
  const received = model.requests.length;
  await openSection('chat');
  await say('One more thing');
  await page.getByText(/This agent's budget for today is spent\. It begins again at midnight UTC/).waitFor({ timeout: 90_000 });
  expect(model.requests).toHaveLength(received);
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/chat-budget', theme)));
  expect(faults).toEqual([]);
  await page.getByRole('link', { name: 'Usage and budget' }).click();
  await page.waitForURL(`**/agents/${agent}/usage`);
}, 120_000);

test('the test of the model shows the error in words, or how long the answer took', async () => {
  await openSection('configuration');
  await button('Test the model').click();
  await page.getByRole('alert').filter({ hasText: "This agent's budget for today is spent" }).waitFor();
  await database.query('UPDATE agents SET daily_budget_micros = NULL WHERE id = $1', [agent]);

  model.setBehaviour({ failures: { '*': 401 } });
  await button('Test the model').click();
  const refused = page.getByRole('alert').filter({ hasText: 'The provider refused the key' });
  await refused.waitFor();
  expect(await refused.textContent()).not.toContain(MODEL_KEY);
  const faults = await findFaults(page, '/test-model-failed', 'light');
  model.setBehaviour({ failures: {} });

  const received = model.requests.length;
  await button('Test the model').focus();
  await page.keyboard.press('Enter');
  const passed = page.getByRole('status').filter({ hasText: /echo-1 answered in [\d,]+ ms$/ });
  await passed.waitFor();
  expect(await page.getByRole('alert').filter({ hasText: /\S/ }).count()).toBe(0);
  expect(model.requests.slice(received)).toMatchObject([{ words: 'Say hello', key: MODEL_KEY }]);
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/test-model', theme)));
  expect(faults).toEqual([]);

  // The result was that of the former configuration.
  await field('Owner IDs').fill('100');
  await button('Save configuration').click();
  await expectToast('The configuration is saved');
  await passed.waitFor({ state: 'detached' });
}, 90_000);

test('the usage of the account lists its agents by cost, deleted ones too, and sets its budget', async () => {
  await database.query(
    `INSERT INTO model_days (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
     SELECT 'agent_gone', (now() AT TIME ZONE 'UTC')::date, 'anthropic', 'claude-sonnet-4-5', owner_id, 1, 0, 2000000, 0, 100000, 7500000
     FROM agents WHERE id = $1`,
    [agent],
  );
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
  const agents = page.getByRole('region', { name: 'Usage by agent' }).getByRole('row');
  await agents.nth(2).waitFor();
  expect(await agents.nth(1).getByRole('cell').allTextContents()).toEqual([
    'Deleted agent agent_gone',
    '1',
    '2,000,000',
    '0',
    '100,000',
    '$7.50',
  ]);
  expect(await agents.nth(1).getByRole('link').count()).toBe(0);

  expect(await field('Input price ($ per million tokens)').count()).toBe(0);
  await field('Monthly budget ($)').fill('250.5');
  await button('Save budget').click();
  await expectToast('The budget is saved');
  const { rows } = await database.query("SELECT daily_budget_micros, monthly_budget_micros FROM users WHERE email = 'ada@example.com'");
  expect(rows).toEqual([{ daily_budget_micros: null, monthly_budget_micros: '250500000' }]);
  await meter('This month: share of the budget').waitFor();
  expect(await meter('This month: share of the budget').getAttribute('aria-valuetext')).toMatch(/ of \$250\.50$/);
  expect(await meter('Today: share of the budget').count()).toBe(0);

  await agents.nth(2).getByRole('link', { name: 'Ada' }).click();
  await page.waitForURL(`**/agents/${agent}/usage`);
});

test('the budget that the operator sets for a plan holds where the account has none, and its bar says whose it is', async () => {
  await meter('All your agents this month: share of the budget').waitFor();
  expect(await meter('All your agents today: share of the budget').count()).toBe(0);
  expect(await page.getByText('The operator’s default for your plan', { exact: true }).count()).toBe(0);
  const { rows } = await database.query('SELECT plan FROM agents WHERE id = $1', [agent]);
  await database.query("UPDATE agents SET plan = 'network' WHERE id = $1", [agent]);
  await page.reload();
  await meter('All your agents today: share of the budget').waitFor();
  expect(await meter('All your agents today: share of the budget').getAttribute('aria-valuetext')).toMatch(/ of \$40\.00$/);
  expect(await page.getByText('The operator’s default for your plan', { exact: true }).count()).toBe(1);
  await visit('/account/usage');
  await page.getByText('The operator’s default for your plan', { exact: true }).waitFor();
  expect(await meter('Today: share of the budget').getAttribute('aria-valuetext')).toMatch(/ of \$40\.00$/);
  expect(await meter('This month: share of the budget').getAttribute('aria-valuetext')).toMatch(/ of \$250\.50$/);
  await database.query('UPDATE agents SET plan = $2 WHERE id = $1', [agent, rows[0].plan]);
});

test('the list and the page of an agent warn when most of a budget is used, of the agent and of the account', async () => {
  const spend = (agentMicros: number, accountMicros: number) =>
    database.query(
      `UPDATE spend_days SET spent_micros = CASE subject WHEN 'agent' THEN $1::bigint ELSE $2::bigint END
       WHERE day = (now() AT TIME ZONE 'UTC')::date AND owner_id = (SELECT owner_id FROM agents WHERE id = $3)`,
      [agentMicros, accountMicros, agent],
    );
  await database.query('CREATE TABLE kept_spend AS SELECT * FROM spend_days');
  await database.query('UPDATE agents SET daily_budget_micros = 1000000 WHERE id = $1', [agent]);
  await spend(790_000, 1_000_000);
  await visit('/agents');
  await page.getByText('$0.79 today').waitFor();
  expect(await page.getByText(/budget .* used|is spent/).count()).toBe(0);

  await spend(840_000, 250_500_000);
  await page.reload();
  await page.getByText('The agent’s budget for today is 84 % used: $0.84 of $1.00.').waitFor();
  await page.getByText('The budget of your account for this month is spent: $250.50 of $250.50.').waitFor();
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agents-with-budgets', theme)));
  await visit(`/agents/${agent}`);
  await page.getByText('The agent’s budget for today is 84 % used: $0.84 of $1.00.').waitFor();
  await page.getByText('The budget of your account for this month is spent').waitFor();
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agent-with-budgets', theme)));
  expect(faults).toEqual([]);
  await page.getByRole('link', { name: 'Usage and budget' }).first().click();
  await page.waitForURL(`**/agents/${agent}/usage`);
  await page.getByText(': 84 % used').waitFor();

  // Notices are made once a minute, and the page asks again every 30 seconds.
  const notices = page.getByRole('list', { name: 'Notices' }).getByRole('listitem');
  await notices.filter({ hasText: 'of $1.00' }).nth(1).waitFor({ timeout: 120_000 });
  const told = async () => (await notices.allTextContents()).map((text) => text.replace(/spent.*/, 'spent'));
  // The budget of $0 that refused a message may have been told too.
  const ofPresent = (await told()).filter((text) => text.includes('of $1.00'));
  expect(ofPresent).toEqual(['80 % of $1.00 for today spent', '50 % of $1.00 for today spent']);
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agent-usage-notices', theme)));
  await visit('/account/usage');
  await notices.filter({ hasText: 'of $250.50' }).nth(2).waitFor();
  expect((await told())[0]).toBe('All of $250.50 for this month spent');
  const mails = page.getByLabel('Mail me about budgets of my account and my agents');
  const isOn = async () => (await database.query("SELECT budget_mails FROM users WHERE email = 'ada@example.com'")).rows[0].budget_mails;
  expect([await mails.isChecked(), await isOn()]).toEqual([true, true]);
  await mails.click();
  await expectToast('Mails are off');
  expect([await mails.isChecked(), await isOn()]).toEqual([false, false]);
  await mails.focus();
  await page.keyboard.press('Space');
  await expectToast('Mails are on');
  expect([await mails.isChecked(), await isOn()]).toEqual([true, true]);
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/account-usage-notices', theme)));
  expect(faults).toEqual([]);

  await database.query('DELETE FROM spend_days');
  await database.query('INSERT INTO spend_days SELECT * FROM kept_spend');
  await database.query('DROP TABLE kept_spend');
  await database.query('UPDATE agents SET daily_budget_micros = NULL WHERE id = $1', [agent]);
}, 300_000);

test('mails about agents too are switched on the page Account, which says when the address is not verified', async () => {
  await visit('/account');
  const mails = page.getByLabel('Mail me about my agents');
  const isOn = async () => (await database.query("SELECT agent_mails FROM users WHERE email = 'ada@example.com'")).rows[0].agent_mails;
  await page.getByText('Mails go to a verified address. Yours is not verified yet.').waitFor();
  expect([await mails.isChecked(), await isOn()]).toEqual([true, true]);
  await mails.click();
  await expectToast('Mails about agents are off');
  expect(await isOn()).toBe(false);
  await mails.and(page.locator(':not(:checked)')).waitFor();
  await mails.focus();
  await page.keyboard.press('Space');
  await expectToast('Mails about agents are on');
  expect(await isOn()).toBe(true);
  await mails.and(page.locator(':checked')).waitFor();
  expect(await findFaultsOfPages(page, ['/account'])).toEqual([]);
}, 120_000);

test('the creation form tests the model before the agent exists, and forgets the result when a field changes', async () => {
  await visit('/agents/new');
  await page.getByRole('radio', { name: /Your own model/ }).click();
  await button('Test the model').click();
  await page.getByRole('alert').filter({ hasText: 'The model custom needs config.baseUrl and config.model' }).waitFor();
  await page.getByLabel('Base URL').fill(`http://host.docker.internal:${model.port}/v1`);
  await page.getByLabel('Model ID').fill('echo-1');
  await page.getByLabel('API key').fill('sk-wrong-key');
  await button('Test the model').click();
  await page.getByRole('alert').filter({ hasText: 'The provider refused the key' }).waitFor();
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agents-new-test-failed', theme)));
  await page.getByLabel('API key').fill(MODEL_KEY);
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor({ state: 'detached' });
  const { rows: before } = await database.query('SELECT count(*) FROM model_calls');
  const received = model.requests.length;
  await button('Test the model').focus();
  await page.keyboard.press('Enter');
  const passed = page.getByRole('status').filter({ hasText: /echo-1 answered in [\d,]+ ms$/ });
  await passed.waitFor();
  expect(model.requests.slice(received)).toMatchObject([{ words: 'Say hello', key: MODEL_KEY }]);
  expect((await database.query('SELECT count(*) FROM model_calls')).rows).toEqual(before);
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agents-new-test', theme)));
  expect(faults).toEqual([]);
  await page.getByLabel('Model ID').fill('echo-2');
  await passed.waitFor({ state: 'detached' });
  expect((await database.query('SELECT count(*)::int AS count FROM agents')).rows).toEqual([{ count: 1 }]);
}, 120_000);

test('an old container that holds the provider’s key is flagged until a restart', async () => {
  // As a container was stored before the model gateway.
  await database.query(
    `UPDATE agents SET container_spec = jsonb_set(jsonb_set(container_spec - 'models', '{fingerprint}', '"old"'), '{secretEnv,AGENT_MODEL_API_KEY}', '"apiKey"')
     WHERE id = $1`,
    [agent],
  );
  const hint = page.getByText('Restart to apply: this container still holds the provider’s key.');
  await visit('/agents');
  await hint.waitFor();
  await visit(`/agents/${agent}`);
  await hint.waitFor();
  const faults: string[] = [];
  for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, '/agent-before-gateway', theme)));
  expect(faults).toEqual([]);
  await button('Restart').click();
  await page.getByText('The agent is running again').waitFor({ timeout: 120_000 });
  await hint.waitFor({ state: 'detached' });
  await visit('/agents');
  await page.getByRole('heading', { name: 'Ada' }).waitFor();
  expect(await hint.count()).toBe(0);
}, 240_000);

test('an administrator sees which accounts and agents cost most', async () => {
  await database.query(
    "INSERT INTO users (id, email, created_at, updated_at) VALUES ('user_spender', 'spender@example.com', now(), now())",
  );
  await database.query(
    `INSERT INTO model_days (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
     VALUES ('agent_dear', (now() AT TIME ZONE 'UTC')::date, 'openai', 'gpt-4o', 'user_spender', 2500, 0, 9000000, 0, 1000000, 99500000)`,
  );
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Top spenders' }).click();
  const accounts = page.getByRole('region', { name: 'Usage by account' }).getByRole('row');
  await accounts.nth(2).waitFor();
  expect(await accounts.nth(1).getByRole('cell').allTextContents()).toEqual([
    'spender@example.com',
    '2,500',
    '9,000,000',
    '0',
    '1,000,000',
    '$99.50',
  ]);
  expect(await accounts.nth(2).getByRole('cell').first().textContent()).toBe('ada@example.com');
  const agents = page.getByRole('region', { name: 'Usage by agent' }).getByRole('row');
  expect(await agents.nth(1).getByRole('cell').first().textContent()).toBe('Deleted agent agent_dear spender@example.com');
  await expectRetry('**/api/admin/usage?*', () => visit('/admin/usage'), page.getByRole('heading', { name: 'By account' }));
  expect(await findFaultsOfPages(page, ['/admin/usage', '/admin/nodes'])).toEqual([]);
  // The tests run on one machine.
  await visit('/admin/nodes');
  await page.getByText('All agents of this installation run on its own machine.').waitFor();
  await database.query("DELETE FROM model_days WHERE owner_id = 'user_spender'");
  await database.query("DELETE FROM users WHERE id = 'user_spender'");
}, 120_000);

test('an account without calls is told so', async () => {
  await database.query('CREATE TABLE kept_days AS SELECT * FROM model_days');
  await database.query('DELETE FROM model_days');
  await visit('/account/usage');
  await page.getByRole('heading', { name: 'No model calls in 30 days' }).waitFor();
  expect(await page.getByRole('heading', { name: 'By agent' }).count()).toBe(0);
  await database.query('INSERT INTO model_days SELECT * FROM kept_days');
  await database.query('DROP TABLE kept_days');
});

test('the pages of usage have no serious accessibility fault in either theme, and fit a phone', async () => {
  expect(await findFaultsOfPages(page, [`/agents/${agent}/usage`, `/agents/${agent}/configuration`, '/account/usage'])).toEqual([]);
}, 240_000);

test('the Content-Security-Policy blocked nothing', () => expectNoRefusals());

test('no log line contains a secret', () => expectNoSecretsInLogs(...Object.values(stack.secrets)));
