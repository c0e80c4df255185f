import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { startStripe } from '../src/stripe.ts';

/** The double against Stripe's official client: the client must accept its answers, and its refusals must be Stripe's. */

const API_KEY = 'sk_test_double';
let double: Awaited<ReturnType<typeof startStripe>>;
let client: Stripe;
const clientWith = (key: string, options: Partial<Stripe.StripeConfig> = {}) => {
  const { hostname, port } = new URL(double.url);
  return new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0, ...options });
};

beforeAll(async () => {
  double = await startStripe({ apiKey: API_KEY });
  client = clientWith(API_KEY);
});
beforeEach(() => {
  double.setPrice('price_solo', { amount: 1_950 });
  double.addCustomer({ id: 'cus_1', email: 'ada@example.com' });
});
afterAll(() => double.close());

/** A request without the client, which would not send such a one. */
async function raw(method: string, path: string, { headers = {}, body = null as string | null } = {}) {
  const common = { authorization: `Bearer ${API_KEY}`, 'stripe-version': Stripe.API_VERSION };
  const form: Record<string, string> = body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(double.url + path, { method, body, headers: { ...common, ...form, ...headers } });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as { id?: string; error?: Stripe.StripeRawError },
  };
}
const checkout: Stripe.Checkout.SessionCreateParams = {
  mode: 'subscription',
  customer: 'cus_1',
  line_items: [{ price: 'price_solo', quantity: 1 }],
  success_url: 'https://agentbot.example/done',
};

describe('a request', () => {
  test('is refused with a wrong key, without a version, and with another version', async () => {
    await expect(clientWith('sk_test_other').prices.retrieve('price_solo')).rejects.toThrow(Stripe.errors.StripeAuthenticationError);
    const none = await fetch(`${double.url}/v1/prices/price_solo`, { headers: { authorization: `Bearer ${API_KEY}` } });
    expect(none.status).toBe(400);
    const other = await raw('GET', '/v1/prices/price_solo', { headers: { 'stripe-version': '2024-06-20' } });
    expect([other.status, other.body.error?.message]).toEqual([400, 'Invalid Stripe API version: 2024-06-20']);
  });

  test('to an unknown address, or with JSON in its body, is refused', async () => {
    expect((await raw('GET', '/v1/nothing')).status).toBe(404);
    const json = await raw('POST', '/v1/customers', { body: '{}', headers: { 'content-type': 'application/json' } });
    expect(json.status).toBe(400);
  });

  test.each<[string, () => Promise<unknown>, object]>([
    [
      'an unknown parameter',
      () => client.customers.create({ mail: 'a@b.example' } as Stripe.CustomerCreateParams),
      { code: 'parameter_unknown', param: 'mail' },
    ],
    [
      'an unknown inner parameter',
      () => client.checkout.sessions.create({ ...checkout, subscription_data: { backdate_start_date: 1 } as never }),
      { code: 'parameter_unknown', param: 'subscription_data[backdate_start_date]' },
    ],
    [
      'an unknown parameter of a line',
      () => client.checkout.sessions.create({ ...checkout, line_items: [{ price: 'price_solo', amount: 1 } as never] }),
      { code: 'parameter_unknown', param: 'line_items[0][amount]' },
    ],
    [
      'a missing parameter',
      () => client.billingPortal.sessions.create({ return_url: 'https://agentbot.example' }),
      { code: 'parameter_missing', param: 'customer' },
    ],
    ['a wrong email address', () => client.customers.create({ email: 'nobody' }), { code: 'email_invalid', param: 'email' }],
    [
      'a wrong address of a page',
      () => client.checkout.sessions.create({ ...checkout, success_url: '/done' }),
      { code: 'url_invalid', param: 'success_url' },
    ],
    ['a wrong status', () => client.subscriptions.list({ status: 'over' }), { param: 'status' }],
    ['a long value of metadata', () => client.customers.create({ metadata: { a: 'x'.repeat(501) } }), { param: 'metadata[a]' }],
    [
      'a price that does not exist',
      () => client.checkout.sessions.create({ ...checkout, line_items: [{ price: 'price_none', quantity: 1 }] }),
      { code: 'resource_missing', param: 'line_items[0][price]' },
    ],
    [
      'a customer that does not exist',
      () => client.checkout.sessions.create({ ...checkout, customer: 'cus_none' }),
      { code: 'resource_missing', param: 'customer', statusCode: 400 },
    ],
    ['an id that does not exist', () => client.subscriptions.retrieve('sub_none'), { code: 'resource_missing', statusCode: 404 }],
  ])('with %s is refused', async (_, ask, error) => {
    await expect(ask()).rejects.toMatchObject({ type: 'StripeInvalidRequestError', ...error });
  });

  test('of a customer that was deleted is refused, and its record says so', async () => {
    double.addCustomer({ id: 'cus_gone', email: null, deleted: true });
    expect(await client.customers.retrieve('cus_gone')).toEqual({ id: 'cus_gone', object: 'customer', deleted: true });
    await expect(client.checkout.sessions.create({ ...checkout, customer: 'cus_gone' })).rejects.toMatchObject({
      code: 'resource_missing',
    });
  });

  test('for an object of the other mode is refused as if there were none', async () => {
    double.setSubscription('sub_live', { customer: 'cus_1', price: 'price_solo', livemode: true });
    await expect(client.subscriptions.retrieve('sub_live')).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: expect.stringContaining('a similar object exists in live mode, but a test mode key was used'),
    });
    expect((await client.subscriptions.list({ customer: 'cus_1', status: 'all' })).data).toEqual([]);
  });
});

describe('an idempotency key', () => {
  const create = (key: string, params: Stripe.CustomerCreateParams) => client.customers.create(params, { idempotencyKey: key });

  test('with the same parameters gives the first answer again, and says so', async () => {
    const first = await create('same', { email: 'a@b.example' });
    const again = await raw('POST', '/v1/customers', { body: 'email=a%40b.example', headers: { 'idempotency-key': 'same' } });
    expect(again.body.id).toBe(first.id);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('original-request')).toBe(first.lastResponse.requestId);
  });

  test('with other parameters, or on another address, is refused with 400', async () => {
    await create('other', { email: 'a@b.example' });
    await expect(create('other', { email: 'c@d.example' })).rejects.toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    await expect(client.checkout.sessions.create(checkout, { idempotencyKey: 'other' })).rejects.toThrow(
      /only be used for the same endpoint/,
    );
  });

  test('of a request in progress is refused with 409, and the client that retries gets the first answer', async () => {
    double.setDelay('/v1/customers', 100);
    const [first, second] = await Promise.allSettled([create('busy', {}), create('busy', {})]);
    const retrying = clientWith(API_KEY, { maxNetworkRetries: 1 });
    const both = await Promise.all([1, 2].map(() => retrying.customers.create({}, { idempotencyKey: 'retried' })));
    double.setDelay('', 0);
    expect([first, second].map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = [first, second].find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect(both[0]?.id).toBe(both[1]?.id);
  });

  test('keeps a 500 but no refused parameter', async () => {
    double.fail({ status: 500, path: '/customers' });
    for (let i = 0; i < 2; i++) await expect(create('broken', {})).rejects.toMatchObject({ statusCode: 500 });
    await expect(create('mended', { email: 'nobody' })).rejects.toMatchObject({ code: 'email_invalid' });
    expect((await create('mended', { email: 'a@b.example' })).email).toBe('a@b.example');
  });
});

describe('a list', () => {
  const ids = Array.from({ length: 25 }, (_, index) => `sub_${String(index).padStart(2, '0')}`);
  beforeAll(() => {
    double.addCustomer({ id: 'cus_many', email: null });
    for (const id of ids) double.setSubscription(id, { customer: 'cus_many', price: 'price_solo', status: 'active' });
    for (const status of ['canceled', 'incomplete_expired'])
      double.setSubscription(`sub_${status}`, { customer: 'cus_many', price: 'price_solo', status });
  });
  const list = (params: Stripe.SubscriptionListParams = {}) => client.subscriptions.list({ customer: 'cus_many', ...params });
  const idsOf = async (params: Stripe.SubscriptionListParams) => (await list(params)).data.map(({ id }) => id);

  test('has ten objects where no limit is given, newest first, and says that there are more', async () => {
    const page = await list({ status: 'active' });
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([ids.slice(-10).reverse(), true]);
  });

  test('is read whole by the client over its pages', async () => {
    const read: string[] = [];
    for await (const { id } of list({ status: 'active', limit: 7 })) read.push(id);
    expect(read).toEqual([...ids].reverse());
  });

  test('goes backwards with ending_before, and its last page has no more', async () => {
    expect(await idsOf({ status: 'active', limit: 2, ending_before: 'sub_21' })).toEqual(['sub_23', 'sub_22']);
    expect((await list({ status: 'active', limit: 2, starting_after: 'sub_02' })).has_more).toBe(false);
  });

  test('omits cancelled subscriptions when the request has no status', async () => {
    expect(await idsOf({ limit: 100 })).toEqual(['sub_incomplete_expired', ...[...ids].reverse()]);
    expect(await idsOf({ limit: 100, status: 'ended' })).toEqual(['sub_incomplete_expired', 'sub_canceled']);
    expect(await idsOf({ limit: 100, status: 'canceled' })).toEqual(['sub_canceled']);
    expect(await idsOf({ limit: 100, status: 'all' })).toHaveLength(27);
  });

  test.each([{ limit: 0 }, { limit: 101 }, { starting_after: 'sub_none' }, { starting_after: 'sub_01', ending_before: 'sub_02' }])(
    'with %j is refused with 400',
    async (params) => {
      await expect(list(params)).rejects.toMatchObject({ statusCode: 400 });
    },
  );
});

describe('a fault on demand', () => {
  test('429 is retried by the client if Stripe says so, and otherwise not', async () => {
    const retrying = clientWith(API_KEY, { maxNetworkRetries: 1 });
    double.fail({ status: 429, shouldRetry: true, retryAfter: 0 });
    expect((await retrying.prices.retrieve('price_solo')).id).toBe('price_solo');
    double.fail({ status: 429, retryAfter: 1 });
    const refused = await retrying.prices.retrieve('price_solo').catch((error: Stripe.errors.StripeError) => error);
    expect(refused).toMatchObject({ type: 'StripeRateLimitError', headers: { 'retry-after': '1' } });
  });

  test('500 and 503 are errors of the API', async () => {
    for (const status of [500, 503]) {
      double.fail({ status });
      await expect(client.prices.retrieve('price_solo')).rejects.toMatchObject({ type: 'StripeAPIError', statusCode: status });
    }
  });

  test('a held response contains the state at the arrival of its request', async () => {
    double.setSubscription('sub_held', { customer: 'cus_1', price: 'price_solo' });
    const hold = double.hold('sub_held');
    const reading = client.subscriptions.retrieve('sub_held');
    await hold.arrived;
    double.setSubscription('sub_held', { customer: 'cus_1', price: 'price_solo', status: 'canceled' });
    expect((await client.subscriptions.retrieve('sub_held')).status).toBe('canceled');
    hold.release();
    expect((await reading).status).toBe('active');
  });
});

test('objects have the ids and values that the client reads', async () => {
  const customer = await client.customers.create({ email: 'ada@example.com', name: 'Ada', metadata: { account: 'user_1' } });
  expect(customer).toMatchObject({
    id: expect.stringMatching(/^cus_\w{14}$/),
    name: 'Ada',
    metadata: { account: 'user_1' },
    livemode: false,
  });
  const session = await client.checkout.sessions.create({ ...checkout, customer: customer.id, client_reference_id: 'user_1' });
  expect(session).toMatchObject({
    id: expect.stringMatching(/^cs_test_\w{40}$/),
    status: 'open',
    amount_total: 1_950,
    customer: customer.id,
  });
  expect(await client.checkout.sessions.expire(session.id)).toMatchObject({ status: 'expired', url: null });
  await expect(client.checkout.sessions.expire(session.id)).rejects.toThrow(/status of `expired`/);
  expect((await client.checkout.sessions.list({ customer: customer.id, status: 'open' })).data).toEqual([]);
  expect((await client.billingPortal.sessions.create({ customer: customer.id })).url).toMatch(/^https:/);
  double.setSubscription('sub_read', { customer: 'cus_1', price: 'price_solo' });
  const subscription = await client.subscriptions.retrieve('sub_read', { expand: ['customer'] });
  expect(subscription).toMatchObject({
    customer: { id: 'cus_1', email: 'ada@example.com' },
    items: { data: [{ price: { id: 'price_solo' } }] },
  });
  // The client makes decimals of texts: the wire has texts.
  expect(String((await client.prices.retrieve('price_solo')).unit_amount_decimal)).toBe('1950');
});

describe('a webhook event', () => {
  const SECRET = 'whsec_double';
  const event = () => double.eventOf('customer.subscription.updated', { id: 'sub_1', object: 'subscription' });

  test('is signed so that the client verifies it for 300 seconds, with its secret alone', () => {
    const payload = JSON.stringify(event());
    const at = (secondsAgo: number) => double.signatureOf(payload, SECRET, Math.floor(Date.now() / 1000) - secondsAgo);
    expect(client.webhooks.constructEvent(payload, at(0), SECRET).type).toBe('customer.subscription.updated');
    expect(client.webhooks.constructEvent(payload, at(295), SECRET).api_version).toBe(Stripe.API_VERSION);
    expect(() => client.webhooks.constructEvent(payload, at(305), SECRET)).toThrow(/Timestamp outside the tolerance zone/);
    expect(() => client.webhooks.constructEvent(payload, at(0), 'whsec_other')).toThrow(/signature/);
    expect(() => client.webhooks.constructEvent(`${payload} `, at(0), SECRET)).toThrow(/signature/);
  });

  test('is delivered with its signature over the very bytes', async () => {
    const received = Promise.withResolvers<Stripe.Event>();
    const endpoint = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end();
      received.resolve(client.webhooks.constructEvent(body, request.headers['stripe-signature'] ?? '', SECRET));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    const sent = event();
    await double.deliverEvent(`http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`, sent, SECRET);
    expect(await received.promise).toEqual(sent);
    endpoint.close();
  });
});
