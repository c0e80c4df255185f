import { createHmac } from 'node:crypto';
import type Stripe from 'stripe';
import { newId } from './ids.ts';
import { API_VERSION } from './version.ts';

/** An event as Stripe sends it: the object as it was when the event happened. */
export function eventOf(type: string, object: object, overrides: Partial<Pick<Stripe.Event, 'id' | 'created' | 'livemode'>> = {}) {
  return {
    id: newId('evt'),
    object: 'event' as const,
    api_version: API_VERSION,
    created: Math.floor(Date.now() / 1000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...overrides,
  };
}

/**
 * The header `Stripe-Signature` for a payload.
 * @param at the Unix time of the signature, in seconds
 * @see https://docs.stripe.com/webhooks/signature
 */
export function signatureOf(payload: string, secret: string, at = Math.floor(Date.now() / 1000)): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')}`;
}

/** Posts an event as Stripe does. @returns the endpoint's response */
export function deliverEvent(url: string, event: object, secret: string): Promise<Response> {
  const payload = JSON.stringify(event, null, 2);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'stripe-signature': signatureOf(payload, secret),
  };
  return fetch(url, { method: 'POST', headers, body: payload });
}
