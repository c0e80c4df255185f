import { agentNamedIn, isScoped, neededScope, type Route, type RouteId, routes } from '@agentbot/contracts';
import { expectedAnswer } from '@agentbot/contracts/test/expected-answers';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IRoute } from 'express';
import fc from 'fast-check';
import pg from 'pg';
import type { z } from 'zod';
import { createApp } from '../src/app/http-app.ts';
import { arbitraryOf } from './arbitrary-of.ts';
import { assertion, INTERNAL_KEY, sessionOf, startBackend, type TestBackend, unreachableProviders } from './backend.ts';

/**
 * Calls every route with every kind of credential that the route must refuse. The cases come from the route table, so a new
 * route is covered from its first day.
 */

let backend: TestBackend;
let administrator: string;
let owner: string;
let stranger: string;
let registered: string;
/** Ids of the owner's rows, by the name of the path parameter. */
let owned: Record<
  'id' | 'agentId' | 'userId' | 'messageId' | 'operationId' | 'backupId' | 'keyId' | 'name' | 'versionId' | 'imageId' | 'conversationId',
  string
>;
const keys: Record<'narrow' | 'forOther' | 'expired', string> = { narrow: '', forOther: '', expired: '' };

beforeAll(async () => {
  backend = await startBackend(unreachableProviders);
  administrator = await backend.account();
  owner = await backend.account();
  stranger = await backend.account();
  registered = await backend.account(registeredUser.email);
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
    for (const [id, ownerId] of [
      ['preq_owned', owner],
      ['preq_stranger', stranger],
    ] as const) {
      await tx.planRequest.create({
        data: { id, ownerId, plan: 'network', message: ownerId === owner ? 'CONFIDENTIAL' : null, createdAt: new Date() },
      });
    }
    await tx.session.create({ data: { id: 'session_ended', ownerId: owner, endedAt, expiresAt } });
    await tx.operation.create({
      data: { id: 'op_owned', agentId: agent, ownerId: owner, kind: 'stop', state: 'succeeded', finishedAt: new Date() },
    });
    const file = { cause: 'manual', name: 'none.tar.gz', sizeBytes: 1, sha256: '' };
    await tx.backup.create({ data: { id: 'bk_owned', agentId: agent, ownerId: owner, ...file } });
    const sealed = backend.context.envelope.seal('CONFIDENTIAL', `agent_file_versions|${agent}|fv_owned`);
    const version = { name: 'SOUL.md', sha256: 'hash', sizeBytes: 12, sealed };
    await tx.agentFileVersion.create({ data: { id: 'fv_owned', agentId: agent, ownerId: owner, ...version } });
    await tx.chatSession.create({ data: { id: 'sess_owned', agentId: agent, ownerId: owner } });
    const message = { agentId: agent, ownerId: owner, sessionId: 'sess_owned', sender: 'user', content: 'CONFIDENTIAL' };
    await tx.message.create({ data: { id: 'msg_owned', ...message } });
    const image = { position: 0, type: 'image/png', bytes: Buffer.from('CONFIDENTIAL'), size: 12 };
    await tx.messageImage.create({ data: { id: 'img_owned', messageId: 'msg_owned', agentId: agent, ownerId: owner, ...image } });
    await tx.reply.create({
      data: { id: 'msg_owned', agentId: agent, ownerId: owner, state: 'failed', text: 'CONFIDENTIAL', error: 'No' },
    });
  });
  owned = {
    id: agent,
    agentId: agent,
    userId: agent,
    messageId: 'msg_owned',
    operationId: 'op_owned',
    backupId: 'bk_owned',
    keyId: kept.id,
    name: 'SOUL.md',
    versionId: 'fv_owned',
    imageId: 'img_owned',
    conversationId: 'sess_owned',
  };
});
afterAll(() => backend.stop());

const all = Object.entries(routes) as [RouteId, Route][];
const guarded = all.filter(([, route]) => isScoped(route));
const required = guarded.filter(([, { auth }]) => auth !== 'optional');

const sampleOf = (schema: z.ZodType) => fc.sample(arbitraryOf(schema), { numRuns: 1, seed: 11 })[0] as Record<string, unknown>;

const registeredUser = { email: 'somebody@example.com', password: canary('a long password ') };
/** Fields without which a sampled body would be refused. */
const accepted: Partial<Record<RouteId, object>> = {
  // Without a list of domains: this installation cannot enforce one.
  updateAgentMetadata: { plan: 'collective', config: {} },
  updateAgentConfig: { plan: 'collective', config: {}, allowedDomains: [], whatsappToken: undefined },
  createAgent: { config: { allowedDomains: ['example.com'] } },
  deployAgent: { config: {} },
  updateAccount: { name: 'Somebody', password: undefined, currentPassword: undefined },
  deleteAccount: { password: 'not the right one' },
  challengeAccountPasskey: { password: 'not the right one' },
  createUser: { email: 'invited@example.com', name: undefined },
  setUserRole: { admin: false },
  setUserBlocked: { blocked: false },
  requestPlan: { plan: 'solo', message: 'Please' },
  refusePlanRequest: { reason: 'No' },
  renameConversation: { title: 'Renamed' },
  sendMessage: { images: [] },
  verifyCredentials: registeredUser,
  signInWithProvider: { provider: 'github', subject: '1', email: 'new@example.com', emailVerified: true },
};

/** A request that the contract accepts and that names the owner's resources. */
function request(id: RouteId, route: Route) {
  const [body, query] = [route.body, route.query].map((schema) => {
    const sample = schema && sampleOf(schema);
    const valid = sample && { ...sample, ...(schema === route.body && accepted[id]) };
    const withAgent = { ...valid, agentId: owned.agentId };
    const parsed = schema?.safeParse(withAgent).data as { agentId?: string } | undefined;
    return parsed?.agentId ? withAgent : valid;
  });
  const { params: schema } = route;
  const wanted: Record<string, string> = {
    ...owned,
    ...(route.backend.path.startsWith('/api/admin/users/') && { id: id === 'deleteUser' ? registered : owner }),
    ...(id === 'grantPlanRequest' && { id: 'preq_owned' }),
    ...(id === 'refusePlanRequest' && { id: 'preq_stranger' }),
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

/** Sends the request. Of a stream or a file it reads the status only. */
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

const unauthorized = expect.objectContaining({ status: 401, error: 'Unauthorized' });

/** All rows of the owner, without the tables and columns that only count or record. */
async function readOwnedRows(): Promise<unknown> {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const tables = [
    'users',
    'agents',
    'agent_secrets',
    'chat_sessions',
    'messages',
    'message_images',
    'replies',
    'operations',
    'backups',
    'agent_file_versions',
    'model_calls',
    'model_days',
    'spend_days',
    'provider_keys',
    'identities',
    'password_resets',
    'plan_requests',
  ];
  const found: unknown[] = [];
  for (const table of tables) {
    const ownerColumn = table === 'users' ? 'id' : 'owner_id';
    found.push((await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${ownerColumn} = $1 ORDER BY 1`, [owner])).rows);
  }
  found.push(
    (await client.query("SELECT to_jsonb(t) - 'last_used_at' AS row FROM api_keys t WHERE owner_id = $1 ORDER BY 1", [owner])).rows,
  );
  await client.end();
  return found;
}

let before: unknown;
beforeAll(async () => {
  before = await readOwnedRows();
});

/** What an operation answers here that does not succeed, with its reason: no Docker, no Stripe, no Discord, no plan, no chain. */
const failing: Partial<Record<RouteId, { status: number; code?: string; error?: string }>> = {
  startCheckout: { status: 503, code: 'PAYMENTS_UNAVAILABLE' },
  openBillingPortal: { status: 503, code: 'PAYMENTS_UNAVAILABLE' },
  checkChannelToken: { status: 503, code: 'CHANNEL_UNAVAILABLE' },
  // Nobody has a key for the sample's provider.
  listModels: { status: 400, error: expect.stringMatching(/^There is no key for /) as unknown as string },
  createAgent: { status: 400, error: 'This installation cannot enforce allowedDomains: its operator must set EGRESS_PORT first' },
  provisionAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  provisionWithChannels: { status: 402, code: 'PAYMENT_REQUIRED' },
  // No account has the sample's parent.
  cloneAgent: { status: 404, code: 'AGENT_NOT_FOUND' },
  linkWallet: {
    status: 400,
    error: expect.stringMatching(/^The signature does not match the wallet and the challenge/) as unknown as string,
  },
  unlinkWallet: { status: 404, code: 'WALLET_NOT_FOUND' },
  deleteAccount: { status: 403, code: 'WRONG_PASSWORD' },
  requestPlan: { status: 409, code: 'PLAN_REQUEST_OPEN' },
  endAccountSession: { status: 404, code: 'SESSION_NOT_FOUND' },
  challengeAccountPasskey: { status: 403, code: 'WRONG_PASSWORD' },
  addAccountPasskey: { status: 409, code: 'CHALLENGE_EXPIRED' },
  renameAccountPasskey: { status: 404, code: 'PASSKEY_NOT_FOUND' },
  removeAccountPasskey: { status: 404, code: 'PASSKEY_NOT_FOUND' },
};
/** What the owner of the agent gets beyond that. */
const failingForOwner: typeof failing = {
  deployAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  startAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  restartAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  updateAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  repairAgent: { status: 402, code: 'PAYMENT_REQUIRED' },
  applyAgentConfig: { status: 402, code: 'PAYMENT_REQUIRED' },
  stopAgent: { status: 500, code: 'DOCKER_UNAVAILABLE' },
  resetAgentMemory: { status: 500, code: 'DOCKER_UNAVAILABLE' },
  createBackup: { status: 500, code: 'DOCKER_UNAVAILABLE' },
  restoreBackup: { status: 402, code: 'PAYMENT_REQUIRED' },
  downloadBackup: { status: 500, code: 'OPERATION_FAILED', error: 'The backup cannot be read' },
  cancelOperation: { status: 409, code: 'OPERATION_NOT_CANCELLABLE' },
  verifyAgent: { status: 400, error: 'The passkey’s response does not match the challenge' },
  sendMessage: { status: 500, code: 'OPERATION_FAILED', error: 'The agent is not running (pending)' },
  tellAgent: { status: 500, code: 'OPERATION_FAILED', error: 'The agent is not running (pending)' },
  listAgentFiles: { status: 409, code: 'AGENT_NOT_RUNNING' },
  getAgentFile: { status: 409, code: 'AGENT_NOT_RUNNING' },
  updateAgentFile: { status: 409, code: 'AGENT_NOT_RUNNING' },
  listCronJobs: { status: 409, code: 'AGENT_NOT_RUNNING' },
  openControlUi: { status: 409, code: 'AGENT_NOT_RUNNING' },
  listAgentModels: { status: 503, code: 'MODELS_UNAVAILABLE' },
  linkWhatsApp: { status: 400, error: 'WhatsApp is not configured for this agent' },
  unlinkWhatsApp: { status: 400, error: 'WhatsApp is not configured for this agent' },
};

describe('a missing, wrong or expired credential', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const bad: [string, () => string | Promise<string> | undefined][] = [
    ['none', () => undefined],
    ['a wrong API key', () => `sk_${'x'.repeat(43)}`],
    ['a wrong internal key', () => `${INTERNAL_KEY}x`],
    ['an assertion with a wrong signature', () => assertion(owner, { secret: 'another secret that is long enough' })],
    ['an assertion for another audience', () => assertion(owner, { audience: 'elsewhere' })],
    ['an expired assertion', () => assertion(owner, { issuedAt: now() - 120 })],
    ['an unsigned assertion', () => `${btoa('{"alg":"none"}')}.${btoa(`{"sub":"${owner}","exp":${now() + 60}}`)}.`],
    ['an expired API key', () => keys.expired],
    ['an assertion of an ended session', () => assertion(owner, { session: 'session_ended' })],
    ['an assertion of another user’s session', () => assertion(owner, { session: sessionOf(stranger) })],
    ['an assertion for a deleted account', () => assertion('user_gone')],
  ];
  test.each(required.concat(all.filter(([, { auth }]) => auth === 'web')))('%s answers 401', async (id, route) => {
    for (const [, make] of bad) expect(await send(id, route, await make())).toEqual(unauthorized);
    expect(await send(id, route, undefined, owner)).toEqual(unauthorized);
  });

  test.each(all.filter(([, { auth }]) => auth === 'optional'))(
    '%s answers an empty list without a credential and 401 with a wrong one',
    async (id, route) => {
      expect(await send(id, route, undefined)).toMatchObject({ status: 200, text: '[]' });
      for (const [, make] of bad.slice(1)) expect(await send(id, route, await make())).toEqual(unauthorized);
    },
  );

  test.each(all.filter(([, { auth }]) => auth === 'public'))('%s is public and answers 200 to any credential', async (id, route) => {
    for (const [, make] of bad) expect((await send(id, route, await make())).status).toBe(200);
  });
});

describe('another user', () => {
  /** Answers 200 for an absent agent too: a deletion can be repeated. */
  const idempotent: RouteId[] = ['deleteAgent'];

  test.each(guarded)('%s does not expose the resources of the owner', async (id, route) => {
    const { names } = request(id, route);
    const answer = await send(id, route, await assertion(stranger));
    expect(answer.text).not.toMatch(/CONFIDENTIAL|Mine|Other/);
    const notFound = [...route.errors].sort().find((code) => code.endsWith('_NOT_FOUND'));
    if (route.auth === 'admin') expect(answer).toMatchObject({ status: 403, error: 'Forbidden' });
    else if (idempotent.includes(id)) expect(answer.status).toBe(200);
    else if (notFound && (route.params || names === owned.id)) {
      const { status, sentences } = expectedAnswer(route, 'web', notFound);
      expect(answer).toMatchObject({ status, error: sentences[0], code: notFound });
    } else expect(answer).toMatchObject(failing[id] ?? { status: route.status });
  });

  test.each(all.filter(([, { auth }]) => auth === 'web'))('%s answers 401: only the web app may call it', async (id, route) => {
    expect(await send(id, route, await assertion(stranger))).toEqual(unauthorized);
  });
});

describe('an API key with insufficient scope', () => {
  const tooNarrow = expect.objectContaining({ status: 403, code: 'INSUFFICIENT_SCOPE' });

  test.each(guarded.filter(([, route]) => neededScope(route) === 'agents:write'))(
    '%s refuses a read-only key with 403',
    async (id, route) => {
      expect(await send(id, route, keys.narrow)).toEqual(tooNarrow);
    },
  );

  test.each(guarded)('%s does not expose the agent to a key for another agent', async (id, route) => {
    const answer = await send(id, route, keys.forOther);
    expect(answer.text).not.toMatch(/CONFIDENTIAL|Mine/);
    const concernsOther = request(id, route).names === owned.id || !route.narrows;
    if (route.auth === 'admin') expect(answer.status).toBe(403);
    else if (concernsOther) expect(answer).toEqual(tooNarrow);
    else if (route.params) expect(answer.status).toBe(404);
    else expect(answer).toMatchObject(failing[id] ?? { status: route.status });
  });
});

describe('a replayed assertion', () => {
  const callerOf = ({ auth }: Route) => assertion(auth === 'web' ? undefined : stranger);

  test.each(all.filter(([, { method, auth }]) => method !== 'GET' && auth !== 'public'))(
    '%s answers 401 the second time',
    async (id, route) => {
      const token = await callerOf(route);
      // An unknown passkey is 401 too, with its own sentence.
      expect(await send(id, route, token)).not.toEqual(unauthorized);
      expect(await send(id, route, token)).toEqual(unauthorized);
    },
  );

  test.each(all.filter(([, { method, auth }]) => method === 'GET' && auth !== 'public'))(
    '%s only reads and answers the same status the second time',
    async (id, route) => {
      const token = await callerOf(route);
      const first = await send(id, route, token);
      expect(first.status).not.toBe(401);
      expect((await send(id, route, token)).status).toBe(first.status);
    },
  );
});

test('no refused request has changed a row of the owner', async () => {
  expect(await readOwnedRows()).toEqual(before);
});

// The same requests as above: without them a route that refuses everybody would pass as well guarded.
describe('the owner', () => {
  /** Deletions come last, and the agent's after all others. A granted plan answers the request for one; later tests need it. */
  const rank = ([id, { method }]: [RouteId, Route]) => (id === 'deleteAgent' || id === 'grantPlan' ? 2 : method === 'DELETE' ? 1 : 0);
  const inOrder = [...guarded].sort((one, other) => rank(one) - rank(other));

  test.each(inOrder)('%s answers the owner', async (id, route) => {
    const answer = await send(id, route, await assertion(owner));
    if (route.auth === 'admin') expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    else expect(answer).toMatchObject(failingForOwner[id] ?? failing[id] ?? { status: route.status });
    if (['listAgents', 'listOverview', 'getAgentOverview'].includes(id)) expect(answer.text).toContain('Mine');
    if (id === 'getAgentFileVersion' || id === 'readMessageImage') expect(answer.text).toContain('CONFIDENTIAL');
    if (id === 'getAgent') expect(answer.text).toContain(owned.id);
  });

  /** There is no swarm. */
  const absent: Partial<Record<RouteId, object>> = {
    setNodeAvailability: { status: 404, code: 'NODE_NOT_FOUND' },
    moveAgent: { status: 404, code: 'AGENT_NOT_FOUND' },
  };
  test.each(inOrder.filter(([, { auth }]) => auth === 'admin'))('%s answers an administrator', async (id, route) => {
    expect(await send(id, route, await assertion(administrator))).toMatchObject(absent[id] ?? { status: id === 'createUser' ? 201 : 200 });
  });
});

describe('a path outside the route table', () => {
  const METRICS_TOKEN = canary('metrics-token-of-the-matrix-');
  let fullBackend: TestBackend;
  beforeAll(async () => {
    fullBackend = await startBackend({
      METRICS_TOKEN,
      STRIPE_SECRET_KEY: canary('sk_test_'),
      STRIPE_WEBHOOK_SECRET: canary('whsec_'),
      STRIPE_API_BASE: 'http://127.0.0.1:1',
    });
  });
  afterAll(() => fullBackend.stop());

  const callers: (() => string | Promise<string> | undefined)[] = [
    () => undefined,
    () => INTERNAL_KEY,
    () => keys.narrow,
    () => `${METRICS_TOKEN}x`,
    () => assertion(owner),
    () => assertion(undefined),
  ];
  const ask = async (method: string, path: string, token: string | undefined) => {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), 'stripe-signature': 't=1,v1=00' };
    const response = await fetch(fullBackend.url + path, { method, headers, body: method === 'POST' ? '{"id":"evt_1"}' : null });
    const text = await response.text();
    return { status: response.status, text, error: response.ok ? undefined : JSON.parse(text).error };
  };

  /** Each path with its answer to callers without access. */
  const otherPaths: Record<string, object> = {
    'GET /openapi.json': { status: 200 },
    'GET /docs': { status: 200 },
    'GET /docs/start.js': { status: 200 },
    'GET /docs/swagger-ui.css': { status: 200 },
    'GET /metrics': { status: 401, error: 'Unauthorized' },
    'GET /health/ready': { status: 200 },
    'GET /tls/agent': { status: 404, error: 'Not found' },
    'POST /api/stripe/webhook': { status: 400, error: 'Invalid signature' },
  };
  test.each(Object.entries(otherPaths))('%s answers every caller the same', async (name, answer) => {
    const [method = '', path = ''] = name.split(' ');
    for (const make of callers) expect(await ask(method, path, await make())).toMatchObject(answer);
  });

  test('on the gateway port refuses every credential of the platform', async () => {
    // The owner has deleted the other agents by now.
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'At the gateway' })).body;
    const at = (name: string, token: string | undefined) =>
      fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${name}/`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    for (const make of callers) {
      const token = await make();
      expect([(await at(id, token)).status, (await at('agent_none', token)).status]).toEqual([503, 404]);
    }
  });

  test('stores no Stripe event, and /metrics answers 200 to its own token', async () => {
    expect(await fullBackend.context.database.as('service', (tx) => tx.stripeEvent.count())).toBe(0);
    expect((await ask('GET', '/metrics', METRICS_TOKEN)).status).toBe(200);
  });

  test('is listed here, or createApp does not serve it', () => {
    const named = new Set([
      ...Object.keys(otherPaths),
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
    const layers = (createApp(fullBackend.context).router.stack as { route?: IRoute; name: string; rawPath?: string }[]).map((layer) => ({
      served: (layer.route?.stack ?? []).map(({ method }) => `${method.toUpperCase()} ${layer.route?.path}`),
      // Middleware without a route serves every path, or every path below its own.
      mounted: layer.route ? [] : [`${layer.name} ${layer.rawPath}`],
    }));
    const served = layers.flatMap((layer) => layer.served);
    expect(served.length).toBeGreaterThan(all.length);
    expect(served.filter((each) => !named.has(each))).toEqual([]);
    expect(layers.flatMap(({ mounted }) => mounted)).toEqual([
      'logRequest /',
      'helmetMiddleware /',
      'serveStatic /docs',
      '<anonymous> /', // 404
      'errorHandler /',
    ]);
  });
});
