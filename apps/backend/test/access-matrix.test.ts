import { agentNamedIn, type ErrorCode, isScoped, neededScope, type Route, type RouteId, routes, statusOf } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IRoute } from 'express';
import fc from 'fast-check';
import pg from 'pg';
import type { z } from 'zod';
import { createApp } from '../src/app/http-app.ts';
import { arbitraryOf } from './arbitrary-of.ts';
import { assertion, INTERNAL_KEY, sessionOf, startBackend, type TestBackend } from './backend.ts';

/**
 * Every route × every credential that must not do, and what it must answer. Everything is generated from the route
 * table: a new route is in it from its first day.
 */

let backend: TestBackend;
let owner: string;
let stranger: string;
/** What belongs to the owner, by the name that a path's parameter has for it. */
let owned: Record<'id' | 'agentId' | 'userId' | 'messageId' | 'operationId' | 'backupId' | 'keyId', string>;
const keys: Record<'narrow' | 'forOther' | 'expired', string> = { narrow: '', forOther: '', expired: '' };

beforeAll(async () => {
  backend = await startBackend();
  await backend.account();
  owner = await backend.account();
  stranger = await backend.account();
  await backend.account(somebody.email);
  const make = async (name: string) =>
    (await backend.machine(owner, 'POST', '/api/agents', { name, config: { plan: 'collective' } })).body.id;
  const [agent, other] = [await make('Mine'), await make('Other')];
  const newKey = async (body: object) => (await backend.as(owner, 'POST', '/api/keys', { name: 'k', ...body })).body;
  const kept = await newKey({});
  const expiring = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  Object.assign(keys, {
    narrow: (await newKey({ scopes: ['agents:read'] })).key,
    forOther: (await newKey({ agentId: other })).key,
    expired: expiring.key,
  });
  await backend.context.database.as('service', async (tx) => {
    await tx.apiKey.update({ where: { id: expiring.id }, data: { expiresAt: new Date(0) } });
    const [endedAt, expiresAt] = [new Date(), new Date(Date.now() + 3_600_000)];
    await tx.session.create({ data: { id: 'session_ended', ownerId: owner, endedAt, expiresAt } });
    await tx.operation.create({
      data: { id: 'op_owned', agentId: agent, ownerId: owner, kind: 'stop', state: 'succeeded', finishedAt: new Date() },
    });
    const file = { cause: 'manual', name: 'none.tar.gz', sizeBytes: 1, sha256: '' };
    await tx.backup.create({ data: { id: 'bk_owned', agentId: agent, ownerId: owner, ...file } });
    await tx.chatSession.create({ data: { id: 'sess_owned', agentId: agent, ownerId: owner } });
    const message = { agentId: agent, ownerId: owner, sessionId: 'sess_owned', sender: 'user', content: 'CONFIDENTIAL' };
    await tx.message.create({ data: { id: 'msg_owned', ...message } });
  });
  owned = {
    id: agent,
    agentId: agent,
    userId: agent,
    messageId: 'msg_owned',
    operationId: 'op_owned',
    backupId: 'bk_owned',
    keyId: kept.id,
  };
});
afterAll(() => backend.stop());

const all = Object.entries(routes) as [RouteId, Route][];
const guarded = all.filter(([, route]) => isScoped(route));
const required = guarded.filter(([, { auth }]) => auth !== 'optional');

const sampleOf = (schema: z.ZodType) => fc.sample(arbitraryOf(schema), { numRuns: 1, seed: 11 })[0] as Record<string, unknown>;

const somebody = { email: 'somebody@example.com', password: canary('a long password ') };
/** What the web app's own sign-in is not refused for. */
const accepted: Partial<Record<RouteId, object>> = {
  verifyCredentials: somebody,
  signInWithProvider: { provider: 'github', subject: '1', email: 'new@example.com', emailVerified: true },
};

/** A request that the contract accepts, about the owner's things. */
function request(id: RouteId, route: Route) {
  const [body, query] = [route.body, route.query].map((schema) => {
    const sample = schema && sampleOf(schema);
    const withAgent = { ...sample, agentId: owned.agentId, ...(schema === route.body && accepted[id]) };
    const parsed = schema?.safeParse(withAgent).data as { agentId?: string } | undefined;
    return parsed?.agentId || accepted[id] ? withAgent : sample;
  });
  const { params: schema } = route;
  const wanted: Record<string, string> = {
    ...owned,
    ...(id === 'grantPlan' && { id: owner }),
    ...(id === 'deleteApiKey' && { id: owned.keyId }),
  };
  const own = Object.fromEntries(Object.keys(schema?.shape ?? {}).map((name) => [name, wanted[name]]));
  const params = (!schema || schema.safeParse(own).success ? own : sampleOf(schema)) as Record<string, string>;
  const values = Object.values(params);
  const path = route.backend.path.replace(/:\w+/g, () => encodeURIComponent(values.shift() ?? ''));
  const { cursor: _none, ...rest }: Record<string, unknown> = query ?? {};
  const search = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)] as [string, string]));
  return { path: search.size ? `${path}?${search}` : path, body, names: agentNamedIn(route, { params, query, body }) };
}

/** Sends it, and reads streams and files no further than their status. */
async function send(id: RouteId, route: Route, token: string | undefined, userId?: string) {
  const { path, body } = request(id, route);
  const response = await fetch(backend.url + path, {
    method: route.method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(userId && { 'x-user-id': userId }),
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(20_000),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { status: response.status, text: '', error: undefined, code: undefined };
  }
  const text = await response.text();
  const { error, code } = route.download && response.ok ? {} : JSON.parse(text);
  return { status: response.status, text, error, code };
}

const refused = (code: ErrorCode) => expect.objectContaining({ status: statusOf(code, 'backend') });
const unauthorized = expect.objectContaining({ status: 401, error: 'Unauthorized' });

/** Every row of the owner's, and of everybody's accounts, but what only counts or records. */
async function everything(): Promise<unknown> {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const tables = [
    'users',
    'agents',
    'agent_secrets',
    'chat_sessions',
    'messages',
    'replies',
    'operations',
    'backups',
    'identities',
    'password_resets',
  ];
  const found: unknown[] = [];
  for (const table of tables) {
    const who = table === 'users' ? 'id' : 'owner_id';
    found.push((await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${who} = $1 ORDER BY 1`, [owner])).rows);
  }
  found.push(
    (await client.query("SELECT to_jsonb(t) - 'last_used_at' AS row FROM api_keys t WHERE owner_id = $1 ORDER BY 1", [owner])).rows,
  );
  await client.end();
  return found;
}

let before: unknown;
beforeAll(async () => {
  before = await everything();
});
afterAll(async () => {
  expect(await everything()).toEqual(before);
});

describe('no credential, a wrong one, an expired one', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const bad: [string, () => string | Promise<string> | undefined][] = [
    ['none', () => undefined],
    ['a wrong API key', () => `sk_${'x'.repeat(43)}`],
    ['a wrong internal key', () => `${INTERNAL_KEY}x`],
    ['an assertion with a wrong signature', () => assertion(owner, { secret: 'another secret that is long enough' })],
    ['an assertion for another audience', () => assertion(owner, { audience: 'elsewhere' })],
    ['an expired assertion', () => assertion(owner, { issuedAt: now() - 120 })],
    ['an assertion that is not signed', () => `${btoa('{"alg":"none"}')}.${btoa(`{"sub":"${owner}","exp":${now() + 60}}`)}.`],
    ['an expired API key', () => keys.expired],
    ['an assertion of a session that has ended', () => assertion(owner, { session: 'session_ended' })],
    ['an assertion of another user’s session', () => assertion(owner, { session: sessionOf(stranger) })],
    ['an assertion for an account that is gone', () => assertion('user_gone')],
  ];
  test.each(required.concat(all.filter(([, { auth }]) => auth === 'web')))('%s', async (id, route) => {
    for (const [, make] of bad) expect(await send(id, route, await make())).toEqual(unauthorized);
    expect(await send(id, route, undefined, owner)).toEqual(unauthorized);
  });

  test.each(all.filter(([, { auth }]) => auth === 'optional'))('%s is empty without one, and 401 with a wrong one', async (id, route) => {
    expect(await send(id, route, undefined)).toMatchObject({ status: 200, text: '[]' });
    for (const [, make] of bad.slice(1)) expect(await send(id, route, await make())).toEqual(unauthorized);
  });

  test.each(all.filter(([, { auth }]) => auth === 'public'))('%s is public, whatever comes along', async (id, route) => {
    for (const [, make] of bad) expect((await send(id, route, await make())).status).toBe(200);
  });
});

describe('another user', () => {
  /** Silent about what is not there, so that a deletion can be repeated. */
  const silent: RouteId[] = ['deleteAgent'];
  const asksChain: RouteId[] = ['linkWallet'];

  test.each(guarded)('%s', async (id, route) => {
    const { names } = request(id, route);
    const answer = await send(id, route, await assertion(stranger));
    expect(answer.text).not.toMatch(/CONFIDENTIAL|Mine|Other/);
    const notFound = route.errors.filter((code) => code.endsWith('_NOT_FOUND'));
    if (route.auth === 'admin') expect(answer).toEqual(refused('FORBIDDEN'));
    else if (silent.includes(id)) expect(answer.status).toBe(200);
    else if (route.params || (names === owned.id && notFound.length)) expect(answer.status).toBe(route.web?.foreignIs ?? 404);
    else expect([200, 201, 400, 402, 403, 404, 409, 500, 503]).toContain(answer.status);
    // A chain that nobody answers for here is not the caller's doing.
    if (answer.status === 500 && !asksChain.includes(id)) expect(route.errors).toContain(answer.code);
  });

  test.each(all.filter(([, { auth }]) => auth === 'web'))('%s is for the web app alone', async (id, route) => {
    expect(await send(id, route, await assertion(stranger))).toEqual(unauthorized);
  });
});

describe('too narrow a scope', () => {
  const tooNarrow = expect.objectContaining({ status: 403, code: 'INSUFFICIENT_SCOPE' });

  test.each(guarded.filter(([, route]) => neededScope(route) === 'agents:write'))('%s wants more than reading', async (id, route) => {
    expect(await send(id, route, keys.narrow)).toEqual(tooNarrow);
  });

  test.each(guarded)('%s with a key for another agent', async (id, route) => {
    const answer = await send(id, route, keys.forOther);
    expect(answer.text).not.toMatch(/CONFIDENTIAL|Mine/);
    const concernsOther = request(id, route).names === owned.id || !route.narrows;
    if (route.auth === 'admin') expect(answer.status).toBe(403);
    else if (concernsOther) expect(answer).toEqual(tooNarrow);
    else if (route.params) expect(answer.status).toBe(404);
    else expect([200, 500]).toContain(answer.status);
  });
});

describe('a replayed assertion', () => {
  const callerOf = ({ auth }: Route) => assertion(auth === 'web' ? undefined : stranger);

  test.each(all.filter(([, { method, auth }]) => method !== 'GET' && auth !== 'public'))('%s is 401 the second time', async (id, route) => {
    const token = await callerOf(route);
    expect((await send(id, route, token)).status).not.toBe(401);
    expect(await send(id, route, token)).toEqual(unauthorized);
  });

  test.each(all.filter(([, { method, auth }]) => method === 'GET' && auth !== 'public'))(
    '%s changes nothing, so it may be read again',
    async (id, route) => {
      const token = await callerOf(route);
      const first = await send(id, route, token);
      expect((await send(id, route, token)).status).toBe(first.status);
    },
  );
});

describe('a path outside the route table', () => {
  const METRICS_TOKEN = canary('metrics-token-of-the-matrix-');
  let whole: TestBackend;
  beforeAll(async () => {
    whole = await startBackend({
      METRICS_TOKEN,
      STRIPE_SECRET_KEY: canary('sk_test_'),
      STRIPE_WEBHOOK_SECRET: canary('whsec_'),
      STRIPE_API_BASE: 'http://127.0.0.1:1',
    });
  });
  afterAll(() => whole.stop());

  const anybody: (() => string | Promise<string> | undefined)[] = [
    () => undefined,
    () => INTERNAL_KEY,
    () => keys.narrow,
    () => `${METRICS_TOKEN}x`,
    () => assertion(owner),
    () => assertion(undefined),
  ];
  const ask = async (method: string, path: string, token: string | undefined) => {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), 'stripe-signature': 't=1,v1=00' };
    const response = await fetch(whole.url + path, { method, headers, body: method === 'POST' ? '{"id":"evt_1"}' : null });
    const text = await response.text();
    return { status: response.status, text, error: response.ok ? undefined : JSON.parse(text).error };
  };

  /** Each with what it answers to those that have no business there. */
  const outside: Record<string, object> = {
    'GET /openapi.json': { status: 200 },
    'GET /docs': { status: 200 },
    'GET /docs/start.js': { status: 200 },
    'GET /docs/swagger-ui.css': { status: 200 },
    'GET /metrics': { status: 401, error: 'Unauthorized' },
    'POST /api/stripe/webhook': { status: 400, error: 'Invalid signature' },
  };
  test.each(Object.entries(outside))('%s is the same to everybody', async (name, answer) => {
    const [method = '', path = ''] = name.split(' ');
    for (const make of anybody) expect(await ask(method, path, await make())).toMatchObject(answer);
  });

  test('on the gateway port opens to no credential of the platform', async () => {
    const at = (name: string, token: string | undefined) =>
      fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${name}/`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    for (const make of anybody) {
      const token = await make();
      expect([(await at(owned.agentId, token)).status, (await at('agent_none', token)).status]).toEqual([503, 404]);
    }
  });

  test('has left nothing behind, and opens to its own token', async () => {
    expect(await whole.context.database.as('service', (tx) => tx.stripeEvent.count())).toBe(0);
    expect((await ask('GET', '/metrics', METRICS_TOKEN)).status).toBe(200);
  });

  test('is one of these, or it is not served', () => {
    const named = new Set([
      ...Object.keys(outside),
      ...all.map(
        ([
          ,
          {
            method,
            backend: { path },
          },
        ]) => `${method} ${path}`,
      ),
    ]);
    const layers = (createApp(whole.context).router.stack as { route?: IRoute; name: string; rawPath?: string }[]).map((layer) => ({
      served: (layer.route?.stack ?? []).map(({ method }) => `${method.toUpperCase()} ${layer.route?.path}`),
      // What stands before or after every path, or serves whatever is below one.
      mounted: layer.route ? [] : [`${layer.name} ${layer.rawPath}`],
    }));
    const served = layers.flatMap((layer) => layer.served);
    expect(served.length).toBeGreaterThan(all.length);
    expect(served.filter((each) => !named.has(each))).toEqual([]);
    expect(layers.flatMap(({ mounted }) => mounted)).toEqual([
      'result /', // the log's
      'helmetMiddleware /',
      'serveStatic /docs',
      '<anonymous> /', // 404
      'errorHandler /',
    ]);
  });
});
