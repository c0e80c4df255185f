import { AppError } from '@agentbot/contracts';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { createCounter } from '../../infra/rate-limit/counter.ts';
import type { Context } from '../context.ts';

const SECONDS = 15 * 60;

/**
 * Counts wrong passwords: per email and address, and ten times as many per email from anywhere, so that a stranger who
 * guesses cannot easily keep the owner out.
 * @returns runs a sign-in @throws AppError RATE_LIMITED before it is even tried
 */
export function createSignInThrottle({ pool, config }: Pick<Context, 'pool' | 'config'>) {
  const points = config.SIGN_IN_RATE_LIMIT;
  const here = createCounter(pool, { name: 'sign-in', points, seconds: SECONDS });
  const anywhere = createCounter(pool, { name: 'sign-in-any', points: points * 10, seconds: SECONDS });

  return async function throttled<T>(email: string, ip: string, signIn: () => Promise<T>): Promise<T> {
    const key = `${email}|${ip}`;
    // Counted before it is tried, so that many at once do not all pass; a right password takes its count back.
    await Promise.all([here.consume(key), anywhere.consume(email)]).catch((rejected: unknown) => {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      throw new AppError('RATE_LIMITED', 'Too many attempts, please wait a quarter of an hour');
    });
    const result = await signIn();
    await Promise.all([here.delete(key), anywhere.reward(email)]);
    return result;
  };
}
