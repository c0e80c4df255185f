import type pg from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';

/** A rate limit: at most `points` requests within `seconds`. */
export interface Limit {
  /** Prefix of the limit's keys in the table. */
  name: string;
  points: number;
  seconds: number;
  /** The error sentence for a refused request. */
  message?: string;
}

/** The requests of a key in the current window, and when it ends. Above `points` the request is refused. */
export interface Count {
  consumedPoints: number;
  msBeforeNext: number;
}

export interface Counter {
  /** Counts one request. */
  consume(key: string): Promise<Count>;
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

/** Creates a counter that is exact: each request waits until Postgres has counted it. */
export function createExactCounter(pool: pg.Pool, limit: Limit): Counter {
  const limiter = createCounter(pool, limit);
  return {
    consume: (key) =>
      limiter.consume(key).catch((rejected: unknown) => {
        if (rejected instanceof RateLimiterRes) return rejected;
        throw rejected;
      }),
  };
}
