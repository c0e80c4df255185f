import { hash, timingSafeEqual } from 'node:crypto';
import { AppError, type Facade } from '@agentbot/contracts';
import { jwtVerify } from 'jose';
import { findApiKey, KEY_PREFIX } from '../domain/accounts/api-keys.ts';
import { findLiveSession } from '../domain/accounts/sessions.ts';
import type { Context } from '../domain/context.ts';
import { isUniqueViolation } from '../infra/database/database.ts';
import type { Actor } from '../shared/actor.ts';

const digest = (text: string) => hash('sha256', text, 'buffer');

/** Whether a bearer token has the form of the web app's assertions. It is not verified yet. */
const isAssertion = (token: string) => token.split('.').length === 3;

/** The facade that an Authorization header claims, unverified. It gives the shape of errors before authentication. */
export const claimedFacade = (authorization: string | undefined): Facade => (isAssertion(authorization ?? '') ? 'web' : 'backend');

const MAX_AGE_SECONDS = 60;
/** The accepted lead of the web app's clock. `iat` has whole seconds: without a tolerance, a lead of milliseconds refuses tokens. */
const MAX_CLOCK_SKEW_SECONDS = 5;

interface Credentials {
  authorization: string | undefined;
  /** `X-User-Id`: accepted with the internal key only. */
  userId: string | undefined;
  /** Whether the request changes data: its assertion is then valid once. */
  mutating: boolean;
}

/**
 * Identifies the caller by the Authorization header alone: the internal key, a user's API key (`sk_…`), or an assertion of
 * the web app (a JWT for this audience, valid for at most 60 seconds). Returns `null` without credentials.
 * @throws AppError UNAUTHORIZED for a credential that is invalid, expired, for another audience, or replayed
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
export function createAuthenticator({ config, database, callers, clock }: Pick<Context, 'config' | 'database' | 'callers' | 'clock'>) {
  const assertionKey = new TextEncoder().encode(config.ASSERTION_SECRET);
  const internalKey = digest(config.INTERNAL_API_KEY);

  async function verifyAssertion(token: string, mutating: boolean): Promise<Actor> {
    const now = clock.now();
    const { payload } = await jwtVerify(token, assertionKey, {
      algorithms: ['HS256'],
      issuer: 'agentbot-web',
      audience: 'agentbot-backend',
      maxTokenAge: MAX_AGE_SECONDS,
      clockTolerance: MAX_CLOCK_SKEW_SECONDS,
      requiredClaims: ['jti', 'exp', 'iat'],
      currentDate: now,
    }).catch((cause) => {
      throw new AppError('UNAUTHORIZED', undefined, { cause });
    });
    const expiresAt = new Date(Math.min(Number(payload.exp), Number(payload.iat) + MAX_AGE_SECONDS) * 1000);
    // The tolerance applies to `iat` only.
    if (expiresAt <= now) throw new AppError('UNAUTHORIZED');
    if (mutating) await useOnce(String(payload.jti), expiresAt);
    if (!payload.sub) return { kind: 'web', facade: 'web' };
    // A deleted account has no session: its session rows are deleted with it.
    const session = typeof payload.sid === 'string' ? await findLiveSession({ database, callers, clock }, payload.sub, payload.sid) : null;
    if (!session) throw new AppError('UNAUTHORIZED');
    return {
      kind: 'user',
      userId: payload.sub,
      credential: 'session',
      session: { id: session.id, expiresAt: session.expiresAt },
      facade: 'web',
    };
  }

  /** @throws AppError UNAUTHORIZED when the assertion was already used */
  async function useOnce(id: string, expiresAt: Date) {
    try {
      await database.untenanted.usedAssertion.create({ data: { id, expiresAt } });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('UNAUTHORIZED', undefined, { cause: error });
      throw error;
    }
  }

  return async function authenticate({ authorization, userId, mutating }: Credentials): Promise<Actor | null> {
    if (authorization === undefined) return null;
    const [, token] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization) ?? [];
    if (!token) throw new AppError('UNAUTHORIZED');
    // The digests have one length, so that the comparison takes constant time for every token.
    if (timingSafeEqual(digest(token), internalKey)) {
      if (!userId) return { kind: 'service', facade: 'backend' };
      return { kind: 'user', userId, credential: 'internal', facade: 'backend' };
    }
    if (token.startsWith(KEY_PREFIX)) {
      const apiKey = await findApiKey({ database, callers, clock }, token);
      if (!apiKey) throw new AppError('UNAUTHORIZED');
      return { kind: 'user', userId: apiKey.ownerId, credential: 'apiKey', key: apiKey.grant, facade: 'backend' };
    }
    if (isAssertion(token)) return verifyAssertion(token, mutating);
    throw new AppError('UNAUTHORIZED');
  };
}

export type Authenticate = ReturnType<typeof createAuthenticator>;
