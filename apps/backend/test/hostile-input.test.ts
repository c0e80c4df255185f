import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { maxBodyBytes, type Route, type RouteId, routes } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { randomName } from '../src/shared/ids.ts';
import { arbitraryOf } from './arbitrary-of.ts';
import { assertion, INTERNAL_KEY, startBackend, type TestBackend, unreachableProviders } from './backend.ts';

/**
 * Sends hostile values, generated from the route table, to every route: no undocumented 5xx, no hang, no internals in the
 * body, no SQL or shell injection, and no write by a refused request.
 */

let backend: TestBackend;
let client: pg.Client;
let user: string;
let agent: string;
const markerFile = path.join(os.tmpdir(), `hostile-${randomName(8)}`);
const RUNS = 15;
/** Each run tries other values; `HOSTILE_SEED=<seed>` repeats those of a failed one. */
const seed = Number(process.env.HOSTILE_SEED || randomInt(2 ** 31));
const SLOW_MS = 10_000;

beforeAll(async () => {
  process.stderr.write(`HOSTILE_SEED=${seed}\n`);
  backend = await startBackend({ METRICS_TOKEN: canary('metrics-token-of-the-tests-'), ...unreachableProviders });
  user = await backend.account();
  agent = (await backend.machine(user, 'POST', '/api/agents', { name: 'Target' })).body.id;
  client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
});
afterAll(async () => {
  const { body } = await backend.machine(user, 'GET', `/api/agents/${agent}`);
  await client.end();
  await backend.stop();
  expect([body.id, existsSync(markerFile)]).toEqual([agent, false]);
});

const shell = [
  `$(touch ${markerFile})`,
  `\`touch ${markerFile}\``,
  `; touch ${markerFile}`,
  `| touch ${markerFile}`,
  `&& touch ${markerFile} #`,
  `\n touch ${markerFile}`,
];
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
/** Too deep for any recursive parser. Built as text: JSON.stringify recurses as well. */
const tooDeep = `{"name":"x","message":"x","paymentProof":${'["a",'.repeat(10_000)}1${']'.repeat(10_000)}}`;
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, 0, -1, 2 ** 53, 1e308, -0.5, [], {}, [null], deep(500)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ $ne: null }, { set: 'x' }, { increment: 1 }, { contains: '' }, { OR: [{}] }) },
);
/** Raw JSON: `__proto__` in an object literal sets the prototype. */
const polluting = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"name":"x","isAdmin":true,"ownerId":"service"}';

/** A valid body with one field replaced or added, or a malformed body. */
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
    tooDeep,
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

/**
 * Row counts and newest transactions of all tables, except those of counters, records and leases. Each session is written once a
 * minute, since it was seen; of sessions, the ended ones are counted.
 */
async function fingerprint(): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('audit_log', 'audit_heads', 'rate_limits', 'used_assertions', 'idempotency_keys', 'leases', 'log_views')",
  );
  const newest = (name: string) => (name === 'sessions' ? 'count(ended_at)' : 'COALESCE(max(xmin::text::bigint), 0)');
  const counts = rows.map(({ name }) => `SELECT '${name}' AS name, count(*), ${newest(name)} AS newest FROM ${name}`);
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
/** Documented failures without Docker, mail, chain or a running agent; a 500 without a code is never one. */
const isDocumentedFailure = (route: Route, code: unknown) =>
  typeof code === 'string' && code !== 'INTERNAL' && (route.errors as readonly string[]).includes(code);

test('POST /api/agents answers 400 to a body nested deeper than 100 levels, with and without an Idempotency-Key', async () => {
  const withKey: Record<string, string> = { 'idempotency-key': 'deep' };
  for (const headers of [{}, withKey]) {
    expect(await backend.machine(user, 'POST', '/api/agents', tooDeep, headers)).toMatchObject({
      status: 400,
      body: { error: 'Request body must be nested at most 100 levels deep' },
    });
  }
});

describe('a route', () => {
  test.each(all)('%s answers hostile requests in time, without internals, and writes nothing on refusal', async (id, route) => {
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
          expect([id, response.status, body.code, isDocumentedFailure(route, body.code)]).toEqual([id, response.status, body.code, true]);
        expect(answer).not.toMatch(/node_modules|\bat \w+ \(|\.ts:\d|prisma|postgres|SELECT |syntax error|invalid byte/i);
        if (response.status < 500) expect(await fingerprint()).toBe(before);
      }),
      { numRuns: RUNS, seed, endOnFailure: true },
    );
  });
});

describe('the event loop', () => {
  const MAX_HOLD_MS = 50;
  const TRIES = 4;
  const MAX_TRIES = 12;
  /** Bodies whose parts are as many and as small as fit into `bytes`. */
  const heavyBodies = (bytes: number): string[] => {
    const many = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(',');
    const ones = many(bytes / 2 - 200, () => '1');
    const keys = many(Math.floor(bytes / 12) - 10, (index) => `"k${String(index).padStart(6, '0')}":1`);
    return [
      `{"name":"x","message":"x","ownerIds":[${ones}]}`,
      `{"name":"x","message":"x","config":{"ownerIds":[${ones}]}}`,
      `{"name":"x","scopes":[${ones}],"metadata":[${ones.slice(0, 100)}]}`,
      `{${keys}}`,
      `{"name":"x","config":{${keys}}}`,
      `{"paymentProof":${'['.repeat(bytes / 2 - 50)}${']'.repeat(bytes / 2 - 50)}}`,
      `{"name":"${'x'.repeat(bytes - 50)}"}`,
    ];
  };

  /**
   * The longest hold of the event loop during a request, in milliseconds; the least of several tries, since others use the machine
   * too. More tries follow while it is not below the limit.
   */
  async function longestHold(id: RouteId, route: Route, body: string, limitMs: number): Promise<number> {
    const segments = [agent, 'none'];
    const url = backend.url + route.backend.path.replace(/:\w+/g, () => segments.shift() ?? 'x');
    const holds: number[] = [];
    while (holds.length < TRIES || (Math.min(...holds) >= limitMs && holds.length < MAX_TRIES)) {
      const authorization = `Bearer ${await assertion(route.auth === 'web' ? undefined : user)}`;
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const headers = { authorization, 'content-type': 'application/json' };
      const response = await fetch(url, { method: route.method, headers, body });
      const answer = await response.text();
      delay.disable();
      const isExpected = response.status < 500 || isDocumentedFailure(route, JSON.parse(answer).code);
      expect([id, isExpected, answer.length < 1_000]).toEqual([id, true, true]);
      holds.push(delay.max / 1e6);
    }
    return Math.min(...holds);
  }

  /** The time in milliseconds for a fixed amount of parsing: a slow machine has a longer limit. */
  function parseMs(): number {
    const text = `[${'1,'.repeat(1_000_000)}1]`;
    const times = Array.from({ length: 5 }, () => {
      const began = performance.now();
      JSON.parse(text);
      return performance.now() - began;
    });
    return Math.min(...times);
  }

  test.each(all.filter(([, { body }]) => body))('is not held longer than 50 ms by a body of %s', async (id, route) => {
    const limitMs = Math.max(MAX_HOLD_MS, 2 * parseMs());
    for (const body of heavyBodies(maxBodyBytes(id))) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBodyBytes(id));
      const hold = await longestHold(id, route, body, limitMs);
      expect([body.slice(0, 60), hold < limitMs ? 'short' : hold]).toEqual([body.slice(0, 60), 'short']);
    }
  });
});

describe('a path outside the route table', () => {
  const bytes = fc.oneof(text, fc.constantFrom(tooDeep, polluting, '{', 'null', '\ufeff{}'));
  const otherPaths: [string, (given: string) => string, string][] = [
    ['POST /api/stripe/webhook', () => `${backend.url}/api/stripe/webhook`, 'POST'],
    ['GET /metrics', (given) => `${backend.url}/metrics?${encode(given)}`, 'GET'],
    ['GET /health/ready', (given) => `${backend.url}/health/ready?${encode(given)}`, 'GET'],
    ['GET /tls/agent', (given) => `${backend.url}/tls/agent?domain=${encode(given)}`, 'GET'],
    ['GET /docs', (given) => `${backend.url}/docs/${encode(given)}`, 'GET'],
    ['the gateway proxy of an agent', (given) => `http://127.0.0.1:${backend.gatewayPort}/agent/${agent}/${encode(given)}`, 'POST'],
    ['the gateway proxy of an unknown agent', (given) => `http://127.0.0.1:${backend.gatewayPort}/agent/${encode(given)}`, 'GET'],
    ['the gateway proxy without an agent', (given) => `http://127.0.0.1:${backend.gatewayPort}/${encode(given)}`, 'POST'],
  ];
  test.each(otherPaths)(
    '%s answers hostile requests in time, without internals, and writes nothing on refusal',
    async (_path, address, method) => {
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
          // 503: Stripe is not configured, and the agent does not run.
          expect([200, 301, 400, 401, 403, 404, 413, 415, 503]).toContain(response.status);
          if (response.status < 400) return;
          expect(response.headers.get('content-type')).toMatch(/^application\/json/);
          expect(JSON.parse(answer).error).toEqual(expect.any(String));
          expect(answer).not.toMatch(/node_modules|\bat \w+ \(|\.ts:\d|prisma|postgres|SELECT |syntax error|invalid byte/i);
          expect(await fingerprint()).toBe(before);
        }),
        { numRuns: RUNS, seed, endOnFailure: true },
      );
    },
  );
});
