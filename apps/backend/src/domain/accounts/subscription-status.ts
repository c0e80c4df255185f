/**
 * Whether a subscription counts: also while Stripe still tries to collect a payment that is late. `unpaid`, `paused`,
 * `canceled`, `incomplete` and `incomplete_expired` do not.
 * @see https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 */
export const isPaid = ({ status }: { status: string }) => PAID.includes(status);

export const PAID = ['active', 'trialing', 'past_due'];
