import { AppError } from '@agentbot/contracts';
import express, { type Express } from 'express';
import type Stripe from 'stripe';
import type { Context } from '../domain/context.ts';
import { applyStripeEvent } from '../workers/stripe-events.ts';

const raw = express.raw({ type: () => true, limit: '1mb' });

/** Stripe's default; it signs each delivery anew. @see https://docs.stripe.com/webhooks/signature */
const MAX_EVENT_AGE_SECONDS = 300;

/** Receives Stripe's events at `POST /api/stripe/webhook`. The signature covers the raw body, so the body is not parsed before. */
export function mountStripeWebhook(app: Express, context: Context): void {
  const { stripe, config, clock } = context;
  app.post('/api/stripe/webhook', raw, async (request, response) => {
    const secret = config.STRIPE_WEBHOOK_SECRET;
    if (!stripe || !secret) throw new AppError('PAYMENTS_UNAVAILABLE');
    let event: Stripe.Event;
    try {
      event = stripe.webhooks.constructEvent(
        request.body,
        request.get('stripe-signature') ?? '',
        secret,
        MAX_EVENT_AGE_SECONDS,
        undefined,
        clock.now().getTime(),
      );
    } catch (cause) {
      throw new AppError('INVALID_REQUEST', 'Invalid signature', { cause });
    }
    await applyStripeEvent(context, event);
    response.json({ received: true });
  });
}
