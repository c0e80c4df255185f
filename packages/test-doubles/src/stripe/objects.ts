import type Stripe from 'stripe';
import { newId } from './ids.ts';

// The official client's types say what fields an object has. On the wire a decimal is text.

type Wire<T, Decimals extends keyof T> = Omit<T, Decimals> & Record<Decimals, string | null>;
type Price = Wire<Stripe.Price, 'unit_amount_decimal'>;
type Plan = Wire<Stripe.Plan, 'amount_decimal'>;
type Item = Omit<Stripe.SubscriptionItem, 'plan' | 'price'> & { plan: Plan; price: Price };
export type Subscription = Omit<Stripe.Subscription, 'items' | 'customer'> & {
  customer: string;
  items: { object: 'list'; data: Item[]; has_more: boolean; url: string };
};
export type Checkout = Stripe.Checkout.Session & { customer: string };

export const now = () => Math.floor(Date.now() / 1000);

interface CustomerFields {
  id?: string;
  email: string | null;
  name?: string | null;
  metadata?: Record<string, string>;
}
export function customerOf({ id = newId('cus', 14), email, name = null, metadata = {} }: CustomerFields): Stripe.Customer {
  return {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email,
    invoice_prefix: newId('inv', 8).slice(4).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata,
    name,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

export interface PriceFields {
  /** Null for a tiered price. */
  amount: number | null;
  currency?: string;
  interval?: 'day' | 'week' | 'month' | 'year';
}
export function priceOf(id: string, { amount, currency = 'usd', interval = 'month' }: PriceFields): Price {
  return {
    id,
    object: 'price',
    active: true,
    billing_scheme: amount === null ? 'tiered' : 'per_unit',
    created: now(),
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: `prod_${id.replace(/^price_/, '')}`,
    recurring: { interval, interval_count: 1, meter: null, trial_period_days: null, usage_type: 'licensed' },
    tax_behavior: 'unspecified',
    tiers_mode: amount === null ? 'graduated' : null,
    transform_quantity: null,
    type: 'recurring',
    unit_amount: amount,
    unit_amount_decimal: amount === null ? null : String(amount),
  };
}

/** The deprecated twin of a price that subscription items still have. */
function planOf(price: Price): Plan {
  const { id, active, billing_scheme, created, currency, livemode, metadata, nickname, product, tiers_mode } = price;
  return {
    id,
    object: 'plan',
    active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme,
    created,
    currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: 1,
    livemode,
    metadata,
    meter: null,
    nickname,
    product,
    tiers_mode,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

export interface SubscriptionFields {
  customer: string;
  price: string;
  status?: string;
  metadata?: Record<string, string>;
  livemode?: boolean;
}
const MONTH_SECONDS = 30 * 86_400;

export function subscriptionOf(id: string, price: Price, fields: SubscriptionFields, created = now()): Subscription {
  const { customer, status = 'active', metadata = {}, livemode = false } = fields;
  const ended = status === 'canceled' || status === 'incomplete_expired' ? now() : null;
  const item: Item = {
    id: `si_${id.slice(4)}`,
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: now() + MONTH_SECONDS,
    current_period_start: now(),
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    quantity: 1,
    subscription: id,
    tax_rates: [],
  };
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: status === 'canceled' ? ended : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created,
    currency: price.currency,
    customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: ended,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: { object: 'list', data: [item], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode,
    managed_payments: null,
    metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: created,
    status,
    test_clock: null,
    transfer_data: null,
    trial_end: status === 'trialing' ? now() + MONTH_SECONDS : null,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
    trial_start: status === 'trialing' ? created : null,
  };
}

export function portalOf(customer: string, returnUrl: string | null): Stripe.BillingPortal.Session {
  const id = newId('bps');
  return {
    id,
    object: 'billing_portal.session',
    configuration: 'bpc_double',
    created: now(),
    customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: returnUrl,
    url: `https://stripe.example/billing_portal/${id}`,
  };
}
