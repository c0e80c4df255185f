import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';
import { bookDay } from './book-day.ts';
import { createTestClock } from './test-clock.ts';

/** What the routes of usage make of the ledger's days. It is noon of 15 November 2026. */

const clock = createTestClock();
const noon = new Date('2026-11-15T12:00:00Z');
let backend: TestBackend;

beforeAll(async () => {
  // Per day and month: $2 and $30 for solo, $1 and nothing for collective.
  backend = await startBackend({ PLAN_BUDGETS: 'solo=2/30,collective=1/' }, clock);
});
afterAll(() => backend?.stop());

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
