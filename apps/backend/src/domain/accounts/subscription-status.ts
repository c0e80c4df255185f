/**
 * Whether a subscription counts as paid. `past_due` counts, because Stripe still retries the payment; `unpaid`, `paused`,
 * `canceled`, `incomplete` and `incomplete_expired` do not.
 * @see https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 */
export const isPaid = ({ status }: { status: string }) => PAID_STATUSES.includes(status);

/** Stripe's statuses of a paid subscription. @see isPaid */
export const PAID_STATUSES = ['active', 'trialing', 'past_due'];
