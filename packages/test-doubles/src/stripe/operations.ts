import type Stripe from 'stripe';
import { checkoutOf } from './checkout.ts';
import type { Form, Parameters } from './forms.ts';
import { type Checkout, customerOf, portalOf, type priceOf, type Subscription } from './objects.ts';
import { pageOf } from './pages.ts';
import {
  checkoutListParameters,
  checkoutParameters,
  customerParameters,
  portalParameters,
  retrieveParameters,
  subscriptionListParameters,
} from './parameters.ts';
import { invalid, missing } from './refusal.ts';

/** What this double of Stripe holds. */
export interface Store {
  livemode: boolean;
  customers: Map<string, Stripe.Customer | Stripe.DeletedCustomer>;
  prices: Map<string, ReturnType<typeof priceOf>>;
  subscriptions: Map<string, Subscription>;
  checkouts: Checkout[];
  /** The forms of the requested checkouts and portal sessions, with flat names. */
  sessions: Record<string, string>[];
  beforeExpiry?: ((checkout: Checkout) => void) | undefined;
}

interface Call {
  store: Store;
  form: Form;
  /** The form with flat names. */
  flat: Record<string, string>;
  /** The id in the path. */
  id: string;
  path: string;
}
interface Operation {
  parameters: Parameters;
  run(call: Call): object;
}

const text = (form: Form, name: string) => (typeof form[name] === 'string' ? (form[name] as string) : undefined);
const tree = (form: Form | undefined, name: string) => (typeof form?.[name] === 'object' ? (form[name] as Form) : {});
const metadataOf = (form: Form) => tree(form, 'metadata') as Record<string, string>;

function liveCustomer({ customers }: Store, id: string): string {
  const customer = customers.get(id);
  if (!customer || customer.deleted) throw missing('customer', id, 'customer', 400);
  return id;
}

function findSubscription({ subscriptions, livemode }: Store, id: string): Subscription {
  const found = subscriptions.get(id);
  if (!found) throw missing('subscription', id, 'id', 404);
  if (found.livemode === livemode) return found;
  const [its, ours] = found.livemode ? ['live', 'test'] : ['test', 'live'];
  throw missing(
    'subscription',
    id,
    'id',
    404,
    `; a similar object exists in ${its} mode, but a ${ours} mode key was used to make this request.`,
  );
}

function findCheckout({ checkouts }: Store, id: string): Checkout {
  const found = checkouts.find((each) => each.id === id);
  if (!found) throw missing('checkout.session', id, 'session', 404);
  return found;
}

const isEnded = ({ status }: Subscription) => status === 'canceled' || status === 'incomplete_expired';

/** @see https://docs.stripe.com/api/subscriptions/list#list_subscriptions-status */
function hasStatus(subscription: Subscription, status: string | undefined): boolean {
  if (status === 'all') return true;
  if (status === 'ended') return isEnded(subscription);
  return status ? subscription.status === status : subscription.status !== 'canceled';
}

function createCheckout({ store, form, flat }: Call): Checkout {
  const lines = Object.values(tree(form, 'line_items')) as Form[];
  for (const [index, line] of lines.entries()) {
    const price = store.prices.get(text(line, 'price') ?? '');
    if (!price) throw missing('price', text(line, 'price') ?? '', `line_items[${index}][price]`, 400);
  }
  const reference = text(form, 'client_reference_id') ?? null;
  if (reference && !/^[\w-]{1,200}$/.test(reference)) throw invalid('Invalid client_reference_id', undefined, 'client_reference_id');
  const price = store.prices.get(text(lines[0] ?? {}, 'price') ?? '');
  const checkout = checkoutOf({
    customer: liveCustomer(store, text(form, 'customer') ?? ''),
    amount: price?.unit_amount ?? null,
    currency: price?.currency ?? 'usd',
    reference,
    successUrl: text(form, 'success_url') ?? '',
    cancelUrl: text(form, 'cancel_url') ?? null,
    metadata: metadataOf(form),
  });
  store.sessions.push(flat);
  store.checkouts.push(checkout);
  return checkout;
}

/** The operations that subscriptions need. @see https://docs.stripe.com/api */
export const operations: Record<string, Operation> = {
  'POST /v1/customers': {
    parameters: customerParameters,
    run({ store, form }) {
      const customer = customerOf({ email: text(form, 'email') ?? null, name: text(form, 'name') ?? null, metadata: metadataOf(form) });
      store.customers.set(customer.id, customer);
      return customer;
    },
  },
  'GET /v1/customers/:id': {
    parameters: retrieveParameters,
    run({ store, id }) {
      const found = store.customers.get(id);
      if (!found) throw missing('customer', id, 'id', 404);
      return found;
    },
  },
  'POST /v1/billing_portal/sessions': {
    parameters: portalParameters,
    run({ store, form, flat }) {
      const portal = portalOf(liveCustomer(store, text(form, 'customer') ?? ''), text(form, 'return_url') ?? null);
      store.sessions.push(flat);
      return portal;
    },
  },
  'POST /v1/checkout/sessions': { parameters: checkoutParameters, run: createCheckout },
  'GET /v1/checkout/sessions': {
    parameters: checkoutListParameters,
    run({ store, form, path }) {
      const { customer, status } = form;
      const matches = (each: Checkout) => (!customer || each.customer === customer) && (!status || each.status === status);
      return pageOf(path, 'checkout.session', store.checkouts, matches, form);
    },
  },
  'GET /v1/checkout/sessions/:id': { parameters: retrieveParameters, run: ({ store, id }) => findCheckout(store, id) },
  'POST /v1/checkout/sessions/:id/expire': {
    parameters: retrieveParameters,
    run({ store, id }) {
      const found = findCheckout(store, id);
      store.beforeExpiry?.(found);
      if (found.status !== 'open') {
        throw invalid(
          `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${found.status}\`.`,
        );
      }
      return Object.assign(found, { status: 'expired', url: null });
    },
  },
  'GET /v1/subscriptions': {
    parameters: subscriptionListParameters,
    run({ store, form, path }) {
      const customer = text(form, 'customer');
      if (customer && !store.customers.has(customer)) throw missing('customer', customer, 'customer', 400);
      const matches = (each: Subscription) =>
        each.livemode === store.livemode && (!customer || each.customer === customer) && hasStatus(each, text(form, 'status'));
      return pageOf(path, 'subscription', [...store.subscriptions.values()], matches, form);
    },
  },
  'GET /v1/subscriptions/:id': {
    parameters: retrieveParameters,
    run({ store, form, id }) {
      const found = findSubscription(store, id);
      const expand = Object.values(tree(form, 'expand'));
      const wrong = expand.find((each) => each !== 'customer');
      if (wrong) throw invalid(`This property cannot be expanded (${String(wrong)}).`, undefined, 'expand');
      return expand.length ? { ...found, customer: store.customers.get(found.customer) } : found;
    },
  },
  'GET /v1/prices/:id': {
    parameters: retrieveParameters,
    run({ store, id }) {
      const found = store.prices.get(id);
      if (!found) throw missing('price', id, 'price', 404);
      return found;
    },
  },
};
