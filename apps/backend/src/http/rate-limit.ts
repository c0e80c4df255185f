import { AppError } from '@agentbot/contracts';
import type { Response } from 'express';
import type { Counter, Limit } from '../infra/rate-limit/counter.ts';

/**
 * Creates a function that counts a request against a limit and sets the rate limit headers.
 * @throws AppError RATE_LIMITED above the limit
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function createRateLimit(createCounter: (limit: Limit) => Counter, limit: Limit) {
  const counter = createCounter(limit);

  return async function consume(key: string, response: Response): Promise<void> {
    const result = await counter.consume(key);
    const reset = Math.ceil(result.msBeforeNext / 1000);
    response.setHeader('RateLimit-Limit', String(limit.points));
    response.setHeader('RateLimit-Remaining', String(Math.max(0, limit.points - result.consumedPoints)));
    response.setHeader('RateLimit-Reset', String(reset));
    if (result.consumedPoints <= limit.points) return;
    response.setHeader('Retry-After', String(reset));
    throw new AppError('RATE_LIMITED', limit.message);
  };
}
