import { AppError } from '@agentbot/contracts';
import type { Response } from 'express';
import type pg from 'pg';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { createCounter, type Limit } from '../infra/rate-limit/counter.ts';

/**
 * Creates a function that counts a request against a limit and sets the rate limit headers.
 * @throws AppError RATE_LIMITED above the limit
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function createRateLimit(pool: pg.Pool, limit: Limit) {
  const limiter = createCounter(pool, limit);

  return async function consume(key: string, response: Response): Promise<void> {
    const result = await limiter.consume(key).catch((rejected: unknown) => {
      if (rejected instanceof RateLimiterRes) return rejected;
      throw rejected;
    });
    const reset = Math.ceil(result.msBeforeNext / 1000);
    response.set({
      'RateLimit-Limit': String(limit.points),
      'RateLimit-Remaining': String(Math.max(0, limit.points - result.consumedPoints)),
      'RateLimit-Reset': String(reset),
    });
    if (result.consumedPoints <= limit.points) return;
    response.set('Retry-After', String(reset));
    throw new AppError('RATE_LIMITED', limit.message);
  };
}
