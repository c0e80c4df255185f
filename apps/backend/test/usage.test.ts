import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deliverMails } from '../src/domain/notices/mails.ts';
import { tellBudgets } from '../src/domain/usage/budget-notices.ts';
import { beginCall } from '../src/domain/usage/ledger.ts';
import { INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';
import { bookDay } from './book-day.ts';
import { storedSpec } from './stored-spec.ts';
import { createTestClock } from './test-clock.ts';

/** What the routes of usage make of the ledger's days. It is noon of 15 November 2026. */

const clock = createTestClock();
const noon = new Date('2026-11-15T12:00:00Z');
let backend: TestBackend;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;

beforeAll(async () => {
  mailbox = await startMailbox();
  // Per day and month: $2 and $30 for solo, $1 and nothing for collective.
  backend = await startBackend(
    { PLAN_BUDGETS: 'solo=2/30,collective=1/', SMTP_URL: mailbox.url, DASHBOARD_URL: 'https://dash.example' },
    clock,
  );
});
afterAll(async () => {
  await backend?.stop();
  await mailbox?.close();
});

const createAgent = async (owner: string, name: string, plan: string) =>
  (await backend.machine(owner, 'POST', '/api/agents', { name, config: { plan } })).body.id as string;
/** Calls as a user at noon. */
const at = (user: string | undefined, method: string, path: string, body?: object) =>
  clock.at(noon, () => backend.machine(user, method, path, body));

describe('the limits of an account', () => {
  test('are the operator’s default for the plan, until the account sets its own, for each period alone', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Solo', 'solo');
    const day = { agentId: id, ownerId: owner, provider: 'openai', model: 'gpt-4o-mini' };
    await bookDay(backend, { ...day, date: '2026-11-15', costMicros: 500_000 });
    await bookDay(backend, { ...day, date: '2026-11-14', costMicros: 1_250_000 });
    // Of another month: neither of today nor of this month.
    await bookDay(backend, { ...day, date: '2026-10-31', costMicros: 9_000_000 });
    const ofPlan = { usd: 2, spentUsd: 0.5, source: 'plan' };
    const monthOfPlan = { usd: 30, spentUsd: 1.75, source: 'plan' };
    for (const path of ['/api/usage', `/api/agents/${id}/usage`]) {
      const { body } = await at(owner, 'GET', path);
      expect(body.limits).toEqual({ daily: ofPlan, monthly: monthOfPlan });
      expect(body.spent).toEqual({ dayUsd: 0.5, monthUsd: 1.75, reservedUsd: 0 });
      // The account's own budget stays what the account has set.
      expect(body.budget).toMatchObject({ dailyUsd: null, monthlyUsd: null });
    }
    await at(owner, 'PUT', '/api/budget', { dailyUsd: 7.5 });
    for (const path of ['/api/usage', `/api/agents/${id}/usage`]) {
      expect((await at(owner, 'GET', path)).body.limits).toEqual({
        daily: { usd: 7.5, spentUsd: 0.5, source: 'account' },
        monthly: monthOfPlan,
      });
    }
  });

  test('are the lowest default for agents of several plans, and null without a default', async () => {
    const owner = await backend.account();
    const network = await createAgent(owner, 'Network', 'network');
    expect((await at(owner, 'GET', '/api/usage')).body.limits).toEqual({ daily: null, monthly: null });
    const collective = await createAgent(owner, 'Collective', 'collective');
    const solo = await createAgent(owner, 'Solo', 'solo');
    const limit = (usd: number) => ({ usd, spentUsd: 0, source: 'plan' });
    expect((await at(owner, 'GET', '/api/usage')).body.limits).toEqual({ daily: limit(1), monthly: limit(30) });
    const ofAgent = async (id: string) => (await at(owner, 'GET', `/api/agents/${id}/usage`)).body.limits;
    expect(await ofAgent(network)).toEqual({ daily: null, monthly: null });
    expect(await ofAgent(collective)).toEqual({ daily: limit(1), monthly: null });
    expect(await ofAgent(solo)).toEqual({ daily: limit(2), monthly: limit(30) });
  });

  test('are hidden from a key of one agent', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Held', 'solo');
    await bookDay(backend, { agentId: id, ownerId: owner, provider: 'groq', model: 'm', date: '2026-11-15', costMicros: 40_000 });
    const { key } = (await backend.as(owner, 'POST', '/api/keys', { name: 'k', agentId: id })).body;
    const { body } = await clock.at(noon, () => backend.call('GET', `/api/agents/${id}/usage`, { token: key }));
    expect([body.limits, body.spent.dayUsd]).toEqual([null, 0.04]);
  });
});

describe('GET /api/usage/export', () => {
  const HEAD = 'date,agent_id,agent,provider,model,requests,input_tokens,cached_tokens,output_tokens,cost_usd,unpriced_requests';
  /** Downloads the file as a user at noon. */
  const download = (user: string, query = '') =>
    clock.at(noon, async () => {
      const headers = { authorization: `Bearer ${INTERNAL_KEY}`, 'x-user-id': user };
      const response = await fetch(`${backend.url}/api/usage/export${query}`, { headers });
      return { headers: response.headers, text: await response.text() };
    });

  test('has a row per day, agent, provider and model, of the days asked for, also of a deleted agent', async () => {
    const owner = await backend.account();
    const formula = await createAgent(owner, '=cmd|"/c calc"!A1, naïve 🦊', 'network');
    const gone = await createAgent(owner, 'Gone', 'network');
    const other = await backend.account();
    const foreign = await createAgent(other, 'Foreign', 'network');
    const figures = { requests: 3, inputTokens: 1_000, cachedTokens: 400, outputTokens: 50 };
    const day = { agentId: formula, ownerId: owner, provider: 'openai', model: 'gpt-4o-mini', ...figures };
    await bookDay(backend, { ...day, date: '2026-11-14', costMicros: 1_234_567 });
    await bookDay(backend, { ...day, date: '2026-11-15', costMicros: 45, provider: 'custom', model: '-model', unpricedRequests: 2 });
    await bookDay(backend, { ...day, date: '2026-11-13', costMicros: 1 });
    await bookDay(backend, { ...day, date: '2026-11-14', costMicros: 12_000_000, agentId: gone });
    await bookDay(backend, { ...day, date: '2026-11-14', costMicros: 5, agentId: foreign, ownerId: other });
    expect((await backend.machine(owner, 'DELETE', `/api/agents/${gone}`)).status).toBe(200);

    const { headers, text } = await download(owner, '?days=2');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="usage-2026-11-14-to-2026-11-15.csv"');
    const name = `"'=cmd|""/c calc""!A1, naïve 🦊"`;
    const lines = [
      `2026-11-14,${formula},${name},openai,gpt-4o-mini,3,1000,400,50,1.234567,0`,
      `2026-11-14,${gone},,openai,gpt-4o-mini,3,1000,400,50,12.000000,0`,
    ].sort();
    const last = `2026-11-15,${formula},${name},custom,'-model,3,1000,400,50,0.000045,2`;
    expect(text).toBe(`${[HEAD, ...lines, last].join('\r\n')}\r\n`);

    const ofOne = await download(owner, `?days=2&agentId=${gone}`);
    expect(ofOne.headers.get('content-disposition')).toBe(`attachment; filename="usage-${gone}-2026-11-14-to-2026-11-15.csv"`);
    expect(ofOne.text.split('\r\n')).toEqual([HEAD, lines.find((line) => line.includes(gone)), '']);
    expect((await download(owner, `?agentId=${foreign}`)).text).toBe(`${HEAD}\r\n`);
  });

  test('has every row once when it is read in several batches', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Busy', 'network');
    // 1,203 rows on two days, which three batches of 500 read.
    await backend.context.database.as(
      'service',
      (tx) => tx.$executeRaw`
        INSERT INTO model_days (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
        SELECT ${id}, '2026-11-14'::date + (i % 2), 'openai', 'model-' || i, ${owner}, 1, 0, i, 0, 0, 0 FROM generate_series(1, 1203) i`,
    );
    const { text } = await download(owner);
    const models = text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[4]);
    expect(models).toHaveLength(1_203);
    expect(new Set(models).size).toBe(1_203);
  });
});

describe('GET /api/admin/usage', () => {
  // Days that no other test has calls on.
  const later = new Date('2026-12-20T23:59:00Z');
  const ask = (user: string | undefined, query = '?days=2') =>
    clock.at(later, () => backend.machine(user, 'GET', `/api/admin/usage${query}`));

  test('lists accounts and agents with the most expensive first, and the sum of all', async () => {
    const [rich, poor] = [await backend.account('rich@example.com'), await backend.account('poor@example.com')];
    const [first, second] = [await createAgent(rich, 'First', 'network'), await createAgent(rich, 'Second', 'network')];
    const third = await createAgent(poor, 'Third', 'network');
    const figures = { requests: 2, inputTokens: 100, cachedTokens: 10, outputTokens: 5 };
    const book = (agentId: string, ownerId: string, date: string, costMicros: number, more: object = {}) =>
      bookDay(backend, { agentId, ownerId, date, costMicros, provider: 'openai', model: 'm', ...figures, ...more });
    await book(first, rich, '2026-12-19', 1_000_000);
    await book(first, rich, '2026-12-20', 500_000, { model: 'other', unpricedRequests: 1 });
    await book(second, rich, '2026-12-20', 3_000_000);
    // More requests, and less money.
    await book(third, poor, '2026-12-20', 2_000_000, { requests: 20 });
    // Before the two days.
    await book(third, poor, '2026-12-18', 90_000_000);
    expect((await backend.machine(rich, 'DELETE', `/api/agents/${second}`)).status).toBe(200);

    const { status, body } = await ask(undefined);
    expect(status).toBe(200);
    const of = (times: number, costUsd: number, unpricedRequests = 0) => ({
      requests: 2 * times,
      inputTokens: 100 * times,
      cachedTokens: 10 * times,
      outputTokens: 5 * times,
      costUsd,
      unpricedRequests,
    });
    expect(body).toEqual({
      total: { ...of(4, 6.5, 1), requests: 26 },
      accounts: [
        { id: rich, email: 'rich@example.com', ...of(3, 4.5, 1) },
        { id: poor, email: 'poor@example.com', ...of(1, 2), requests: 20 },
      ],
      agents: [
        { id: second, name: null, ownerEmail: 'rich@example.com', ...of(1, 3) },
        { id: third, name: 'Third', ownerEmail: 'poor@example.com', ...of(1, 2), requests: 20 },
        { id: first, name: 'First', ownerEmail: 'rich@example.com', ...of(2, 1.5, 1) },
      ],
      status: 'ok',
    });
    expect(await backend.as(poor, 'GET', '/api/admin/usage')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });

  test('has at most 50 rows of each list, and a sum of all rows', async () => {
    await backend.context.database.as('service', async (tx) => {
      await tx.$executeRaw`INSERT INTO users (id, email, created_at, updated_at)
        SELECT 'user_many' || i, 'many' || i || '@example.com', now(), now() FROM generate_series(1, 60) i`;
      await tx.$executeRaw`
        INSERT INTO model_days (agent_id, day, provider, model, owner_id, requests, unpriced_requests, input_tokens, cached_tokens, output_tokens, cost_micros)
        SELECT 'agent_many' || i, '2027-02-01'::date, 'openai', 'm', 'user_many' || i, 1, 0, 1, 0, 1, i * 1000000 FROM generate_series(1, 60) i`;
    });
    const { body } = await clock.at(new Date('2027-02-01T00:00:00Z'), () => backend.machine(undefined, 'GET', '/api/admin/usage?days=1'));
    expect([body.accounts.length, body.agents.length]).toEqual([50, 50]);
    expect([body.accounts[0].email, body.accounts[49].email]).toEqual(['many60@example.com', 'many11@example.com']);
    // 1 + 2 + … + 60.
    expect(body.total).toMatchObject({ requests: 60, costUsd: 1_830 });
  });
});

describe('GET /api/overview', () => {
  const overview = async (owner: string) => (await at(owner, 'GET', '/api/overview')).body.agents;

  test('has what each agent spent today, and of its own and its account’s budget the one of which more is used', async () => {
    const owner = await backend.account();
    const [spending, idle] = [await createAgent(owner, 'Spending', 'network'), await createAgent(owner, 'Idle', 'network')];
    const day = { agentId: spending, ownerId: owner, provider: 'openai', model: 'm' };
    await bookDay(backend, { ...day, date: '2026-11-15', costMicros: 570_000 });
    await bookDay(backend, { ...day, date: '2026-11-02', costMicros: 330_000 });
    const none = { agent: null, account: null };
    const rows = await overview(owner);
    expect(rows.map(({ id, spentTodayUsd, budgets }: Record<string, unknown>) => [id, spentTodayUsd, budgets])).toEqual([
      [idle, 0, none],
      [spending, 0.57, none],
    ]);

    await at(owner, 'PUT', `/api/agents/${spending}/budget`, { dailyUsd: 1, monthlyUsd: 1 });
    await at(owner, 'PUT', '/api/budget', { dailyUsd: 0.6, monthlyUsd: 100 });
    const [idleRow, row] = await overview(owner);
    // $0.90 of $1 in the month is more than $0.57 of $1 today.
    expect(row.budgets.agent).toEqual({ period: 'month', usd: 1, spentUsd: 0.9, usedPercent: 90 });
    // 95 % today, less than 1 % in the month.
    const account = { period: 'day', usd: 0.6, spentUsd: 0.57, usedPercent: 95 };
    expect([row.budgets.account, idleRow.budgets]).toEqual([account, { agent: null, account }]);
    expect((await at(owner, 'GET', `/api/agents/${spending}/overview`)).body.agent).toMatchObject({
      spentTodayUsd: 0.57,
      budgets: row.budgets,
    });
  });

  test.each([
    [1, 570_000, 57],
    [1, 799_999, 79],
    [1, 999_999, 99],
    [1, 1_000_000, 100],
    [0.5, 1_000_000, 200],
    [0, 0, 100],
  ])('with a budget of $%d and %d micro-dollars spent has %d %%', async (dailyUsd, costMicros, usedPercent) => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Counted', 'network');
    await bookDay(backend, { agentId: id, ownerId: owner, provider: 'openai', model: 'm', date: '2026-11-15', costMicros });
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd });
    expect((await overview(owner))[0].budgets.agent.usedPercent).toBe(usedPercent);
  });

  test('flags a running container that was made before the model gateway, and says whether it has a provider’s key', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Old', 'network');
    const { models: _, ...before } = storedSpec({ agentId: id, ownerId: owner });
    const target = {
      provider: 'openai' as const,
      api: 'openai-completions' as const,
      baseUrl: 'https://api.openai.com/v1',
      gatewayName: 'openai',
    };
    const runs = { state: 'running' as const, runtime: 'container' as const };
    const flagOf = async (data: object) => {
      await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data }));
      const [row] = await overview(owner);
      const { agent } = (await at(owner, 'GET', `/api/agents/${id}/overview`)).body;
      expect(agent.gatewayBypass).toBe(row.gatewayBypass);
      return row.gatewayBypass;
    };
    const secretEnv = { OPENCLAW_GATEWAY_TOKEN: 'gatewayToken', AGENT_MODEL_API_KEY: 'apiKey' };
    expect(await flagOf({ ...runs, containerSpec: { ...before, secretEnv } })).toBe('with_key');
    expect(await flagOf({ containerSpec: { ...before, secretEnv: { OPENAI_API_KEY: 'apiKey:openai' } } })).toBe('with_key');
    expect(await flagOf({ containerSpec: { ...before, secretEnv: { OPENCLAW_GATEWAY_TOKEN: 'gatewayToken' } } })).toBe('without_key');
    // A container that does not run has no environment.
    expect(await flagOf({ state: 'stopped' })).toBeNull();
    expect(await flagOf({ ...runs, containerSpec: { ...before, secretEnv, models: [{ ...target, model: 'gpt-4o' }] } })).toBeNull();
    // Of a spec that cannot be read, nothing is known.
    expect(await flagOf({ containerSpec: { version: 1 } })).toBeNull();
  });

  test('has the operator’s default for the plan, and hides the account from a key of one agent', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Of a plan', 'collective');
    await bookDay(backend, { agentId: id, ownerId: owner, provider: 'openai', model: 'm', date: '2026-11-15', costMicros: 840_000 });
    const account = { period: 'day', usd: 1, spentUsd: 0.84, usedPercent: 84 };
    expect((await overview(owner))[0].budgets).toEqual({ agent: null, account });
    const { key } = (await backend.as(owner, 'POST', '/api/keys', { name: 'k', agentId: id })).body;
    const { body } = await clock.at(noon, () => backend.call('GET', `/api/agents/${id}/overview`, { token: key }));
    expect(body.agent).toMatchObject({ spentTodayUsd: 0.84, budgets: { agent: null, account: null } });
  });
});

// Ruling 33 of the design: "Thresholds at 50, 80 and 100 % notify."
describe('an owner is told of a budget', () => {
  const day = '2026-11-15';
  const spend = (ownerId: string, agentId: string, costMicros: number, date = day) =>
    bookDay(backend, { agentId, ownerId, provider: 'openai', model: `model of ${Math.random()}`, date, costMicros });
  const tellAndMail = async () => {
    await tellBudgets(backend.context);
    await deliverMails(backend.context);
  };
  const tell = (time = noon) => clock.at(time, tellAndMail);
  const noticesOf = async (owner: string, path: string) =>
    (await at(owner, 'GET', path)).body.notices.map(({ period, percent, usd }: Record<string, unknown>) => [period, percent, usd]);
  const confirm = (owner: string) =>
    backend.context.database.as('service', (tx) => tx.user.update({ where: { id: owner }, data: { emailVerifiedAt: noon } }));
  /** The mails to a user, without the soft line ends of their encoding (RFC 2045, 6.7). */
  async function mailsTo(owner: string): Promise<string[]> {
    const { email } = await backend.context.database.as('service', (tx) => tx.user.findUniqueOrThrow({ where: { id: owner } }));
    return mailbox.mails.filter(({ to }) => to.includes(email)).map(({ text }) => text.replaceAll('=\r\n', ''));
  }

  test('at 50, 80 and 100 percent, once each, on its page and by mail', async () => {
    const owner = await backend.account();
    await confirm(owner);
    const id = await createAgent(owner, 'Heron', 'network');
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 1, monthlyUsd: 100 });
    const path = `/api/agents/${id}/usage`;
    // Of another day: not of today's budget.
    await spend(owner, id, 5_000_000, '2026-11-14');
    await spend(owner, id, 499_999);
    await tell();
    expect(await noticesOf(owner, path)).toEqual([]);
    await spend(owner, id, 1);
    await tell();
    await tell();
    expect(await noticesOf(owner, path)).toEqual([['day', 50, 1]]);
    await spend(owner, id, 299_999);
    await tell();
    expect(await noticesOf(owner, path)).toEqual([['day', 50, 1]]);
    await spend(owner, id, 1);
    await tell(new Date('2026-11-15T12:01:00Z'));
    expect(await noticesOf(owner, path)).toEqual([
      ['day', 80, 1],
      ['day', 50, 1],
    ]);
    await spend(owner, id, 200_000);
    await tell(new Date('2026-11-15T12:02:00Z'));
    expect(await noticesOf(owner, path)).toEqual([
      ['day', 100, 1],
      ['day', 80, 1],
      ['day', 50, 1],
    ]);
    expect((await at(owner, 'GET', path)).body.notices[0].at).toBe('2026-11-15T12:02:00.000Z');
    await pollUntil('three mails', async () => (await mailsTo(owner)).length === 3, { everyMs: 10 });
    const [half = '', most = '', all = ''] = await mailsTo(owner);
    expect(half).toContain("Subject: Heron's budget for today is 50 % spent\r\n");
    expect(half).toContain("Heron's budget for today is 50 % spent: $0.50 of $1.00.");
    expect(half).toContain(`https://dash.example/agents/${id}/usage\r\n`);
    expect(most).toContain("Heron's budget for today is 80 % spent: $0.80 of $1.00.");
    expect(all).toContain("Heron's budget for today is spent: $1.00 of $1.00. It begins again at midnight UTC.");
    // The account has no budget, and nobody else is told.
    expect(await noticesOf(owner, '/api/usage')).toEqual([]);
    expect(await noticesOf(await backend.account(), '/api/usage')).toEqual([]);
  });

  test('with one mail when it is spent at once, and again when the amount changes', async () => {
    const owner = await backend.account();
    await confirm(owner);
    const id = await createAgent(owner, 'Swift', 'network');
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { monthlyUsd: 10 });
    await spend(owner, id, 9_000_000, '2026-11-02');
    await tell();
    const path = `/api/agents/${id}/usage`;
    expect(await noticesOf(owner, path)).toEqual([
      ['month', 80, 10],
      ['month', 50, 10],
    ]);
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { monthlyUsd: 18 });
    await tell(new Date('2026-11-15T12:05:00Z'));
    expect(await noticesOf(owner, path)).toEqual([
      ['month', 50, 18],
      ['month', 80, 10],
      ['month', 50, 10],
    ]);
    await pollUntil('two mails', async () => (await mailsTo(owner)).length === 2, { everyMs: 10 });
    const subjects = (await mailsTo(owner)).map((mail) => /^Subject: (.*)\r$/m.exec(mail)?.[1]);
    expect(subjects).toEqual(["Swift's budget for this month is 80 % spent", "Swift's budget for this month is 50 % spent"]);
    // Of another month nothing is told.
    const next = await clock.at(new Date('2026-12-01T00:00:00Z'), async () => {
      await tellBudgets(backend.context);
      return (await backend.machine(owner, 'GET', path)).body.notices;
    });
    expect(next).toEqual([]);
  });

  test('of the lowest default when its agents have several plans', async () => {
    const owner = await backend.account();
    const solo = await createAgent(owner, 'Solo', 'solo');
    await createAgent(owner, 'Collective', 'collective');
    await spend(owner, solo, 500_000);
    await tell();
    expect(await noticesOf(owner, '/api/usage')).toEqual([['day', 50, 1]]);
  });

  test('without a mail while the account is blocked', async () => {
    const owner = await backend.account();
    await confirm(owner);
    const id = await createAgent(owner, 'Held', 'network');
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 1 });
    await spend(owner, id, 900_000);
    const block = (blockedAt: Date | null) =>
      backend.context.database.as('service', (tx) => tx.user.update({ where: { id: owner }, data: { blockedAt } }));
    await block(noon);
    await tell();
    await block(null);
    expect(await noticesOf(owner, `/api/agents/${id}/usage`)).toHaveLength(2);
    expect(await mailsTo(owner)).toEqual([]);
  });

  test('with notices that are kept for 62 days', async () => {
    const owner = await backend.account();
    const id = await createAgent(owner, 'Kept', 'network');
    await at(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 1 });
    await spend(owner, id, 500_000);
    await tell();
    const kept = () => backend.context.database.as('service', (tx) => tx.budgetNotice.count({ where: { subjectId: id } }));
    const end = noon.getTime() + 62 * 24 * 3_600_000;
    await tell(new Date(end));
    expect(await kept()).toBe(1);
    await tell(new Date(end + 1));
    expect(await kept()).toBe(0);
  });

  test('of the operator’s default for the account, and of a refused call, with no mail when mails are off or the address is not confirmed', async () => {
    const [off, unconfirmed] = [await backend.account(), await backend.account()];
    await confirm(off);
    expect((await at(off, 'PUT', '/api/budget', { mails: false })).body.budget).toEqual({ dailyUsd: null, monthlyUsd: null, mails: false });
    for (const owner of [off, unconfirmed]) {
      const id = await createAgent(owner, 'Wren', 'solo');
      await spend(owner, id, 1_600_000);
      await tell();
      expect(await noticesOf(owner, '/api/usage')).toEqual([
        ['day', 80, 2],
        ['day', 50, 2],
      ]);
      expect(await noticesOf(owner, `/api/agents/${id}/usage`)).toEqual([]);
    }
    const owner = await backend.account();
    await confirm(owner);
    const id = await createAgent(owner, 'Crow', 'network');
    await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 0.25 });
    const call = { id: `refused-${id}`, agentId: id, source: 'agent', provider: 'openai', model: 'm', plan: 'network' } as const;
    const refusal = await beginCall(backend.context, { ...call, worst: 300_000n, keySource: undefined, allowance: undefined });
    expect(refusal).toBe('agent day');
    // The ledger's clock is the database's.
    await tellAndMail();
    const { notices } = (await backend.machine(owner, 'GET', `/api/agents/${id}/usage`)).body;
    expect(notices).toMatchObject([{ percent: 100, usd: 0.25 }]);
    // That call was not refused by the new budget.
    await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 0.75 });
    await tellBudgets(backend.context);
    expect((await backend.machine(owner, 'GET', `/api/agents/${id}/usage`)).body.notices).toEqual(notices);
    await pollUntil('a mail', async () => (await mailsTo(owner)).length === 1, { everyMs: 10 });
    expect((await mailsTo(owner))[0]).toContain("Crow's budget for today: $0.00 of $0.25 spent.");
    expect([...(await mailsTo(off)), ...(await mailsTo(unconfirmed))]).toEqual([]);
  });
});
