import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import { createCounter } from '../http/rate-limit.ts';

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
    const [near, all] = await Promise.all([here.get(key), anywhere.get(email)]);
    if ((near?.consumedPoints ?? 0) >= points || (all?.consumedPoints ?? 0) >= points * 10) {
      throw new AppError('RATE_LIMITED', 'Too many attempts, please wait a quarter of an hour');
    }
    try {
      const result = await signIn();
      await here.delete(key);
      return result;
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHORIZED') {
        // Past the limit these reject; the next attempt is refused above.
        await Promise.allSettled([here.consume(key), anywhere.consume(email)]);
      }
      throw error;
    }
  };
}
