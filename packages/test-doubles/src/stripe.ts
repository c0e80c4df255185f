import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Customer {
  id: string;
  email: string | null;
  deleted?: boolean;
}
interface Bought {
  customer: string;
  price: string;
  status?: string;
  metadata?: Record<string, string>;
  livemode?: boolean;
}

/** The few calls of Stripe's API that a subscription needs, with what a form sends kept for tests to see. */
export async function startStripe({ apiKey }: { apiKey: string }) {
  const customers = new Map<string, Customer>();
  const subscriptions = new Map<string, Record<string, unknown> & { customer: string }>();
  const prices = new Map<string, object>();
  const byKey = new Map<string, unknown>();
  const sessions: Record<string, string>[] = [];
  let down = false;
  let reads = 0;
  let priceReads = 0;

  const server = createServer(async (request, response) => {
    if (down) return request.socket.destroy();
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = Object.fromEntries(new URLSearchParams(body));
    const url = new URL(request.url ?? '/', 'http://stripe');
    const send = (answer: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(JSON.stringify(answer));
    const missing = () =>
      send({ error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such object', param: 'id' } }, 404);
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return send({ error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } }, 401);
    }
    const key = String(request.headers['idempotency-key'] ?? '');
    switch (`${request.method} ${url.pathname.replace(/(sub|price)_\w+$/, ':id')}`) {
      case 'POST /v1/customers': {
        const made = byKey.get(key) ?? { id: `cus_${customers.size + 1}`, object: 'customer', email: form.email ?? null };
        byKey.set(key, made);
        customers.set((made as Customer).id, made as Customer);
        return send(made);
      }
      case 'POST /v1/checkout/sessions':
      case 'POST /v1/billing_portal/sessions': {
        sessions.push(form);
        const kind = url.pathname.split('/')[2];
        return send({ id: `cs_${sessions.length}`, object: `${kind}.session`, url: `https://stripe.example/${kind}/${sessions.length}` });
      }
      case 'GET /v1/subscriptions/:id': {
        reads++;
        const found = subscriptions.get(url.pathname.split('/').at(-1) ?? '');
        if (!found) return missing();
        const customer = customers.get(found.customer);
        return send({ ...found, customer: url.searchParams.has('expand[0]') ? customer : found.customer });
      }
      case 'GET /v1/prices/:id': {
        priceReads++;
        const found = prices.get(url.pathname.split('/').at(-1) ?? '');
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
    /** What checkouts and portals were asked for. */
    sessions,
    /** How often a subscription was read. */
    reads: () => reads,
    priceReads: () => priceReads,
    setDown(value: boolean) {
      down = value;
    },
    addCustomer(customer: Customer) {
      customers.set(customer.id, customer);
    },
    /** Sets what a plan costs. */
    setPrice(
      id: string,
      { amount, currency = 'usd', interval = 'month' }: { amount: number | null; currency?: string; interval?: string },
    ) {
      const recurring = { interval, interval_count: 1 };
      prices.set(id, { id, object: 'price', active: true, type: 'recurring', currency, unit_amount: amount, recurring });
    },
    /** Sets a subscription as Stripe has it now. */
    setSubscription(id: string, { customer, price, status = 'active', metadata = {}, livemode = false }: Bought) {
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
