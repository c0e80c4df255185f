import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkParameters, readForm } from './stripe/forms.ts';
import { type Answer, createIdempotency } from './stripe/idempotency.ts';
import { newId } from './stripe/ids.ts';
import { type Checkout, customerOf, type PriceFields, priceOf, type SubscriptionFields, subscriptionOf } from './stripe/objects.ts';
import { operations, type Store } from './stripe/operations.ts';
import { invalid, Refusal } from './stripe/refusal.ts';
import { API_VERSION } from './stripe/version.ts';
import { deliverEvent, eventOf, signatureOf } from './stripe/webhooks.ts';

interface Fault {
  status: number;
  /** Part of the path; without it the fault meets every request. */
  path?: string;
  times?: number;
  /** `Stripe-Should-Retry`. */
  shouldRetry?: boolean;
  /** `Retry-After`, in seconds. */
  retryAfter?: number;
}

function requireHeaders({ headers, method }: IncomingMessage, apiKey: string): void {
  const basic = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
  if (headers.authorization !== `Bearer ${apiKey}` && headers.authorization !== basic) {
    throw invalid(headers.authorization ? 'Invalid API Key provided' : 'You did not provide an API key.', undefined, undefined, 401);
  }
  // Stripe falls back to the account's version. Here a client must say which one it was written for.
  if (headers['stripe-version'] !== API_VERSION) throw invalid(`Invalid Stripe API version: ${headers['stripe-version']}`);
  if (method === 'POST' && !headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    throw invalid('Invalid request (check that your POST content type is application/x-www-form-urlencoded).');
  }
}

/**
 * The part of Stripe's API that subscriptions need. It refuses what Stripe refuses: wrong keys, versions, parameters and
 * idempotency keys, and objects of the other mode.
 */
export async function startStripe({ apiKey }: { apiKey: string }) {
  const store: Store = {
    livemode: /^[a-z]+_live_/.test(apiKey),
    customers: new Map(),
    prices: new Map(),
    subscriptions: new Map(),
    checkouts: [],
    sessions: [],
  };
  const calls: string[] = [];
  const faults: (Fault & { times: number })[] = [];
  const holds: { path: string; arrived: () => void; released: Promise<void> }[] = [];
  const keepOnce = createIdempotency();
  let down = false;
  let delay = { path: '', ms: 0 };

  function failOnDemand(path: string, executing: boolean): void {
    const fault = faults.find((each) => each.times > 0 && path.includes(each.path ?? '') && each.status >= 500 === executing);
    if (!fault) return;
    fault.times--;
    const { status, shouldRetry, retryAfter } = fault;
    const headers = {
      ...(shouldRetry !== undefined && { 'stripe-should-retry': String(shouldRetry) }),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    };
    const limited = { type: 'invalid_request_error', code: 'rate_limit', message: 'Request rate limit exceeded.' } as const;
    const broken = { type: 'api_error', message: 'An unknown error occurred' } as const;
    throw new Refusal(status, status === 429 ? limited : broken, { headers, executed: executing });
  }

  async function answer(request: IncomingMessage, requestId: string): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const path = url.pathname;
    let body = '';
    for await (const chunk of request) body += chunk;
    requireHeaders(request, apiKey);
    failOnDemand(path, false);
    const id = /(?<=\/)(?:sub|price|cus|cs)_\w+/.exec(path)?.[0] ?? '';
    const operation = operations[`${request.method} ${id ? path.replace(id, ':id') : path}`];
    if (!operation) throw invalid(`Unrecognized request URL (${request.method}: ${path}).`, undefined, undefined, 404);
    calls.push(`${request.method} ${id ? path.replace(id, ':id') : path}`);
    const encoded = request.method === 'GET' ? url.searchParams : new URLSearchParams(body);
    const form = readForm(encoded);
    checkParameters(operation.parameters, form);

    async function execute(): Promise<Answer> {
      failOnDemand(path, true);
      const result = structuredClone(operation?.run({ store, form, flat: Object.fromEntries(encoded), id, path }) ?? {});
      if (path === delay.path) await sleep(delay.ms);
      return { status: 200, body: result };
    }
    const key = request.headers['idempotency-key']?.toString();
    return key && request.method === 'POST' ? keepOnce(key, path, encoded.toString(), requestId, execute) : execute();
  }

  const server = createServer(async (request, response) => {
    if (down) return request.socket.destroy();
    const requestId = newId('req', 14);
    const { status, body, headers } = await answer(request, requestId).catch((error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    });
    const hold = holds.findIndex((each) => request.url?.includes(each.path));
    const [held] = hold < 0 ? [] : holds.splice(hold, 1);
    held?.arrived();
    await held?.released;
    const key = request.headers['idempotency-key'];
    const common = { 'content-type': 'application/json', 'request-id': requestId, 'stripe-version': API_VERSION };
    response.writeHead(status, { ...common, ...(key && { 'idempotency-key': key }), ...headers }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const count = (call: string) => calls.filter((each) => each === call).length;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    customers: store.customers,
    sessions: store.sessions,
    checkouts: store.checkouts,
    eventOf,
    signatureOf,
    deliverEvent,
    /** Runs a callback just before a checkout expires. */
    beforeExpiry(work: ((checkout: Checkout) => void) | undefined) {
      store.beforeExpiry = work;
    },
    /** The number of requests to an operation, such as `GET /v1/subscriptions`. */
    count,
    /** The number of reads of a subscription. */
    reads: () => count('GET /v1/subscriptions/:id'),
    priceReads: () => count('GET /v1/prices/:id'),
    setDown(value: boolean) {
      down = value;
    },
    /** Makes the operations of a path take this long. */
    setDelay(path: string, ms: number) {
      delay = { path, ms };
    },
    /** Makes the next requests fail: with 429 before anything is executed, with 5xx while it is executed. */
    fail(fault: Fault) {
      faults.push({ times: 1, ...fault });
    },
    /**
     * Holds the answer to the next request whose address contains `path`. The response contains the state at the request's arrival.
     * @returns `arrived` resolves when the request has come; `release` sends the answer
     */
    hold(path: string) {
      const [came, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      holds.push({ path, arrived: came.resolve, released: released.promise });
      return { arrived: came.promise, release: released.resolve };
    },
    addCustomer({ id, email, deleted }: { id: string; email: string | null; deleted?: boolean }) {
      store.customers.set(id, deleted ? { id, object: 'customer', deleted } : customerOf({ id, email }));
    },
    /** Sets the price of a plan. */
    setPrice(id: string, fields: PriceFields) {
      store.prices.set(id, priceOf(id, fields));
    },
    /** Sets the current state of a subscription. */
    setSubscription(id: string, fields: SubscriptionFields) {
      const price = store.prices.get(fields.price) ?? priceOf(fields.price, { amount: 100 });
      store.subscriptions.set(id, subscriptionOf(id, price, fields, store.subscriptions.get(id)?.created));
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
