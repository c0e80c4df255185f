import type pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

/** A rate limit: at most `points` requests within `seconds`. */
export interface Limit {
  /** Prefix of the limit's keys in the table. */
  name: string;
  points: number;
  seconds: number;
  /** The error sentence for a refused request. */
  message?: string;
}

/** Creates a rate limiter in Postgres that all backend processes share: `points` per `seconds` and key. */
export function createCounter(pool: pg.Pool, { name, points, seconds }: Limit): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: name,
    points,
    duration: seconds,
    clearExpiredByTimeout: false,
  });
}
