import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { startStripe } from '@agentbot/test-doubles/stripe';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import Stripe from 'stripe';
import { createAccounts } from '../src/domain/accounts/accounts.ts';
import { claimSubscription } from '../src/domain/billing/claim-subscription.ts';
import { createListPlans } from '../src/domain/billing/plan-offers.ts';
import { reconcileSuspensions } from '../src/workers/suspensions.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Stripe through its official client against a local double: checkout, webhooks in every order, lapse and renewal. */

const API_KEY = canary('sk_test_');
const SECRET = canary('whsec_');

let stripe: Awaited<ReturnType<typeof startStripe>>;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;

interface Customer {
  id: string;
  email: string;
  customer: string;
}

/** An account that is a customer of Stripe already. */
async function createCustomer(name: string): Promise<Customer> {
  const email = `${name}@example.com`;
  const id = await backend.account(email);
  await backend.as(id, 'GET', '/api/stripe/checkout?plan=solo');
  const { stripeCustomerId } = await backend.context.database.as('service', (tx) => tx.user.findUniqueOrThrow({ where: { id } }));
  return { id, email, customer: stripeCustomerId as string };
}

async function deliver(event: object, { secret = SECRET, body = JSON.stringify(event), secondsAgo = 0 } = {}) {
  const timestamp = Math.floor(Date.now() / 1000) - secondsAgo;
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: JSON.stringify(event), secret, timestamp });
  return backend.call('POST', '/api/stripe/webhook', { body, headers: { 'stripe-signature': signature } });
}
const event = (type: string, object: object) => stripe.eventOf(type, object);
const subscriptionEvent = (type: string, id: string, status: string) =>
  event(`customer.subscription.${type}`, { id, object: 'subscription', status, items: { data: [] } });

const planOf = async ({ id }: Customer) => (await backend.as(id, 'GET', '/api/me')).body.plan;
const subscriptionOf = (id: string) => backend.context.database.as('service', (tx) => tx.subscription.findUnique({ where: { id } }));

beforeAll(async () => {
  stripe = await startStripe({ apiKey: API_KEY });
  for (const plan of ['solo', 'collective', 'network']) stripe.setPrice(`price_${plan}`, { amount: 1_000 });
  model = await startModelProvider({ apiKey: canary('model-key-') });
  backend = await startBackend({
    STRIPE_SECRET_KEY: API_KEY,
    STRIPE_WEBHOOK_SECRET: SECRET,
    STRIPE_API_BASE: stripe.url,
    STRIPE_PRICE_SOLO: 'price_solo',
    STRIPE_PRICE_COLLECTIVE: 'price_collective',
    STRIPE_PRICE_NETWORK: 'price_network',
  });
  await backend.account();
});
afterAll(async () => {
  await backend.stop();
  await model.close();
  await stripe.close();
});

const included = (plan: string, agents: number, gibibytes: number, cpus: number) => ({
  plan,
  agents,
  memoryBytes: gibibytes * 1024 ** 3,
  cpus,
  limitedByHost: false,
  tools: plan === 'solo' ? 'messaging' : 'coding',
});

describe('the plans for sale', () => {
  test('GET /api/plans lists the prices of Stripe in units of the currency, and null for a plan without one', async () => {
    stripe.setPrice('price_solo', { amount: 1_950 });
    stripe.setPrice('price_collective', { amount: 9_000, currency: 'jpy', interval: 'year' });
    stripe.setPrice('price_network', { amount: null });
    const { status, body } = await backend.as(await backend.account(), 'GET', '/api/plans');
    expect([status, body]).toEqual([
      200,
      {
        payments: 'stripe',
        plans: [
          // Agents by the contract's limits of the dashboard, resources by the ruling on them; without an engine no host limits these.
          { ...included('solo', 1, 2, 1), forSale: true, price: { amount: 19.5, currency: 'usd', interval: 'month', intervalCount: 1 } },
          {
            ...included('collective', 3, 4, 2),
            forSale: true,
            price: { amount: 9_000, currency: 'jpy', interval: 'year', intervalCount: 1 },
          },
          { ...included('label', 1, 8, 4), forSale: false, price: null },
          { ...included('network', 100, 16, 4), forSale: true, price: null },
        ],
        status: 'ok',
      },
    ]);
  });

  test('listPlans says what an agent gets on the host of the engine', async () => {
    const info = await new Docker().info();
    const withEngine = await startBackend({ DOCKER_HOST: 'unix:///var/run/docker.sock' });
    const { plans } = (await withEngine.as(await withEngine.account(), 'GET', '/api/plans')).body;
    await withEngine.stop();
    const limited = [
      ['solo', 2 * 1024 ** 3, 1],
      ['collective', 4 * 1024 ** 3, 2],
      ['label', 8 * 1024 ** 3, 4],
      ['network', 16 * 1024 ** 3, 4],
    ] as const;
    expect(plans).toMatchObject(
      limited.map(([plan, memory, cpus]) => ({
        plan,
        memoryBytes: Math.min(memory, info.MemTotal),
        cpus: Math.min(cpus, info.NCPU),
        limitedByHost: cpus > info.NCPU || memory > info.MemTotal,
      })),
    );
  });

  test('listPlans reads prices again after five minutes', async () => {
    for (const price of ['price_solo', 'price_collective', 'price_network']) stripe.setPrice(price, { amount: 1_000 });
    let now = new Date('2041-03-05T12:34:56.000Z');
    const offers = createListPlans({ ...backend.context, clock: { now: () => now } });
    const readsAfter = async (ms: number) => {
      now = new Date(now.getTime() + ms);
      const before = stripe.priceReads();
      await offers();
      // A refresh runs in the background; it reads three prices.
      for (let tries = 0; tries < 10 && stripe.priceReads() < before + 3; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
      return stripe.priceReads() - before;
    };
    expect([await readsAfter(0), await readsAfter(299_999), await readsAfter(1)]).toEqual([3, 0, 3]);
  });

  test('listPlans reads each price once for concurrent calls, and keeps the last prices while Stripe is unavailable', async () => {
    const offers = createListPlans(backend.context, 100);
    const before = stripe.priceReads();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, offers));
    expect(others).toEqual(Array(19).fill(first));
    expect(stripe.priceReads() - before).toBe(3);
    stripe.setDown(true);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([await offers(), await offers()]).toEqual([first, first]);
    const unknown = await createListPlans(backend.context)();
    stripe.setDown(false);
    expect(unknown.plans.map(({ forSale, price }) => [forSale, price])).toEqual([true, true, false, true].map((sold) => [sold, null]));
  });
});

describe('a checkout', () => {
  test('names plan, account and customer, and concurrent requests create one customer', async () => {
    const id = await backend.account('buyer@example.com');
    const before = stripe.customers.size;
    const answers = await Promise.all(Array.from({ length: 5 }, () => backend.as(id, 'GET', '/api/stripe/checkout?plan=collective')));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(answers[0]?.body.url).toMatch(/^https:\/\/stripe\.example\/checkout\//);
    expect(stripe.customers.size).toBe(before + 1);
    expect(stripe.sessions.at(-1)).toMatchObject({
      mode: 'subscription',
      client_reference_id: id,
      'line_items[0][price]': 'price_collective',
      'subscription_data[metadata][agentbot_account]': id,
      success_url: 'http://localhost:3000/agents?checkout=done',
    });
  });

  test('concurrent requests share one customer also when Stripe takes longer to create it than a client retries', async () => {
    const id = await backend.account();
    const before = stripe.customers.size;
    // The client retries a 409 once, after half a second.
    stripe.setDelay('/v1/customers', 1_200);
    const answers = await Promise.all(Array.from({ length: 3 }, () => backend.as(id, 'GET', '/api/stripe/checkout?plan=solo')));
    stripe.setDelay('', 0);
    expect(answers.map(({ status }) => status)).toEqual(Array(3).fill(200));
    expect(stripe.customers.size).toBe(before + 1);
  });

  test('succeeds after Stripe failed to create the customer: the failure is not replayed', async () => {
    const id = await backend.account();
    const ask = async () => (await backend.as(id, 'GET', '/api/stripe/checkout?plan=solo')).status;
    stripe.fail({ status: 500, path: '/v1/customers' });
    expect(await ask()).toBe(500);
    expect(await ask()).toBe(200);
  });

  test('waits and asks again when Stripe limits the rate', async () => {
    const { id } = await createCustomer('limited');
    stripe.fail({ status: 429, shouldRetry: true, retryAfter: 0, path: '/v1/checkout/sessions' });
    expect((await backend.as(id, 'GET', '/api/stripe/checkout?plan=solo')).status).toBe(200);
  });

  test('becomes the billing portal for a live subscription behind a hundred ended subscriptions', async () => {
    const { id, customer } = await createCustomer('returning');
    stripe.setSubscription('sub_oldest', { customer, price: 'price_solo' });
    for (let i = 0; i < 100; i++) stripe.setSubscription(`sub_ended${i}`, { customer, price: 'price_solo', status: 'canceled' });
    const { body } = await backend.as(id, 'GET', '/api/stripe/checkout?plan=network');
    expect(body.url).toMatch(/billing_portal/);
  });

  test('is refused with 400 for an unknown plan or one not for sale; the portal answers 402 without a subscription', async () => {
    const id = await backend.account();
    expect(await backend.as(id, 'GET', '/api/stripe/checkout')).toMatchObject({ status: 400, body: { error: 'Invalid plan' } });
    expect(await backend.as(id, 'GET', '/api/stripe/checkout?plan=label')).toMatchObject({
      status: 400,
      body: { error: 'The plan label is not for sale here' },
    });
    expect(await backend.as(id, 'POST', '/api/stripe/portal')).toMatchObject({ status: 402, body: { code: 'PAYMENT_REQUIRED' } });
  });

  test('becomes the billing portal for an account with a subscription', async () => {
    const buyer = await createCustomer('twice');
    stripe.setSubscription('sub_twice', { customer: buyer.customer, price: 'price_solo' });
    await deliver(subscriptionEvent('created', 'sub_twice', 'active'));
    const checkout = await backend.as(buyer.id, 'GET', '/api/stripe/checkout?plan=network');
    const portal = await backend.as(buyer.id, 'POST', '/api/stripe/portal');
    for (const { body } of [checkout, portal]) expect(body.url).toMatch(/billing_portal/);
    expect(stripe.sessions.at(-1)).toMatchObject({ customer: buyer.customer });
  });

  test('expires the earlier ones of its customer: one stays open after sequential and concurrent requests', async () => {
    const { id, customer } = await createCustomer('undecided');
    const open = () => stripe.checkouts.filter((each) => each.customer === customer && each.status === 'open').map(({ url }) => url);
    const ask = () => backend.as(id, 'GET', '/api/stripe/checkout?plan=solo');
    const { body } = await ask();
    expect(open()).toEqual([body.url]);
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(open()).toHaveLength(1);
    expect(answers.map((each) => each.body.url)).toContain(open()[0]);
  });

  test('becomes the billing portal when the customer pays an earlier one meanwhile', async () => {
    const { id, customer } = await createCustomer('quick');
    stripe.beforeExpiry((checkout) => {
      if (checkout.customer !== customer) return;
      checkout.status = 'complete';
      stripe.setSubscription('sub_quick', { customer, price: 'price_solo' });
    });
    const { status, body } = await backend.as(id, 'GET', '/api/stripe/checkout?plan=solo');
    stripe.beforeExpiry(undefined);
    expect([status, body.url]).toEqual([200, expect.stringMatching(/billing_portal/)]);
  });

  test.each([
    ['active', true],
    ['trialing', true],
    ['past_due', true],
    ['unpaid', true],
    ['paused', true],
    ['incomplete', true],
    ['canceled', false],
    ['incomplete_expired', false],
  ])(
    'for a customer with a subscription that is %s at Stripe, before any webhook, becomes the billing portal: %s',
    async (status, changed) => {
      const { id, customer } = await createCustomer(`at-stripe-${status}`);
      stripe.setSubscription(`sub_at_stripe_${status}`, { customer, price: 'price_solo', status });
      const { body } = await backend.as(id, 'GET', '/api/stripe/checkout?plan=network');
      expect(body.url).toMatch(changed ? /billing_portal/ : /checkout/);
    },
  );

  test.each([
    ['has never heard of', (customer: string) => stripe.customers.delete(customer)],
    ['has deleted', (customer: string) => stripe.addCustomer({ id: customer, email: null, deleted: true })],
  ])('creates a new customer in place of a customer that Stripe %s', async (how, lose) => {
    const email = `lost-${how.replaceAll(' ', '-')}`;
    const { id, customer } = await createCustomer(email);
    lose(customer);
    expect(await backend.as(id, 'POST', '/api/stripe/portal')).toMatchObject({ status: 402, body: { code: 'PAYMENT_REQUIRED' } });
    for (let i = 0; i < 2; i++) {
      expect((await backend.as(id, 'GET', '/api/stripe/checkout?plan=solo')).body.url).toMatch(/checkout/);
    }
    const { stripeCustomerId } = await backend.context.database.as('service', (tx) => tx.user.findUniqueOrThrow({ where: { id } }));
    expect(stripeCustomerId).not.toBe(customer);
    expect(stripe.sessions.at(-1)?.customer).toBe(stripeCustomerId);
  });

  test('answers 500 without internal details while Stripe is unavailable', async () => {
    const buyer = await createCustomer('unlucky');
    stripe.setDown(true);
    const answer = await backend.as(buyer.id, 'GET', '/api/stripe/checkout?plan=solo');
    stripe.setDown(false);
    expect([answer.status, answer.body.error]).toEqual([500, 'Failed to start checkout']);
    expect(JSON.stringify(answer.body)).not.toMatch(/canary|127\.0\.0\.1/i);
  });
});

describe('webhooks', () => {
  test('are accepted only with a fresh signature over the raw body', async () => {
    const buyer = await createCustomer('signed');
    stripe.setSubscription('sub_signed', { customer: buyer.customer, price: 'price_solo' });
    const right = subscriptionEvent('created', 'sub_signed', 'active');
    expect(await deliver(right, { secret: 'whsec_wrong' })).toMatchObject({ status: 400, body: { error: 'Invalid signature' } });
    expect((await deliver(right, { body: `${JSON.stringify(right)} ` })).status).toBe(400);
    const unsigned = await backend.call('POST', '/api/stripe/webhook', { body: right });
    expect(unsigned.status).toBe(400);
    // Stripe's tolerance is five minutes.
    expect((await deliver(right, { secondsAgo: 310 })).status).toBe(400);
    expect((await deliver(right, { secondsAgo: -310 })).status).toBe(400);
    expect(await planOf(buyer)).toBeNull();
    expect(await deliver(right, { secondsAgo: 240 })).toMatchObject({ status: 200, body: { received: true } });
    expect(await planOf(buyer)).toBe('solo');
  });

  test('in any order, repeated and concurrent, store the state of Stripe', async () => {
    const buyer = await createCustomer('shuffled');
    const id = 'sub_shuffled';
    const set = (status: string, price = 'price_solo') => stripe.setSubscription(id, { customer: buyer.customer, price, status });
    const created = subscriptionEvent('created', id, 'incomplete');
    const updated = subscriptionEvent('updated', id, 'active');
    const paid = event('invoice.paid', { id: 'in_1', object: 'invoice', parent: { subscription_details: { subscription: id } } });
    const bought = event('checkout.session.completed', {
      id: 'cs_1',
      object: 'checkout.session',
      subscription: id,
      client_reference_id: buyer.id,
    });
    set('active', 'price_collective');
    // The last event arrives first.
    await deliver(updated);
    await deliver(created);
    expect(await planOf(buyer)).toBe('collective');
    const reads = stripe.reads();
    await Promise.all(Array.from({ length: 10 }, () => deliver(updated)));
    expect(stripe.reads()).toBe(reads);
    set('canceled', 'price_collective');
    const deleted = subscriptionEvent('deleted', id, 'canceled');
    await Promise.all([deliver(deleted), deliver(paid), deliver(bought), deliver(deleted)]);
    expect(await subscriptionOf(id)).toMatchObject({ ownerId: buyer.id, status: 'canceled', plan: 'collective' });
    expect(await planOf(buyer)).toBeNull();
    await deliver(subscriptionEvent('updated', id, 'active'));
    expect(await planOf(buyer)).toBeNull();
  });

  /** Whether a transaction waits for the lock of a subscription. */
  const isLocked = async () => {
    const [row] = await backend.context.database.untenanted.$queryRaw<{ waiting: number }[]>`
      SELECT count(*)::int AS waiting FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()`;
    return (row?.waiting ?? 0) > 0;
  };
  /** Starts a reader of Stripe, changes the subscription while its reading is under way, and delivers an event of the change. */
  async function overtake<T>(subscription: string, first: () => Promise<T>, change: () => void): Promise<T> {
    const hold = stripe.hold(subscription);
    const slow = first();
    await hold.arrived;
    change();
    let done = false;
    const fast = deliver(subscriptionEvent('updated', subscription, 'canceled')).finally(() => {
      done = true;
    });
    while (!done && !(await isLocked())) await new Promise((resolve) => setTimeout(resolve, 10));
    hold.release();
    const [answer] = await Promise.all([slow, fast]);
    return answer;
  }

  test('of a reading that a later one overtakes: the later state is stored', async () => {
    const buyer = await createCustomer('overtaken');
    const set = (status: string) => stripe.setSubscription('sub_overtaken', { customer: buyer.customer, price: 'price_solo', status });
    set('active');
    const created = subscriptionEvent('created', 'sub_overtaken', 'active');
    const answer = await overtake(
      'sub_overtaken',
      () => deliver(created),
      () => set('canceled'),
    );
    expect(answer.status).toBe(200);
    expect(await subscriptionOf('sub_overtaken')).toMatchObject({ status: 'canceled' });
  });

  test('that overtake the claim of a subscription: the later state is stored', async () => {
    const id = await backend.account('overtaken-claim@example.com');
    stripe.addCustomer({ id: 'cus_claim', email: 'overtaken-claim@example.com' });
    const set = (status: string) => stripe.setSubscription('sub_claim', { customer: 'cus_claim', price: 'price_solo', status });
    set('active');
    const body = { telegramToken: canary('1:'), plan: 'solo', stripeSubscriptionId: 'sub_claim' };
    await overtake(
      'sub_claim',
      () => backend.machine(id, 'POST', '/api/provision', body),
      () => set('canceled'),
    );
    expect(await subscriptionOf('sub_claim')).toMatchObject({ ownerId: id, status: 'canceled' });
  });

  test('of the other mode are acknowledged and change nothing', async () => {
    const buyer = await createCustomer('modes');
    stripe.setSubscription('sub_modes', { customer: buyer.customer, price: 'price_solo' });
    const object = { id: 'sub_modes', object: 'subscription', status: 'active' };
    const reads = stripe.reads();
    const live = stripe.eventOf('customer.subscription.created', object, { livemode: true });
    expect((await deliver(live)).status).toBe(200);
    expect([stripe.reads(), await subscriptionOf('sub_modes')]).toEqual([reads, null]);
    // The same event of our mode is not held for a repeated one.
    expect((await deliver({ ...live, livemode: false })).status).toBe(200);
    expect(await planOf(buyer)).toBe('solo');
  });

  test('give a subscription without metadata to the account of its customer, and never to another account after that', async () => {
    const [buyer, other] = [await createCustomer('by-customer'), await createCustomer('by-metadata')];
    const set = (fields: { customer: string; metadata?: Record<string, string>; status?: string }) =>
      stripe.setSubscription('sub_kept', { price: 'price_solo', ...fields });
    set({ customer: buyer.customer });
    await deliver(subscriptionEvent('created', 'sub_kept', 'active'));
    expect(await subscriptionOf('sub_kept')).toMatchObject({ ownerId: buyer.id });
    set({ customer: other.customer, metadata: { agentbot_account: other.id } });
    await deliver(subscriptionEvent('updated', 'sub_kept', 'active'));
    expect(await subscriptionOf('sub_kept')).toMatchObject({ ownerId: buyer.id });
    expect([await planOf(buyer), await planOf(other)]).toEqual(['solo', null]);
    // Its end reaches the account also when Stripe names a customer that no account has.
    set({ customer: 'cus_unknown', status: 'canceled' });
    await deliver(subscriptionEvent('deleted', 'sub_kept', 'canceled'));
    expect(await subscriptionOf('sub_kept')).toMatchObject({ ownerId: buyer.id, status: 'canceled' });
    expect(await planOf(buyer)).toBeNull();
  });

  test('are processed on redelivery after Stripe limited the rate', async () => {
    const buyer = await createCustomer('throttled');
    stripe.setSubscription('sub_throttled', { customer: buyer.customer, price: 'price_solo' });
    const created = subscriptionEvent('created', 'sub_throttled', 'active');
    stripe.fail({ status: 429, path: 'sub_throttled' });
    expect((await deliver(created)).status).toBe(500);
    expect((await deliver(created)).status).toBe(200);
    expect(await planOf(buyer)).toBe('solo');
  });

  test('are processed on redelivery after a failure', async () => {
    const buyer = await createCustomer('again');
    stripe.setSubscription('sub_again', { customer: buyer.customer, price: 'price_network' });
    const created = subscriptionEvent('created', 'sub_again', 'active');
    stripe.setDown(true);
    expect((await deliver(created)).status).toBe(500);
    stripe.setDown(false);
    expect(await planOf(buyer)).toBeNull();
    expect((await deliver(created)).status).toBe(200);
    expect(await planOf(buyer)).toBe('network');
  });

  test('of unknown customers, other event types and other prices change no plan', async () => {
    const buyer = await createCustomer('other');
    stripe.setSubscription('sub_stranger', { customer: 'cus_unknown', price: 'price_network' });
    stripe.setSubscription('sub_other', { customer: buyer.customer, price: 'price_of_something_else' });
    for (const each of [
      subscriptionEvent('created', 'sub_stranger', 'active'),
      subscriptionEvent('created', 'sub_other', 'active'),
      event('charge.succeeded', { id: 'ch_1', object: 'charge' }),
    ]) {
      expect((await deliver(each)).status).toBe(200);
    }
    expect(await subscriptionOf('sub_stranger')).toBeNull();
    expect(await planOf(buyer)).toBeNull();
  });

  test('with a price that the operator removed keep the plan of its subscribers', async () => {
    const buyer = await createCustomer('loyal');
    const set = async (price: string, status = 'active') => {
      stripe.setSubscription('sub_loyal', { customer: buyer.customer, price, status });
      await deliver(subscriptionEvent('updated', 'sub_loyal', status));
      return planOf(buyer);
    };
    expect(await set('price_solo')).toBe('solo');
    expect(await set('price_solo_until_2025')).toBe('solo');
    expect(await set('price_collective')).toBe('collective');
    expect(await set('price_collective_until_2025', 'canceled')).toBeNull();
  });

  test('keep the plan of a past_due subscription, and fall back to a granted plan after the end', async () => {
    const buyer = await createCustomer('dunning');
    const set = async (status: string) => {
      stripe.setSubscription('sub_dunning', { customer: buyer.customer, price: 'price_collective', status });
      await deliver(subscriptionEvent('updated', 'sub_dunning', status));
      return planOf(buyer);
    };
    expect(await set('past_due')).toBe('collective');
    for (const status of ['unpaid', 'paused', 'incomplete_expired', 'incomplete']) expect(await set(status)).toBeNull();
    expect(await set('trialing')).toBe('collective');
    await backend.machine(undefined, 'PUT', `/api/admin/users/${buyer.id}/plan`, { plan: 'solo' });
    expect(await planOf(buyer)).toBe('collective');
    expect(await set('canceled')).toBe('solo');
  });
});

describe('a lapsed subscription', () => {
  let owner: Customer;
  let running: string;
  let stopped: string;
  const state = async (id: string) => (await backend.as(owner.id, 'GET', `/api/agents/${id}`)).body.agent.status;
  const set = async (status: string) => {
    stripe.setSubscription('sub_lapse', { customer: owner.customer, price: 'price_network', status });
    await deliver(subscriptionEvent('updated', 'sub_lapse', status));
  };
  const make = async (name: string) => {
    const config = { baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: canary('model-key-') };
    const { body } = await backend.as(owner.id, 'POST', '/api/agents/provision', { name, model: 'custom', config });
    return body.agent.id;
  };
  beforeAll(async () => {
    owner = await createCustomer('lapsing');
    await set('active');
    running = await make('Running');
    stopped = await make('Stopped');
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: stopped }, data: { state: 'stopped' } }));
  });

  test('stops running agents and deletes nothing; a renewal starts the same agents again', async () => {
    const said = await backend.as(owner.id, 'POST', '/api/chat', { agentId: running, message: 'Keep this' });
    expect(said.body.reply).toBe('You said: Keep this');
    await set('canceled');
    expect([await state(running), await state(stopped)]).toEqual(['stopped', 'stopped']);
    expect(await backend.as(owner.id, 'POST', '/api/agents/provision', { name: 'New' })).toMatchObject({ status: 402 });
    await set('canceled');
    await set('active');
    expect([await state(running), await state(stopped)]).toEqual(['active', 'stopped']);
    const { body } = await backend.as(owner.id, 'GET', `/api/agents/${running}/messages`);
    expect(JSON.stringify(body.messages)).toContain('Keep this');
    expect((await backend.as(owner.id, 'POST', '/api/chat', { agentId: running, message: 'Back' })).body.reply).toBe('You said: Back');
  });

  test('is enforced by the reconciler after an unfinished webhook; a granted plan counts as a renewal', async () => {
    const { database } = backend.context;
    // As after a crash between storing the status and stopping the agents.
    await database.as('service', (tx) => tx.subscription.update({ where: { id: 'sub_lapse' }, data: { status: 'unpaid' } }));
    await reconcileSuspensions(backend.context);
    expect(await state(running)).toBe('stopped');
    await backend.machine(undefined, 'PUT', `/api/admin/users/${owner.id}/plan`, { plan: 'solo' });
    await reconcileSuspensions(backend.context);
    expect([await state(running), await state(stopped)]).toEqual(['active', 'stopped']);
  });
});

describe('a subscription named at provisioning', () => {
  const provision = (id: string, stripeSubscriptionId: string, plan = 'solo') =>
    backend.machine(id, 'POST', '/api/provision', { telegramToken: canary('1:'), plan, stripeSubscriptionId });
  const refused = (error: string) => ({ status: 402, body: { error, code: 'PAYMENT_REQUIRED' } });

  test('is claimed by the account with its email address at Stripe, and belongs to one account', async () => {
    const id = await backend.account('mine@example.com');
    stripe.addCustomer({ id: 'cus_mine', email: 'Mine@Example.com' });
    stripe.setSubscription('sub_mine', { customer: 'cus_mine', price: 'price_solo' });
    expect(await provision(id, 'sub_mine', 'network')).toMatchObject(refused('The subscription does not cover network'));
    expect((await provision(id, 'sub_mine')).status).toBe(200);
    expect((await backend.as(id, 'GET', '/api/me')).body.plan).toBe('solo');
    // The customer's email changes at Stripe. The subscription stays with its account.
    const thief = await backend.account('thief@example.com');
    stripe.addCustomer({ id: 'cus_mine', email: 'thief@example.com' });
    expect(await provision(thief, 'sub_mine')).toMatchObject(refused('The subscription belongs to another account'));
  });

  test('leads a later checkout to the billing portal of its own customer', async () => {
    const id = await backend.account('elsewhere@example.com');
    stripe.addCustomer({ id: 'cus_elsewhere', email: 'elsewhere@example.com' });
    const set = (status: string) => stripe.setSubscription('sub_elsewhere', { customer: 'cus_elsewhere', price: 'price_solo', status });
    set('active');
    expect((await provision(id, 'sub_elsewhere')).status).toBe(200);
    const checkout = async () => (await backend.as(id, 'GET', '/api/stripe/checkout?plan=network')).body.url;
    expect(await checkout()).toMatch(/billing_portal/);
    expect(stripe.sessions.at(-1)?.customer).toBe('cus_elsewhere');
    set('canceled');
    expect(await checkout()).toMatch(/checkout/);
  });

  test('in production is not claimed with an unverified email address', async () => {
    const config = { ...backend.config, NODE_ENV: 'production' as const };
    const { database } = backend.context;
    const production = { ...backend.context, config, accounts: createAccounts({ ...backend.context, config }) };
    const use = async (id: string, subscription: string) =>
      claimSubscription(production, await production.accounts.find(id), 'solo', subscription);
    const otherOwner = expect.objectContaining({ code: 'PAYMENT_REQUIRED', message: 'The subscription belongs to another account' });

    const thief = await backend.account('victim@example.com');
    stripe.addCustomer({ id: 'cus_victim', email: 'victim@example.com' });
    stripe.setSubscription('sub_victim', { customer: 'cus_victim', price: 'price_solo' });
    await expect(use(thief, 'sub_victim')).rejects.toEqual(otherOwner);
    expect(await subscriptionOf('sub_victim')).toBeNull();
    await database.as('service', (tx) => tx.user.update({ where: { id: thief }, data: { emailVerifiedAt: new Date() } }));
    await use(thief, 'sub_victim');
    expect(await subscriptionOf('sub_victim')).toMatchObject({ ownerId: thief });

    // The metadata of our own checkout names the account: the email address does not count.
    const buyer = await backend.account();
    stripe.setSubscription('sub_bought', { customer: 'cus_victim', price: 'price_solo', metadata: { agentbot_account: buyer } });
    await expect(use(thief, 'sub_bought')).rejects.toEqual(otherOwner);
    await use(buyer, 'sub_bought');
    expect(await subscriptionOf('sub_bought')).toMatchObject({ ownerId: buyer });
  });

  test('is claimed by one of two accounts with concurrent requests', async () => {
    stripe.addCustomer({ id: 'cus_race', email: null });
    stripe.setSubscription('sub_race', { customer: 'cus_race', price: 'price_network' });
    const accounts = [await backend.account('race@example.com'), await backend.account('Race2@example.com')];
    const attempts = accounts.flatMap((id) => [id, id, id, id]);
    stripe.addCustomer({ id: 'cus_race', email: 'race@example.com' });
    const answers = await Promise.all(attempts.map((id) => provision(id, 'sub_race', 'network')));
    const winners = new Set(attempts.filter((_, index) => answers[index]?.status === 200));
    expect([...winners]).toEqual([accounts[0]]);
    expect(await subscriptionOf('sub_race')).toMatchObject({ ownerId: accounts[0] });
  });

  test('is refused with 402 when absent, ended, of another mode, price, customer or account', async () => {
    const email = 'refused@example.com';
    const id = await backend.account(email);
    const cases: [string, Parameters<typeof stripe.setSubscription>[1] | undefined, string][] = [
      ['not-one', undefined, 'stripeSubscriptionId is not the ID of a subscription'],
      ['sub_none', undefined, 'Stripe has no subscription with this ID'],
      ['sub_foreign', { customer: 'cus_foreign', price: 'price_solo' }, 'The subscription belongs to another account'],
      ['sub_over', { customer: 'cus_refused', price: 'price_solo', status: 'canceled' }, 'The subscription is canceled'],
      ['sub_late', { customer: 'cus_refused', price: 'price_solo', status: 'past_due' }, 'The subscription is past_due'],
      [
        'sub_live',
        { customer: 'cus_refused', price: 'price_solo', livemode: true },
        'The subscription belongs to the other Stripe mode (test or live)',
      ],
      ['sub_gone', { customer: 'cus_gone', price: 'price_solo' }, 'The subscription has no customer'],
      ['sub_price', { customer: 'cus_refused', price: 'price_x' }, 'The subscription does not cover solo'],
      [
        'sub_gift',
        { customer: 'cus_refused', price: 'price_solo', metadata: { agentbot_account: 'user_other' } },
        'The subscription belongs to another account',
      ],
    ];
    stripe.addCustomer({ id: 'cus_refused', email });
    stripe.addCustomer({ id: 'cus_foreign', email: 'foreign@example.com' });
    stripe.addCustomer({ id: 'cus_gone', email, deleted: true });
    for (const [subscription, bought, reason] of cases) {
      if (bought) stripe.setSubscription(subscription, bought);
      expect(await provision(id, subscription)).toMatchObject(refused(reason));
      expect(await subscriptionOf(subscription)).toBeNull();
    }
    stripe.setDown(true);
    expect(await provision(id, 'sub_over')).toMatchObject({ status: 500, body: { error: 'Internal server error' } });
    stripe.setDown(false);
    const contact = { telegramToken: canary('1:'), plan: 'solo', stripeSubscriptionId: 'sub_foreign', email: 'foreign@example.com' };
    expect(await backend.machine(id, 'POST', '/api/provision', contact, { 'x-user-email': 'foreign@example.com' })).toMatchObject({
      status: 402,
    });
  });
});
