import type pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

export interface Limit {
  name: string;
  points: number;
  seconds: number;
  message?: string;
}

/** A counter in Postgres, shared by all backend processes: `points` per `seconds` and key. */
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
