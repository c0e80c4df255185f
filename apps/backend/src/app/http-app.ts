import { AppError } from '@agentbot/contracts';
import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Context } from '../domain/context.ts';
import { createRequestAudit } from '../http/audit-request.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { errorHandler } from '../http/error-handler.ts';
import { createGrantWatch } from '../http/grant-watch.ts';
import { createHandlers } from '../http/handlers/create-handlers.ts';
import { mountCertificates } from '../http/mount-certificates.ts';
import { mountMetrics } from '../http/mount-metrics.ts';
import { mountReadiness } from '../http/mount-readiness.ts';
import { mountRoutes } from '../http/mount-routes.ts';
import { createRateLimit } from '../http/rate-limit.ts';
import { mountReference } from '../http/reference.ts';
import { createRequestLog } from '../http/request-log.ts';
import { mountStripeWebhook } from '../http/stripe-webhook.ts';
import { createIdempotency } from '../infra/idempotency/idempotency.ts';
import { createBatchedCounter } from '../infra/rate-limit/batched-counter.ts';
import { createExactCounter, type Limit } from '../infra/rate-limit/counter.ts';
import { createCountLimit } from '../shared/count-limit.ts';

/** Creates the backend's HTTP app. It does not listen yet. */
export function createApp(context: Context): Express {
  const { config, pool, log, closing } = context;
  const exact = (limit: Limit) => createExactCounter(pool, limit);
  const batched = (limit: Limit) => createBatchedCounter(context, limit, closing);
  const app = express();
  app.disable('x-powered-by');
  // An ETag is a version of a resource, which its handler sets.
  app.disable('etag');
  app.set('trust proxy', config.TRUST_PROXY);
  app.set('query parser', 'simple');
  app.use(createRequestLog(log));
  app.use(helmet());
  if (config.CORS_ORIGINS.length) app.use(cors({ origin: config.CORS_ORIGINS, exposedHeaders: ['Link', 'X-Request-Id'], maxAge: 600 }));

  mountReference(app);
  mountStripeWebhook(app, context);
  mountMetrics(app, context);
  mountReadiness(app, context);
  mountCertificates(app, context);
  mountRoutes(app, createHandlers(context), {
    authenticate: createAuthenticator(context),
    isAdmin: context.accounts.isAdmin,
    limits: {
      api: createRateLimit(batched, { name: 'api', points: config.API_RATE_LIMIT, seconds: 60 }),
      deployments: createRateLimit(exact, {
        name: 'deployments',
        points: config.DEPLOYMENT_RATE_LIMIT,
        seconds: 60,
        message: 'Deployment rate limit exceeded.',
      }),
      credentials: createRateLimit(exact, { name: 'credentials', points: config.SIGN_IN_RATE_LIMIT * 3, seconds: 15 * 60 }),
      // Each view of the sign-in page counts: an office behind one address must still be able to sign in.
      signInChallenges: createRateLimit(exact, { name: 'sign-in challenges', points: config.SIGN_IN_RATE_LIMIT * 30, seconds: 15 * 60 }),
      modelTests: createRateLimit(exact, { name: 'model tests', points: config.SIGN_IN_RATE_LIMIT * 3, seconds: 15 * 60 }),
    },
    once: createIdempotency(context),
    requests: context.metrics.requests,
    audit: createRequestAudit(context),
    watchGrant: createGrantWatch(context),
    claimStream: createCountLimit(config.STREAM_LIMIT),
  });
  app.use(() => {
    throw new AppError('NOT_FOUND');
  });
  app.use(errorHandler);
  return app;
}
