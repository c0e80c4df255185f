import type { Express } from 'express';
import type { Context } from '../domain/context.ts';
import { getReadiness, type Readiness } from '../domain/overview/get-readiness.ts';
import { msAgo } from '../shared/clock.ts';

/** Answers are this old at most: anyone may ask, and each check asks the database and the engine. */
const CACHE_MS = 2_000;

/** Serves `GET /health/ready` without authentication: 200, or 503 when a load balancer should send no requests here. */
export function mountReadiness(app: Express, context: Context): void {
  let last: { at: Date; readiness: Promise<Readiness> } | undefined;
  app.get('/health/ready', async (_request, response) => {
    if (!last || last.at < msAgo(context.clock, CACHE_MS)) last = { at: context.clock.now(), readiness: getReadiness(context) };
    const readiness = await last.readiness;
    response
      .set('Cache-Control', 'no-store')
      .status(readiness.status === 'unavailable' ? 503 : 200)
      .json(readiness);
  });
}
