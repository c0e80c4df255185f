import { AppError } from '@agentbot/contracts';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { createCounter } from '../../infra/rate-limit/counter.ts';
import { clientBlock } from '../../shared/ip-address.ts';
import type { Context } from '../context.ts';

const WINDOW_SECONDS = 15 * 60;

/**
 * Limits wrong passwords: SIGN_IN_RATE_LIMIT per email and IP address, and ten times as many per email from all addresses. The
 * wider limit keeps an attacker from easily locking the owner out.
 * @returns a function that runs a sign-in. @throws AppError RATE_LIMITED before the sign-in runs
 */
export function createSignInThrottle({ pool, config }: Pick<Context, 'pool' | 'config'>) {
  const points = config.SIGN_IN_RATE_LIMIT;
  const perAddress = createCounter(pool, { name: 'sign-in', points, seconds: WINDOW_SECONDS });
  const perEmail = createCounter(pool, { name: 'sign-in-any', points: points * 10, seconds: WINDOW_SECONDS });

  return async function throttled<T>(email: string, ip: string, signIn: () => Promise<T>): Promise<T> {
    const key = `${email}|${clientBlock(ip)}`;
    // Count before the attempt, so that parallel attempts cannot exceed the limit. A correct password is refunded below.
    await Promise.all([perAddress.consume(key), perEmail.consume(email)]).catch((rejected: unknown) => {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      throw new AppError('RATE_LIMITED', 'Too many sign-in attempts: wait 15 minutes, then try again');
    });
    const result = await signIn();
    await Promise.all([perAddress.delete(key), perEmail.reward(email)]);
    return result;
  };
}
