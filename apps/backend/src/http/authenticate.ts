import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError, type Facade } from '@agentbot/contracts';
import { jwtVerify } from 'jose';
import type { Config } from '../config/config.ts';
import { findApiKey, KEY_PREFIX } from '../domain/accounts/api-keys.ts';
import { findLiveSession } from '../domain/accounts/sessions.ts';
import { type Database, isUniqueViolation } from '../infra/database/database.ts';
import type { Actor } from '../shared/actor.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();
/** Compares in constant time, whatever the lengths. */
const equal = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

/** Whether a bearer token has the form of the web app's assertions, whatever it is worth. */
const isAssertion = (token: string) => token.split('.').length === 3;

/** The side that an Authorization header claims to come from: errors are answered in its shape, before it is believed. */
export const claimedFacade = (authorization: string | undefined): Facade => (isAssertion(authorization ?? '') ? 'web' : 'backend');

interface Credentials {
  authorization: string | undefined;
  /** `X-User-Id`: honoured with the internal key only. */
  userId: string | undefined;
  /** Whether the request changes something: its assertion then works once. */
  mutating: boolean;
}

/**
 * Tells who calls, from the Authorization header alone: the internal key, a user's API key (`sk_…`), or an assertion of
 * the web app (a JWT of at most 60 seconds for this audience; RFC 7519). `null` without credentials.
 * @throws AppError UNAUTHORIZED for anything wrong, expired, foreign or replayed.
 */
export function createAuthenticator({ config, database }: { config: Config; database: Database }) {
  const assertionKey = new TextEncoder().encode(config.ASSERTION_SECRET);

  async function verifyAssertion(token: string, mutating: boolean): Promise<Actor> {
    const { payload } = await jwtVerify(token, assertionKey, {
      algorithms: ['HS256'],
      issuer: 'agentbot-web',
      audience: 'agentbot-backend',
      maxTokenAge: '60s',
      requiredClaims: ['jti', 'exp', 'iat'],
    }).catch((cause) => {
      throw new AppError('UNAUTHORIZED', undefined, { cause });
    });
    if (mutating) await useOnce(String(payload.jti), new Date(Number(payload.exp) * 1000));
    if (!payload.sub) return { kind: 'web', facade: 'web' };
    // An account that is gone has no session either: its rows went with it.
    const session = typeof payload.sid === 'string' ? await findLiveSession(database, payload.sub, payload.sid) : null;
    if (!session) throw new AppError('UNAUTHORIZED');
    const { id, expiresAt } = session;
    return { kind: 'user', userId: payload.sub, credential: 'session', session: { id, expiresAt }, facade: 'web' };
  }

  async function useOnce(id: string, expiresAt: Date) {
    try {
      await database.untenanted.usedAssertion.create({ data: { id, expiresAt } });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('UNAUTHORIZED', undefined, { cause: error });
      throw error;
    }
  }

  return async function authenticate(given: Credentials): Promise<Actor | null> {
    if (given.authorization === undefined) return null;
    const [, token] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(given.authorization) ?? [];
    if (!token) throw new AppError('UNAUTHORIZED');
    if (equal(token, config.INTERNAL_API_KEY)) {
      if (!given.userId) return { kind: 'service', facade: 'backend' };
      return { kind: 'user', userId: given.userId, credential: 'internal', facade: 'backend' };
    }
    if (token.startsWith(KEY_PREFIX)) {
      const found = await findApiKey({ database }, token);
      if (!found) throw new AppError('UNAUTHORIZED');
      return { kind: 'user', userId: found.ownerId, credential: 'apiKey', key: found.grant, facade: 'backend' };
    }
    if (isAssertion(token)) return verifyAssertion(token, given.mutating);
    throw new AppError('UNAUTHORIZED');
  };
}

export type Authenticate = ReturnType<typeof createAuthenticator>;
