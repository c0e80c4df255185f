import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Route, type RouteId, routes } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { randomName } from '../src/shared/ids.ts';
import { arbitraryOf } from './arbitrary-of.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend } from './backend.ts';

/**
 * Every route is fed values that no honest client sends: no 500, no hang, no word of the inside, no effect in database or
 * shell, and nothing written by what was refused. Generated from the route table.
 */

let backend: TestBackend;
let client: pg.Client;
let user: string;
let agent: string;
const mark = path.join(os.tmpdir(), `hostile-${randomName(8)}`);
const RUNS = 15;
const SLOW_MS = 10_000;

beforeAll(async () => {
  backend = await startBackend({ METRICS_TOKEN: canary('metrics-token-of-the-tests-') });
  user = await backend.account();
  agent = (await backend.machine(user, 'POST', '/api/agents', { name: 'Target' })).body.id;
  client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
});
afterAll(async () => {
  const { body } = await backend.machine(user, 'GET', `/api/agents/${agent}`);
  await client.end();
  await backend.stop();
  expect([body.id, existsSync(mark)]).toEqual([agent, false]);
});

const shell = [`$(touch ${mark})`, `\`touch ${mark}\``, `; touch ${mark}`, `| touch ${mark}`, `&& touch ${mark} #`, `\n touch ${mark}`];
const sql = [
  "'; DROP TABLE agents; --",
  '" OR 1=1 --',
  "') UNION SELECT password_hash FROM users --",
  "1'; SELECT pg_sleep(20); --",
  '%',
  '\\',
];
const texts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u2066',
  '🤖'.repeat(50),
  '../../../../etc/passwd',
  '..\\..\\windows',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data',
  '{{7*7}}',
  '${7*7}',
  '<script>alert(1)</script>',
  '%00',
  '%s%n%x',
  '\r\nSet-Cookie: a=b',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-1',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(5_000),
  `${'['.repeat(200)}`,
];
const text = fc.oneof(
  fc.constantFrom(...shell, ...sql, ...texts),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
);
const deep = (levels: number): unknown => (levels ? [deep(levels - 1)] : 'end');
/** Deeper than any stack; written by hand, since JSON.stringify has one too. */
const abyss = `{"name":"x","message":"x","paymentProof":${'["a",'.repeat(150_000)}1${']'.repeat(150_000)}}`;
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, 0, -1, 2 ** 53, 1e308, -0.5, [], {}, [null], deep(500)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ $ne: null }, { set: 'x' }, { increment: 1 }, { contains: '' }, { OR: [{}] }) },
);
/** As raw JSON, since an object literal has no key of this name. */
const polluting = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"name":"x","isAdmin":true,"ownerId":"service"}';

/** A right body with one field replaced or one added, or no body of any right form. */
function bodyOf(route: Route): fc.Arbitrary<unknown> {
  if (!route.body) return fc.constant(undefined);
  const key = fc.oneof(text, fc.constantFrom('ownerId', 'id', 'isAdmin', 'state', 'userId', 'agentId', 'sessionId', 'topic', 'config'));
  const broken = fc.tuple(arbitraryOf(route.body), fc.nat(), value).map(([right, at, bad]) => {
    const names = Object.keys(right as object);
    const name = names[at % Math.max(names.length, 1)] ?? 'name';
    return JSON.stringify({ ...(right as object), [name]: bad });
  });
  const extended = fc
    .tuple(arbitraryOf(route.body), key, value)
    .map(([right, name, bad]) => JSON.stringify({ ...(right as object), [name]: bad }));
  const raw = fc.constantFrom(
    polluting,
    abyss,
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '\u0000',
    '{"a":1}{"b":2}',
    `${'[{"a":'.repeat(300)}`,
    '\ufeff{}',
  );
  return fc.oneof(
    { weight: 4, arbitrary: broken },
    { weight: 2, arbitrary: extended },
    {
      weight: 1,
      arbitrary: fc.oneof(
        raw,
        value.map((any) => JSON.stringify(any)),
      ),
    },
  );
}

const printable = /^[\t\x20-\x7e\x80-\xff]*$/;
const header = text.filter((any) => printable.test(any)).map((any) => any.trim());
const headers = fc.record(
  {
    'idempotency-key': header,
    'x-request-id': header,
    'x-user-email': header,
    'last-event-id': header,
    'user-agent': header,
    'x-forwarded-for': header,
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-7', 'multipart/form-data', ''),
    accept: header,
  },
  { requiredKeys: [] },
);

const requestOf = (route: Route) =>
  fc.record({
    segments: fc.array(fc.oneof({ weight: 2, arbitrary: text }, { weight: 1, arbitrary: fc.constant(null) }), {
      minLength: 2,
      maxLength: 2,
    }),
    query: fc.array(fc.tuple(fc.oneof(text, fc.constantFrom(...Object.keys(route.query?.shape ?? { limit: 1 }))), text), { maxLength: 3 }),
    body: bodyOf(route),
    headers,
    session: fc.boolean(),
  });

/** Rows of everything that a request may write; what only counts, records or ages is left out. */
async function fingerprint(): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('audit_log', 'audit_heads', 'rate_limits', 'used_assertions', 'idempotency_keys', 'leases', 'log_views')",
  );
  const counts = rows.map(({ name }) => `SELECT '${name}' AS name, count(*), COALESCE(max(xmin::text::bigint), 0) AS newest FROM ${name}`);
  return JSON.stringify((await client.query(`${counts.join(' UNION ALL ')} ORDER BY 1`)).rows);
}

const encode = (segment: string) => {
  try {
    return encodeURIComponent(segment).replace(/^\.+$/, '%2e%2e');
  } catch {
    return '%ED%A0%80';
  }
};

const all = Object.entries(routes) as [RouteId, Route][];
/** Failures that are an operation's honest answer where there is no Docker, no mail, no running agent. */
const asksChain = ['linkWallet', 'verifyAgent', 'cloneAgent'];
const honest = (route: Route, code: unknown) =>
  (code === undefined && asksChain.includes(route.id)) ||
  (typeof code === 'string' && code !== 'INTERNAL' && (route.errors as readonly string[]).includes(code));

test('a body deeper than any stack is refused, repeatable or not', async () => {
  const repeatable: Record<string, string> = { 'idempotency-key': 'deep' };
  for (const headers of [{}, repeatable]) {
    expect(await backend.machine(user, 'POST', '/api/agents', abyss, headers)).toMatchObject({
      status: 400,
      body: { error: 'Request body must be nested at most 100 levels deep' },
    });
  }
});

describe('every route', () => {
  test.each(all)('%s', async (id, route) => {
    await fc.assert(
      fc.asyncProperty(requestOf(route), async (given) => {
        const segments = [...given.segments];
        const address = route.backend.path.replace(/:\w+/g, () =>
          encode(segments.shift() ?? (id === 'deleteAgent' ? 'agent_none' : agent)),
        );
        const query = given.query.map(([name, any]) => `${encode(name)}=${encode(any)}`).join('&');
        const before = await fingerprint();
        const began = performance.now();
        const response = await fetch(`${backend.url}${address}${query && `?${query}`}`, {
          method: route.method,
          headers: {
            ...(given.body !== undefined && { 'content-type': 'application/json' }),
            ...given.headers,
            authorization: `Bearer ${given.session ? await assertion(route.auth === 'web' ? undefined : user) : INTERNAL_KEY}`,
            ...(!given.session && route.auth !== 'web' && { 'x-user-id': user }),
          },
          body: (given.body as string | undefined) ?? null,
          signal: AbortSignal.timeout(SLOW_MS),
        });
        const streams = response.headers.get('content-type')?.startsWith('text/event-stream');
        const answer = streams ? await response.body?.cancel().then(() => '') : await response.text();
        expect(performance.now() - began).toBeLessThan(SLOW_MS);
        if (response.status < 400) return;
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        const body = JSON.parse(answer ?? '');
        if (response.status >= 500)
          expect([id, response.status, body.code, honest(route, body.code)]).toEqual([id, response.status, body.code, true]);
        expect(answer).not.toMatch(/node_modules|\bat \w+ \(|\.ts:\d|prisma|postgres|SELECT |syntax error|invalid byte/i);
        if (response.status < 500) expect(await fingerprint()).toBe(before);
      }),
      { numRuns: RUNS, seed: 20261125, endOnFailure: true },
    );
  });
});

describe('what is served beside the route table', () => {
  const bytes = fc.oneof(text, fc.constantFrom(abyss, polluting, '{', 'null', '\ufeff{}'));
  const beside: [string, (given: string) => string, string][] = [
    ['Stripe’s events', () => `${backend.url}/api/stripe/webhook`, 'POST'],
    ['figures', (given) => `${backend.url}/metrics?${encode(given)}`, 'GET'],
    ['the reference', (given) => `${backend.url}/docs/${encode(given)}`, 'GET'],
    ['an agent’s address', (given) => `http://127.0.0.1:${backend.gatewayPort}/agent/${agent}/${encode(given)}`, 'POST'],
    ['nobody’s address', (given) => `http://127.0.0.1:${backend.gatewayPort}/agent/${encode(given)}`, 'GET'],
    ['no address', (given) => `http://127.0.0.1:${backend.gatewayPort}/${encode(given)}`, 'POST'],
  ];
  test.each(beside)('%s', async (_what, address, method) => {
    await fc.assert(
      fc.asyncProperty(text, bytes, headers, header, async (given, body, more, signature) => {
        const before = await fingerprint();
        const response = await fetch(address(given), {
          method,
          headers: { ...more, 'stripe-signature': signature },
          body: method === 'POST' ? Buffer.from(body) : null,
          signal: AbortSignal.timeout(SLOW_MS),
        });
        const answer = await response.text();
        // 503: no payments here, and an agent that does not run.
        expect([200, 301, 400, 401, 403, 404, 413, 415, 503]).toContain(response.status);
        if (response.status < 400) return;
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        expect(JSON.parse(answer).error).toEqual(expect.any(String));
        expect(answer).not.toMatch(/node_modules|\bat \w+ \(|\.ts:\d|prisma|postgres|SELECT |syntax error|invalid byte/i);
        expect(await fingerprint()).toBe(before);
      }),
      { numRuns: RUNS, seed: 20261126, endOnFailure: true },
    );
  });
});
