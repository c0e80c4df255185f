import type Stripe from 'stripe';
import type { Parameters, Shape } from './forms.ts';

/** The names come from the official client's types: a name that is wrong or left out does not compile. */
type Names<T> = Record<keyof T, Shape>;

const expand: Shape = { each: 'text' };
const range: Shape = 'any';
const page = { ending_before: 'text', limit: 'integer', starting_after: 'text' } satisfies Names<Stripe.PaginationParams>;
const fields = <T>(names: Names<T>, required: (keyof T & string)[] = []): Parameters => ({ fields: names, required });

const lineItem: Names<Stripe.Checkout.SessionCreateParams.LineItem> = {
  adjustable_quantity: 'any',
  metadata: 'metadata',
  price: 'text',
  price_data: 'any',
  quantity: 'integer',
  tax_rates: { each: 'text' },
};
const subscriptionData: Names<Stripe.Checkout.SessionCreateParams.SubscriptionData> = {
  application_fee_percent: 'any',
  billing_cycle_anchor: 'integer',
  billing_cycle_anchor_config: 'any',
  billing_mode: 'any',
  default_tax_rates: { each: 'text' },
  description: 'text',
  invoice_settings: 'any',
  metadata: 'metadata',
  on_behalf_of: 'text',
  pending_invoice_item_interval: 'any',
  proration_behavior: ['create_prorations', 'none'],
  transfer_data: 'any',
  trial_end: 'integer',
  trial_period_days: 'integer',
  trial_settings: 'any',
};

const statuses = ['active', 'canceled', 'incomplete', 'incomplete_expired', 'past_due', 'paused', 'trialing', 'unpaid'];

export const retrieveParameters = fields<Stripe.PriceRetrieveParams>({ expand });
export const portalParameters = fields<Stripe.BillingPortal.SessionCreateParams>(
  {
    after_expiration: 'any',
    configuration: 'text',
    customer: 'text',
    customer_account: 'text',
    expand,
    flow_data: 'any',
    locale: 'text',
    on_behalf_of: 'text',
    return_url: 'url',
  },
  ['customer'],
);
export const subscriptionListParameters = fields<Stripe.SubscriptionListParams>({
  ...page,
  automatic_tax: 'any',
  collection_method: ['charge_automatically', 'send_invoice'],
  created: range,
  current_period_end: range,
  current_period_start: range,
  customer: 'text',
  customer_account: 'text',
  expand,
  plan: 'text',
  price: 'text',
  status: [...statuses, 'all', 'ended'],
  test_clock: 'text',
});
export const checkoutListParameters = fields<Stripe.Checkout.SessionListParams>({
  ...page,
  created: range,
  customer: 'text',
  customer_account: 'text',
  customer_details: 'any',
  expand,
  payment_intent: 'text',
  payment_link: 'text',
  status: ['complete', 'expired', 'open'],
  subscription: 'text',
});
export const customerParameters = fields<Stripe.CustomerCreateParams>({
  address: 'any',
  balance: 'integer',
  business_name: 'text',
  cash_balance: 'any',
  description: 'text',
  email: 'email',
  expand,
  individual_name: 'text',
  invoice_prefix: 'text',
  invoice_settings: 'any',
  metadata: 'metadata',
  name: 'text',
  next_invoice_sequence: 'integer',
  payment_method: 'text',
  phone: 'text',
  preferred_locales: { each: 'text' },
  shipping: 'any',
  source: 'text',
  tax: 'any',
  tax_exempt: ['exempt', 'none', 'reverse'],
  tax_id_data: 'any',
  test_clock: 'text',
  validate: 'boolean',
});
/** For a hosted page in the mode `subscription`. */
export const checkoutParameters = fields<Stripe.Checkout.SessionCreateParams>(
  {
    adaptive_pricing: 'any',
    after_expiration: 'any',
    allow_promotion_codes: 'boolean',
    allowed_payment_method_types: { each: 'text' },
    automatic_tax: 'any',
    billing_address_collection: ['auto', 'required'],
    branding_settings: 'any',
    cancel_url: 'url',
    client_reference_id: 'text',
    consent_collection: 'any',
    currency: 'text',
    custom_fields: 'any',
    custom_text: 'any',
    customer: 'text',
    customer_account: 'text',
    customer_creation: ['always', 'if_required'],
    customer_email: 'email',
    customer_update: 'any',
    discounts: 'any',
    excluded_payment_method_types: { each: 'text' },
    expand,
    expires_at: 'integer',
    integration_identifier: 'text',
    invoice_creation: 'any',
    line_items: { each: { fields: lineItem } },
    locale: 'text',
    managed_payments: 'any',
    metadata: 'metadata',
    mode: ['payment', 'setup', 'subscription'],
    name_collection: 'any',
    optional_items: 'any',
    origin_context: 'text',
    payment_intent_data: 'any',
    payment_method_collection: ['always', 'if_required'],
    payment_method_configuration: 'text',
    payment_method_data: 'any',
    payment_method_options: 'any',
    permissions: 'any',
    phone_number_collection: 'any',
    redirect_on_completion: 'text',
    return_url: 'url',
    saved_payment_method_options: 'any',
    setup_intent_data: 'any',
    shipping_address_collection: 'any',
    shipping_options: 'any',
    submit_type: 'text',
    subscription_data: { fields: subscriptionData },
    success_url: 'url',
    tax_id_collection: 'any',
    ui_mode: 'text',
    wallet_options: 'any',
  },
  ['mode', 'success_url', 'line_items'],
);
