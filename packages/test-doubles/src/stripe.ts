import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Customer {
  id: string;
  email: string | null;
  deleted?: boolean;
}
interface Subscription {
  customer: string;
  price: string;
  status?: string;
  metadata?: Record<string, string>;
  livemode?: boolean;
}

/** A checkout in its current state at Stripe. */
export interface Checkout {
  id: string;
  object: 'checkout.session';
  customer: string;
  status: 'open' | 'complete' | 'expired';
  url: string;
}

/** The calls of Stripe's API that subscriptions need; tests can read the received forms. */
export async function startStripe({ apiKey }: { apiKey: string }) {
  const customers = new Map<string, Customer>();
  const subscriptions = new Map<string, Record<string, unknown> & { customer: string }>();
  const prices = new Map<string, object>();
  const byKey = new Map<string, unknown>();
  const sessions: Record<string, string>[] = [];
  const checkouts: Checkout[] = [];
  let down = false;
  let reads = 0;
  let priceReads = 0;
  let beforeExpiry: ((checkout: Checkout) => void) | undefined;

  const server = createServer(async (request, response) => {
    if (down) return request.socket.destroy();
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = Object.fromEntries(new URLSearchParams(body));
    const url = new URL(request.url ?? '/', 'http://stripe');
    const send = (answer: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(JSON.stringify(answer));
    const refuse = (status: number, message: string, code?: string) =>
      send({ error: { type: 'invalid_request_error', code, message } }, status);
    const missing = () => refuse(404, 'No such object', 'resource_missing');
    const list = (data: object[]) => send({ object: 'list', url: url.pathname, has_more: false, data });
    const isOf = ({ customer }: { customer: string }) => customer === url.searchParams.get('customer');
    const isThere = (customer = '') => customers.has(customer) && !customers.get(customer)?.deleted;
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return refuse(401, 'Invalid API Key provided');
    }
    const key = String(request.headers['idempotency-key'] ?? '');
    const id = /\b(?:sub|price|cus|cs)_\w+/.exec(url.pathname)?.[0] ?? '';
    switch (`${request.method} ${id ? url.pathname.replace(id, ':id') : url.pathname}`) {
      case 'POST /v1/customers': {
        const existing = byKey.get(key);
        if (existing) return send(existing);
        const customer = { id: `cus_${byKey.size + 1}`, object: 'customer', email: form.email ?? null };
        byKey.set(key, customer);
        customers.set(customer.id, customer);
        return send(customer);
      }
      case 'GET /v1/customers/:id': {
        const found = customers.get(id);
        return found ? send({ object: 'customer', ...found }) : missing();
      }
      case 'POST /v1/billing_portal/sessions': {
        if (!isThere(form.customer)) return missing();
        sessions.push(form);
        const address = `https://stripe.example/billing_portal/${sessions.length}`;
        return send({ id: `bps_${sessions.length}`, object: 'billing_portal.session', url: address });
      }
      case 'POST /v1/checkout/sessions': {
        if (!isThere(form.customer)) return missing();
        sessions.push(form);
        const number = sessions.length;
        const checkout: Checkout = {
          id: `cs_${number}`,
          object: 'checkout.session',
          customer: form.customer ?? '',
          status: 'open',
          url: `https://stripe.example/checkout/${number}`,
        };
        checkouts.push(checkout);
        return send(checkout);
      }
      case 'GET /v1/checkout/sessions':
        return list(checkouts.filter((each) => isOf(each) && each.status === url.searchParams.get('status')));
      case 'GET /v1/checkout/sessions/:id': {
        const found = checkouts.find((each) => each.id === id);
        return found ? send(found) : missing();
      }
      case 'POST /v1/checkout/sessions/:id/expire': {
        const found = checkouts.find((each) => each.id === id);
        if (!found) return missing();
        beforeExpiry?.(found);
        if (found.status !== 'open') return refuse(400, 'Only Checkout Sessions with a status in ["open"] can be expired.');
        found.status = 'expired';
        return send(found);
      }
      // The backend always requests `status=all`.
      case 'GET /v1/subscriptions':
        return list([...subscriptions.values()].filter(isOf));
      case 'GET /v1/subscriptions/:id': {
        reads++;
        const found = subscriptions.get(id);
        if (!found) return missing();
        const customer = customers.get(found.customer);
        return send({ ...found, customer: url.searchParams.has('expand[0]') ? customer : found.customer });
      }
      case 'GET /v1/prices/:id': {
        priceReads++;
        const found = prices.get(id);
        return found ? send(found) : missing();
      }
      default:
        return missing();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    customers,
    /** The forms of the requested checkouts and portal sessions. */
    sessions,
    checkouts,
    /** Runs a callback just before a checkout expires. */
    beforeExpiry(work: typeof beforeExpiry) {
      beforeExpiry = work;
    },
    /** The number of reads of a subscription. */
    reads: () => reads,
    priceReads: () => priceReads,
    setDown(value: boolean) {
      down = value;
    },
    addCustomer(customer: Customer) {
      customers.set(customer.id, customer);
    },
    /** Sets the price of a plan. */
    setPrice(
      id: string,
      { amount, currency = 'usd', interval = 'month' }: { amount: number | null; currency?: string; interval?: string },
    ) {
      const recurring = { interval, interval_count: 1 };
      prices.set(id, { id, object: 'price', active: true, type: 'recurring', currency, unit_amount: amount, recurring });
    },
    /** Sets the current state of a subscription. */
    setSubscription(id: string, { customer, price, status = 'active', metadata = {}, livemode = false }: Subscription) {
      const period = { current_period_start: 1_700_000_000, current_period_end: Math.floor(Date.now() / 1000) + 30 * 86_400 };
      const items = {
        object: 'list',
        data: [{ id: `si_${id}`, object: 'subscription_item', price: { id: price, object: 'price' }, ...period }],
      };
      subscriptions.set(id, { id, object: 'subscription', customer, status, livemode, metadata, items });
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
