import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SESSION_SECONDS } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SignJWT } from 'jose';
import Stripe from 'stripe';
import { parseSiweMessage, validateSiweMessage } from 'viem/siwe';
import { createApp } from '../src/app/http-app.ts';
import { consumeChallenge, openChallenge, storeChallenge } from '../src/domain/accounts/challenges.ts';
import { grantHolds } from '../src/domain/accounts/grants.ts';
import { createSignInThrottle } from '../src/domain/accounts/sign-in-throttle.ts';
import { signInMessage } from '../src/domain/verification/sign-in-message.ts';
import { createIdempotency, deleteOldAnswers } from '../src/infra/idempotency/idempotency.ts';
import type { Actor } from '../src/shared/actor.ts';
import { msAgo, systemClock } from '../src/shared/clock.ts';
import { sha256 } from '../src/shared/sha256.ts';
import { deleteExpired } from '../src/workers/reconciler.ts';
import { ASSERTION_SECRET, assertion, INTERNAL_KEY, sessionOf, startBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

// Lifetimes and request limits just before, at and just after their edges. The clock stands still at times years ahead, so code
// that asks the system for the time fails here.

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STRIPE_SECRET = canary('whsec_');
const start = new Date('2041-03-05T12:34:56.000Z');
const after = (ms: number, from = start) => new Date(from.getTime() + ms);

const clock = createTestClock();
let mailbox: Awaited<ReturnType<typeof startMailbox>>;
let backend: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  mailbox = await startMailbox();
  const stripe = { STRIPE_SECRET_KEY: canary('sk_test_'), STRIPE_WEBHOOK_SECRET: STRIPE_SECRET, STRIPE_API_BASE: 'http://127.0.0.1:9' };
  backend = await startBackend({ SMTP_URL: mailbox.url, RECONCILE_SECONDS: '3600', ...stripe }, clock);
});
afterAll(async () => {
  await backend.stop();
  await mailbox.close();
});
afterEach(() => void jest.useRealTimers());

const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
const accountAt = (time: Date) => clock.at(time, () => backend.account());
const emailOf = async (id: string) => (await service((tx) => tx.user.findUniqueOrThrow({ where: { id } }))).email;

/** Stops `Date` alone, for libraries that have no clock: timers run on. @returns a function that moves the time */
function stopDate(): (time: Date) => void {
  const doNotFake = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
  jest.useFakeTimers({ now: start, doNotFake: [...doNotFake, ...timers] });
  return (time) => void jest.setSystemTime(time);
}

// The mail says "Open this link within one hour".
describe('a link for a new password', () => {
  /** Requests a link at `start`. @returns the account and the link's token */
  async function requestLink() {
    const user = await accountAt(start);
    const email = await emailOf(user);
    await clock.at(start, async () =>
      backend.call('POST', '/api/password/forgot', {
        token: await assertion(undefined, { issuedAt: start.getTime() / 1000 }),
        body: { email },
      }),
    );
    for (let tries = 0; tries < 200; tries++) {
      const mail = mailbox.mails.find(({ to }) => to.includes(email));
      const token = /token=3?D?([A-Za-z0-9_-]{43})/.exec((mail?.text ?? '').replaceAll('=\r\n', ''))?.[1];
      if (token) return { user, token };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('No mail arrived');
  }
  const reset = (time: Date, token: string) =>
    clock.at(time, async () =>
      backend.call('POST', '/api/password/reset', {
        token: await assertion(undefined, { issuedAt: Math.floor(time.getTime() / 1000) }),
        body: { token, password: canary('another long password ') },
      }),
    );
  const refused = { status: 400, body: { error: 'This link is no longer valid' } };

  test('works until one hour after the request', async () => {
    const { token } = await requestLink();
    expect(await reset(after(HOUR_MS + 1), token)).toMatchObject(refused);
    expect(await reset(after(HOUR_MS), token)).toMatchObject(refused);
    expect((await reset(after(HOUR_MS - 1), token)).status).toBe(200);
    expect(await reset(after(HOUR_MS - 1), token)).toMatchObject(refused);
  });

  test('ends every other link of the account, and none of another account', async () => {
    const [{ user, token: first }, { token: others }] = [await requestLink(), await requestLink()];
    // The first reset of an unverified address removes every credential anyway.
    await service((tx) => tx.user.update({ where: { id: user }, data: { emailVerifiedAt: start } }));
    const second = 'second'.padEnd(43, 'x');
    await service((tx) => tx.passwordReset.create({ data: { hash: sha256(second), ownerId: user, expiresAt: after(HOUR_MS) } }));
    expect((await reset(start, first)).status).toBe(200);
    expect(await reset(start, second)).toMatchObject(refused);
    expect((await reset(start, others)).status).toBe(200);
  });
});

// docs/adr/0014-sessions.md: "A session lasts fourteen days from its sign-in"; a use is written "at most once a minute".
describe('a browser session', () => {
  async function signIn() {
    const user = await accountAt(start);
    const email = await emailOf(user);
    const token = await assertion(undefined, { issuedAt: start.getTime() / 1000 });
    await service((tx) => tx.user.update({ where: { id: user }, data: { passwordHash: null } }));
    const identity = { provider: 'github', subject: user, email, emailVerified: true, name: null };
    await service((tx) => tx.identity.create({ data: { provider: 'github', subject: user, ownerId: user } }));
    const { body } = await clock.at(start, () => backend.call('POST', '/api/credentials/provider', { token, body: identity }));
    return { user, session: body.session as string };
  }
  const me = (time: Date, user: string, session: string) =>
    clock.at(time, async () =>
      backend.call('GET', '/api/me', { token: await assertion(user, { session, issuedAt: Math.floor(time.getTime() / 1000) }) }),
    );

  test('lasts fourteen days from the sign-in, also when it is used', async () => {
    const { user, session } = await signIn();
    const end = after(14 * DAY_MS);
    expect(SESSION_SECONDS * 1000).toBe(14 * DAY_MS);
    expect((await me(after(-1, end), user, session)).status).toBe(200);
    expect((await me(end, user, session)).status).toBe(401);
    expect((await me(after(1, end), user, session)).status).toBe(401);
    const actor: Actor = { kind: 'user', userId: user, credential: 'session', session: { id: session, expiresAt: end }, facade: 'web' };
    const holds = (now: Date) => service((tx) => grantHolds(tx, { now: () => now }, actor));
    expect([await holds(after(-1, end)), await holds(end), await holds(after(1, end))]).toEqual([true, false, false]);
    const stored = async (now: Date) => {
      await deleteExpired({ ...backend.context, clock: { now: () => now } });
      return service((tx) => tx.session.count({ where: { id: session } }));
    };
    expect([await stored(after(-1, end)), await stored(after(1, end))]).toEqual([1, 0]);
  });

  test('records its last use at most once a minute', async () => {
    const { user, session } = await signIn();
    const lastSeenAfter = async (time: Date) => {
      await me(time, user, session);
      await backend.context.callers.lastSeen.flush();
      return (await service((tx) => tx.session.findUniqueOrThrow({ where: { id: session } }))).lastSeenAt;
    };
    const first = await lastSeenAfter(after(HOUR_MS));
    expect(first).toEqual(after(HOUR_MS));
    expect(await lastSeenAfter(after(HOUR_MS + MINUTE_MS))).toEqual(first);
    expect(await lastSeenAfter(after(HOUR_MS + MINUTE_MS + 1))).toEqual(after(HOUR_MS + MINUTE_MS + 1));
  });
});

describe('an API key', () => {
  test('is refused from its expiresAt on', async () => {
    const user = await accountAt(start);
    const expiresAt = after(90 * DAY_MS);
    const { body } = await clock.at(start, () =>
      backend.as(user, 'POST', '/api/keys', { name: 'short', expiresAt: expiresAt.toISOString() }),
    );
    const use = async (time: Date) => (await clock.at(time, () => backend.call('GET', '/api/me', { token: body.key }))).status;
    expect([await use(after(-1, expiresAt)), await use(expiresAt), await use(after(1, expiresAt))]).toEqual([200, 401, 401]);
    const key = { id: body.id as string, scopes: [], agentId: undefined, expiresAt };
    const actor: Actor = { kind: 'user', userId: user, credential: 'apiKey', key, facade: 'backend' };
    const holds = (now: Date) => service((tx) => grantHolds(tx, { now: () => now }, actor));
    expect([await holds(after(-1, expiresAt)), await holds(expiresAt)]).toEqual([true, false]);
  });

  test('records its last use at most once a minute', async () => {
    const user = await accountAt(start);
    const { body } = await clock.at(start, () => backend.as(user, 'POST', '/api/keys', { name: 'used' }));
    const lastUsedAfter = async (time: Date) => {
      await clock.at(time, () => backend.call('GET', '/api/me', { token: body.key }));
      await backend.context.callers.lastSeen.flush();
      return (await service((tx) => tx.apiKey.findUniqueOrThrow({ where: { id: body.id } }))).lastUsedAt;
    };
    expect(await lastUsedAfter(start)).toEqual(start);
    expect(await lastUsedAfter(after(MINUTE_MS))).toEqual(start);
    expect(await lastUsedAfter(after(MINUTE_MS + 1))).toEqual(after(MINUTE_MS + 1));
  });
});

// ARCHITECTURE.md: "assertion: signed, 60 s, single use for changes".
describe('an assertion of the web app', () => {
  const issuedAt = start.getTime() / 1000;
  const me = async (time: Date, token: string) => (await clock.at(time, () => backend.call('GET', '/api/me', { token }))).status;

  test('is accepted for 60 seconds', async () => {
    const user = await accountAt(start);
    const token = await assertion(user, { issuedAt });
    const end = after(60 * SECOND_MS);
    expect([await me(start, token), await me(after(-1, end), token)]).toEqual([200, 200]);
    expect([await me(end, token), await me(after(1, end), token)]).toEqual([401, 401]);
  });

  test('is accepted for 60 seconds also when it claims an hour, and never without an end', async () => {
    const user = await accountAt(start);
    const sign = (expiresAt?: number) => {
      const token = new SignJWT({ sid: sessionOf(user) }).setProtectedHeader({ alg: 'HS256' }).setIssuer('agentbot-web');
      token.setAudience('agentbot-backend').setJti(`long-${expiresAt}`).setSubject(user).setIssuedAt(issuedAt);
      if (expiresAt) token.setExpirationTime(expiresAt);
      return token.sign(new TextEncoder().encode(ASSERTION_SECRET));
    };
    const long = await sign(issuedAt + 3_600);
    expect([await me(after(60 * SECOND_MS - 1), long), await me(after(60 * SECOND_MS), long)]).toEqual([200, 401]);
    expect(await me(start, await sign())).toBe(401);
  });

  test('from a clock that is up to five seconds ahead is accepted', async () => {
    const user = await accountAt(start);
    expect(await me(start, await assertion(user, { issuedAt: issuedAt + 5 }))).toBe(200);
    expect(await me(start, await assertion(user, { issuedAt: issuedAt + 6 }))).toBe(401);
  });

  test('that was used for a change is remembered until it expires', async () => {
    const user = await accountAt(start);
    const token = await assertion(user, { issuedAt, id: `once-${user}` });
    const change = (time: Date) => clock.at(time, () => backend.call('POST', '/api/keys', { token, body: { name: 'k' } }));
    expect((await change(start)).status).toBe(201);
    const remembered = async (now: Date) => {
      await deleteExpired({ ...backend.context, clock: { now: () => now } });
      return backend.context.database.untenanted.usedAssertion.count({ where: { id: `once-${user}` } });
    };
    const end = after(60 * SECOND_MS);
    expect(await remembered(after(-1, end))).toBe(1);
    expect((await change(after(-1, end))).status).toBe(401);
    expect(await remembered(after(1, end))).toBe(0);
    expect((await change(after(1, end))).status).toBe(401);
  });
});

// The OpenAPI document: "kept for 24 hours". docs/adr/0006-idempotent-requests.md: "After twenty seconds without an update, the next
// repeated request takes over under the same name".
describe('an Idempotency-Key', () => {
  const post = (user: string, path: string, body: unknown) => backend.machine(user, 'POST', path, body, { 'idempotency-key': 'one' });

  test('of one address does not answer for another address', async () => {
    const user = await backend.account();
    expect((await post(user, '/api/keys', { name: 'k' })).status).toBe(201);
    expect(await post(user, '/api/agents', { name: 'k' })).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('answers for 24 hours; after them the request is done again', async () => {
    const user = await accountAt(start);
    const at = (time: Date) => clock.at(time, () => post(user, '/api/keys', { name: 'k' }));
    const first = await at(start);
    const kept = await at(after(24 * HOUR_MS));
    expect([kept.headers.get('idempotency-replayed'), kept.body.id]).toEqual(['true', first.body.id]);
    const later = await at(after(24 * HOUR_MS + 1));
    expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect(later.body.id).not.toBe(first.body.id);
  });

  test('is deleted after 24 hours', async () => {
    const user = await accountAt(start);
    await clock.at(start, () => post(user, '/api/keys', { name: 'k' }));
    const stored = async (now: Date) => {
      await deleteOldAnswers({ ...backend.context, clock: { now: () => now } });
      return service((tx) => tx.idempotencyKey.count({ where: { ownerId: user } }));
    };
    expect([await stored(after(24 * HOUR_MS)), await stored(after(24 * HOUR_MS + 1))]).toEqual([1, 0]);
  });

  test('of a request without a heartbeat for 20 seconds is taken over, with the same name for its resource', async () => {
    const user = await backend.account();
    const once20 = createIdempotency(backend.context);
    const actor: Actor = { kind: 'user', userId: user, credential: 'internal', facade: 'backend' };
    const attempt = { actor, key: 'stale', method: 'POST', path: '/api/keys', body: {}, timeoutMs: 0 };
    const names: string[] = [];
    const finish = Promise.withResolvers<void>();
    const answer = async (name: string) => {
      names.push(name);
      if (names.length === 1) await finish.promise;
      return { status: 201, body: {} };
    };
    const first = clock.at(start, async () => {
      const running = once20(attempt, answer);
      while (names.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return { running };
    });
    const { running } = await first;
    const repeat = (time: Date) => clock.at(time, () => once20(attempt, answer));
    try {
      await expect(repeat(after(20 * SECOND_MS - 1))).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
      expect(await repeat(after(20 * SECOND_MS))).toMatchObject({ status: 201, repeated: false });
      expect(names).toEqual([names[0], names[0]]);
    } finally {
      finish.resolve();
      await running;
    }
  });
});

// docs/glossary.md: a challenge is "valid for ten minutes and works once". EIP-4361: from `expirationTime` on a message is not valid.
describe('a challenge', () => {
  test('is open for ten minutes', async () => {
    const ownerId = await backend.account();
    const key = { ownerId, purpose: 'wallet', subject: '0x1' };
    const message = signInMessage(
      { config: backend.config, clock: { now: () => start } },
      { address: '0xd8da6bf26964af9d7eed9e03e53415d37aa96045', chainId: 1, statement: 'Link.', resources: [] },
    );
    const { issuedAt, expirationTime } = parseSiweMessage(message.message);
    expect([issuedAt, expirationTime, message.expiresAt]).toEqual([start, after(10 * MINUTE_MS), after(10 * MINUTE_MS)]);
    const context = (now: Date) => ({ ...backend.context, clock: { now: () => now } });
    await storeChallenge(context(start), key, message.message, message.expiresAt);
    const challenge = await openChallenge(context(start), key);
    const isOpen = (now: Date) =>
      openChallenge(context(now), key).then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ message: 'There is no open challenge: request a challenge first' });
          return false;
        },
      );
    const isConsumed = (now: Date) =>
      service((tx) => consumeChallenge(tx, { now: () => now }, challenge)).then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ message: 'This challenge was already used or has expired: request a new one' });
          return false;
        },
      );
    const times = [after(10 * MINUTE_MS + 1), after(10 * MINUTE_MS), after(10 * MINUTE_MS - 1)];
    for (const time of times) {
      const valid = validateSiweMessage({ message: parseSiweMessage(message.message), time });
      expect([await isOpen(time), await isConsumed(time)]).toEqual([valid, valid]);
    }
    expect(await isConsumed(start)).toBe(false);
  });

  test('that has expired is deleted with the next one, and an open one is not', async () => {
    const ownerId = await backend.account();
    const store = (now: Date, subject: string) =>
      storeChallenge(
        { ...backend.context, clock: { now: () => now } },
        { ownerId, purpose: 'wallet', subject },
        'x',
        after(10 * MINUTE_MS, now),
      );
    await store(start, 'old');
    await store(after(1), 'open');
    await store(after(10 * MINUTE_MS), 'new');
    const rows = await service((tx) => tx.challenge.findMany({ where: { ownerId }, orderBy: { expiresAt: 'asc' } }));
    expect(rows.map(({ subject }) => subject)).toEqual(['open', 'new']);
  });
});

// The contract: "120 requests per minute per IP", "Rate limited to 5 requests per minute per IP".
describe('a rate limit', () => {
  let url: string;
  let server: ReturnType<typeof createServer>;
  beforeAll(async () => {
    const config = { ...backend.config, API_RATE_LIMIT: 120, DEPLOYMENT_RATE_LIMIT: 5, SIGN_IN_RATE_LIMIT: 2 };
    server = createServer(createApp({ ...backend.context, config })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const send = async (method: string, path: string, token: string, body?: unknown) => {
    // An address of its own: the other tests' requests are counted at other times.
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' };
    const response = await fetch(url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    const header = (name: string) => response.headers.get(name);
    const text = (await response.json()) as { error?: string };
    return {
      limited: response.status === 429,
      error: text.error,
      remaining: header('ratelimit-remaining'),
      reset: header('ratelimit-reset'),
    };
  };

  test('of 120 requests is counted per minute, from the first request on', async () => {
    const user = await backend.account();
    const { body } = await backend.as(user, 'POST', '/api/keys', { name: 'k' });
    const setTime = stopDate();
    const ask = () => send('GET', '/api/keys', body.key);
    expect(await ask()).toMatchObject({ limited: false, remaining: '119', reset: '60' });
    setTime(after(30 * SECOND_MS));
    await Promise.all(Array.from({ length: 118 }, ask));
    expect(await ask()).toMatchObject({ limited: false, remaining: '0', reset: '30' });
    expect(await ask()).toMatchObject({ limited: true, error: 'Too many requests, please slow down.', reset: '30' });
    setTime(after(MINUTE_MS - 1));
    expect(await ask()).toMatchObject({ limited: true, reset: '1' });
    setTime(after(MINUTE_MS));
    expect(await ask()).toMatchObject({ limited: false, remaining: '119', reset: '60' });
    // Ten requests are more than a process lets through before Postgres has counted them.
    for (let count = 2; count <= 10; count++) expect((await ask()).limited).toBe(false);
  });

  test('of 5 deployments is counted per minute', async () => {
    const setTime = stopDate();
    const deploy = () => send('POST', '/api/deployments', INTERNAL_KEY, {});
    for (let count = 1; count <= 5; count++) expect((await deploy()).limited).toBe(false);
    setTime(after(MINUTE_MS - 1));
    expect(await deploy()).toMatchObject({ limited: true, error: 'Deployment rate limit exceeded.', reset: '1' });
    setTime(after(MINUTE_MS));
    expect(await deploy()).toMatchObject({ limited: false });
  });

  test('of sign-ins and sign-ups by one address is counted per 15 minutes', async () => {
    const setTime = stopDate();
    const signUp = async () => send('POST', '/api/register', await assertion(undefined), {});
    for (let count = 1; count <= 6; count++) expect((await signUp()).limited).toBe(false);
    setTime(after(15 * MINUTE_MS - 1));
    expect((await signUp()).limited).toBe(true);
    setTime(after(15 * MINUTE_MS));
    expect((await signUp()).limited).toBe(false);
  });
});

// The refusal says "wait 15 minutes".
describe('wrong passwords', () => {
  const wrong = async () => {
    throw new Error('wrong password');
  };
  const refused = 'Too many sign-in attempts: wait 15 minutes, then try again';
  const throttle = () => createSignInThrottle({ ...backend.context, config: { ...backend.config, SIGN_IN_RATE_LIMIT: 2 } });

  test('from one address are counted for 15 minutes', async () => {
    const setTime = stopDate();
    const attempt = (ip: string) => throttle()('one@example.com', ip, wrong);
    for (let count = 1; count <= 2; count++) await expect(attempt('192.0.2.1')).rejects.toThrow('wrong password');
    await expect(attempt('192.0.2.1')).rejects.toThrow(refused);
    await expect(attempt('192.0.2.2')).rejects.toThrow('wrong password');
    setTime(after(15 * MINUTE_MS - 1));
    await expect(attempt('192.0.2.1')).rejects.toThrow(refused);
    setTime(after(15 * MINUTE_MS));
    await expect(attempt('192.0.2.1')).rejects.toThrow('wrong password');
  });

  test('for one email from anywhere are limited to ten times as many in 15 minutes', async () => {
    const setTime = stopDate();
    let addresses = 0;
    const attempt = () => throttle()('many@example.com', `192.0.2.${++addresses}`, wrong);
    for (let count = 1; count <= 20; count++) await expect(attempt()).rejects.toThrow('wrong password');
    await expect(attempt()).rejects.toThrow(refused);
    setTime(after(15 * MINUTE_MS - 1));
    await expect(attempt()).rejects.toThrow(refused);
    setTime(after(15 * MINUTE_MS));
    await expect(attempt()).rejects.toThrow('wrong password');
  });

  test('are forgotten after the right one from the same address', async () => {
    const attempt = (signIn: () => Promise<unknown>) => throttle()('right@example.com', '192.0.2.1', signIn);
    for (let count = 1; count <= 4; count++) {
      await expect(attempt(wrong)).rejects.toThrow('wrong password');
      expect(await attempt(async () => 'signed in')).toBe('signed in');
    }
  });
});

// https://docs.stripe.com/webhooks/signature: the default tolerance is five minutes. Signed with Stripe's own client.
test('an event of Stripe is refused when its signature is older than five minutes', async () => {
  const deliver = (signedAt: Date, id: string) => {
    const payload = JSON.stringify({
      id,
      object: 'event',
      livemode: false,
      type: 'customer.created',
      data: { object: { object: 'customer', id: 'cus_1' } },
    });
    const timestamp = signedAt.getTime() / 1000;
    const signature = new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload, secret: STRIPE_SECRET, timestamp });
    return clock.at(start, () =>
      backend.call('POST', '/api/stripe/webhook', { body: payload, headers: { 'stripe-signature': signature } }),
    );
  };
  expect((await deliver(after(-300 * SECOND_MS), 'evt_in_time')).status).toBe(200);
  expect(await deliver(after(-301 * SECOND_MS), 'evt_late')).toMatchObject({ status: 400, body: { error: 'Invalid signature' } });
  expect(await service((tx) => tx.stripeEvent.count())).toBe(1);
});

test('a key that is to expire now or earlier is not created', async () => {
  const user = await backend.account();
  stopDate();
  const create = (expiresAt: Date) => backend.as(user, 'POST', '/api/keys', { name: 'k', expiresAt: expiresAt.toISOString() });
  await service((tx) => tx.session.updateMany({ where: { ownerId: user }, data: { expiresAt: after(HOUR_MS) } }));
  expect(await create(start)).toMatchObject({ status: 400, body: { error: 'expiresAt must be in the future' } });
  expect((await create(after(1))).status).toBe(201);
});

test('msAgo and the system’s clock agree with the system’s time', () => {
  expect(Math.abs(msAgo(systemClock, HOUR_MS).getTime() + HOUR_MS - Date.now())).toBeLessThan(SECOND_MS);
});
