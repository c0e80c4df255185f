import { AppError } from '@agentbot/contracts';
import express, { type Express } from 'express';
import type Stripe from 'stripe';
import type { Context } from '../domain/context.ts';
import { applyStripeEvent } from '../workers/stripe-events.ts';

const raw = express.raw({ type: () => true, limit: '1mb' });

/** Stripe's default; it signs each delivery anew. @see https://docs.stripe.com/webhooks/signature */
const MAX_EVENT_AGE_SECONDS = 300;

/** The time in a signature header, in milliseconds: Stripe's library reads the last `t`, and refuses only times in the past. */
const signedAt = (header: string): number => Number([...header.matchAll(/(?:^|,)t=(\d+)/g)].at(-1)?.[1]) * 1_000;

/** Receives Stripe's events at `POST /api/stripe/webhook`. The signature covers the raw body, so the body is not parsed before. */
export function mountStripeWebhook(app: Express, context: Context): void {
  const { stripe, config, clock } = context;
  app.post('/api/stripe/webhook', raw, async (request, response) => {
    const secret = config.STRIPE_WEBHOOK_SECRET;
    if (!stripe || !secret) throw new AppError('PAYMENTS_UNAVAILABLE');
    const signature = request.get('stripe-signature') ?? '';
    const now = clock.now().getTime();
    if (signedAt(signature) > now + MAX_EVENT_AGE_SECONDS * 1_000) throw new AppError('INVALID_REQUEST', 'Invalid signature');
    let event: Stripe.Event;
    try {
      event = stripe.webhooks.constructEvent(request.body, signature, secret, MAX_EVENT_AGE_SECONDS, undefined, now);
    } catch (cause) {
      throw new AppError('INVALID_REQUEST', 'Invalid signature', { cause });
    }
    await applyStripeEvent(context, event);
    response.json({ received: true });
  });
}
