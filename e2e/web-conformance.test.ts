import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ErrorCode, errorTable, type Route, type RouteId, routes, statusOf } from '@agentbot/contracts';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startWholeStack, type WholeStack } from './stack.ts';
import { WebSession } from './web-session.ts';

/**
 * The web's side of the contract, both sides running for real: each route's answer to its owner, each row of its error
 * table, and nothing for a second user. What breaks the backend comes last, one thing after another.
 */

const NO_WALLET = `0x${'1'.repeat(40)}`;
const MODEL_KEY = canary('sk-web-');
let stack: WholeStack;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let bots: Awaited<ReturnType<typeof startBots>>;
let engine: Awaited<ReturnType<typeof startEngineProxy>>;
let owner: WebSession;
let ownerId: string;
let stranger: WebSession;
let nobody: WebSession;
let running: string;
let backup: string;
let dripping: Promise<number>[];

const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
type Answer = Awaited<ReturnType<WebSession['call']>>;

beforeAll(async () => {
  engine = await startEngineProxy(/^POST .*\/containers\/[^/]+\/(start|stop)/, process.env.DOCKER_HOST || undefined);
  bots = await startBots({ telegram: { [canary('1:good-')]: 'good_bot' } });
  model = await startModelProvider({ apiKey: MODEL_KEY });
  stack = await startWholeStack(
    { AGENT_PORT_BASE: '25000', AGENT_SUBNET: '10.204.0.0/16' },
    { LOG_LEVEL: 'debug', API_RATE_LIMIT: '10000', SIGN_IN_RATE_LIMIT: '20', SMTP_URL: 'smtp://127.0.0.1:1', ...bots.settings },
  );
  ({ session: owner, id: ownerId } = await WebSession.signUp(stack.webUrl, 'owner@example.com'));
  ({ session: stranger } = await WebSession.signUp(stack.webUrl, 'stranger@example.com'));
  nobody = new WebSession(stack.webUrl);
  const { body } = await owner.call('POST', '/api/agents/provision', {
    body: {
      name: 'My Agent',
      model: 'custom',
      config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: MODEL_KEY },
    },
  });
  running = body.agent.id;
  // Provisioning answers after 15 seconds, and a busy machine takes longer.
  while ((await call('getAgent')).body.agent.status === 'provisioning') await new Promise((resolve) => setTimeout(resolve, 200));
  backup = (await call('createBackup')).body.backup.id;
  // Their time passes while the other tests run.
  dripping = ['GET / HTTP/1.1\r\nX-Slow: ', 'POST /api/register HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{"email":"'].map(drip);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await model?.close();
  await bots?.close();
  await engine?.close();
});

const webRoutes = (Object.entries(routes) as [RouteId, Route][]).filter(([, route]) => route.web);
const bodies: Partial<Record<RouteId, () => object>> = {
  register: () => ({ email: `${Math.random().toString(36).slice(2)}@example.com`, password: canary('a long password ') }),
  grantPlan: () => ({ plan: 'solo' }),
  requestPasswordReset: () => ({ email: 'nobody@example.com' }),
  resetPassword: () => ({ token: 'x'.repeat(43), password: canary('a long password ') }),
  provisionAgent: () => ({ name: 'New' }),
  updateAgentConfig: () => ({}),
  verifyAgent: () => ({ verificationType: 'eas' }),
  updateAgent: () => ({}),
  sendMessage: () => ({ message: 'Hello', agentId: running }),
  tellAgent: () => ({ action: 'create-session', agentId: running }),
  setBackupSchedule: () => ({ everyHours: 24 }),
  createApiKey: () => ({ name: 'k' }),
  checkChannelToken: () => ({ channel: 'telegram', token: canary('1:good-') }),
  provisionWithChannels: () => ({ telegramToken: canary('1:'), plan: 'solo' }),
  cloneAgent: () => ({ parentAgentId: running, name: 'Clone', paymentProof: {} }),
  createVerificationChallenge: () => ({ verificationType: 'webauthn' }),
  createWalletChallenge: () => ({ address: NO_WALLET }),
  linkWallet: () => ({ address: NO_WALLET, signature: '0x12' }),
};
const queries: Partial<Record<RouteId, () => string>> = {
  startCheckout: () => '?plan=solo',
  askAgent: () => `?action=sessions&agentId=${running}`,
};

/** Calls a route of the web, by default as the owner and on the agent that runs. */
function call(
  id: RouteId,
  options: { as?: WebSession; agent?: string; operation?: string; body?: unknown; query?: string; headers?: Record<string, string> } = {},
) {
  const { method, web } = routes[id] as Route;
  const path = web?.path
    .replace(/:\w+/, options.agent ?? running)
    .replace(/:\w+/, options.operation ?? (web.path.includes(':backupId') ? backup : 'op_none'));
  return (options.as ?? owner).call(method, path + (options.query ?? queries[id]?.() ?? ''), {
    body: options.body ?? bodies[id]?.(),
    ...(options.headers && { headers: options.headers }),
  });
}

/** The rows of the error tables that were seen: operation and code. */
const seen = new Set<string>();

/** Checks a refusal: its status, its sentence, and the shape of its side. */
function expectRefusal(id: RouteId, answer: Answer, code: ErrorCode, sentence: string | RegExp = errorTable[code].sentence) {
  seen.add(`${id} ${code}`);
  const { web } = routes[id] as Route;
  const foreign = code === 'AGENT_NOT_FOUND' ? web?.foreignIs : undefined;
  const error = foreign ? 'Forbidden' : typeof sentence === 'string' ? sentence : expect.stringMatching(sentence);
  expect([answer.status, answer.body.error]).toEqual([foreign ?? statusOf(code, 'web'), error]);
  const { success, status } = answer.body;
  expect({ success, status }).toEqual(
    web?.errorShape === 'lifecycle' ? { success: false, status: 'error' } : { success: undefined, status: undefined },
  );
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
}

/** Calls the backend as a machine client that holds the internal key and names a user, or nobody. */
async function machine(userId: string | undefined, path: string, init: RequestInit = {}) {
  const headers = {
    authorization: `Bearer ${stack.secrets.INTERNAL_API_KEY}`,
    ...(userId && { 'x-user-id': userId }),
    'content-type': 'application/json',
  };
  const response = await fetch(stack.backendUrl + path, { ...init, headers });
  const body: ReturnType<typeof JSON.parse> = await response.json();
  return { status: response.status, body };
}

describe('the differences between the two sides', () => {
  test('List agents', async () => {
    const flat = (await machine(ownerId, '/api/agents')).body;
    expect(flat).toEqual([
      { id: running, status: 'active', created: iso, subdomain: `${running}.agents.localhost`, url: expect.any(String) },
    ]);
    expect((await call('listAgents')).body).toEqual({
      agents: [
        {
          id: running,
          name: 'My Agent',
          model: 'custom',
          status: 'running',
          websocketUrl: `${stack.gatewayUrl.replace('http', 'ws')}/agent/${running}`,
          createdAt: iso,
          updatedAt: iso,
        },
      ],
      count: 1,
      status: 'ok',
    });
    expect((await call('listAgents', { as: nobody })).body).toEqual({ agents: [], count: 0, status: 'ok' });
    expect(await (await fetch(`${stack.backendUrl}/api/agents`)).json()).toEqual([]);
  });

  test('Get agent', async () => {
    const flat = (await machine(ownerId, `/api/agents/${running}`)).body;
    expect((await call('getAgent')).body).toEqual({ agent: flat, status: 'ok' });
    expect(flat.status).toBe('active');
  });

  test('Provision agent: 402 on the backend is 429 on the web', async () => {
    await owner.call('PUT', `/api/admin/users/${(await stranger.call('GET', '/api/me')).body.id}/plan`, { body: { plan: 'solo' } });
    const kept = await call('provisionAgent', { as: stranger });
    const full = await call('provisionAgent', { as: stranger });
    expectRefusal('provisionAgent', full, 'AGENT_LIMIT_REACHED');
    expect([full.status, full.body]).toEqual([
      429,
      { error: 'Agent limit reached for your plan', code: 'AGENT_LIMIT_REACHED', current: 1, limit: 1 },
    ]);
    const strangerId = (await stranger.call('GET', '/api/me')).body.id;
    const flat = await machine(strangerId, '/api/agents', {
      method: 'POST',
      body: JSON.stringify({ name: 'x', config: { plan: 'label' } }),
    });
    expect([flat.status, flat.body.code]).toEqual([402, 'AGENT_LIMIT_REACHED']);
    // One that is still being provisioned cannot be deleted yet.
    const gone = () => call('deleteAgent', { as: stranger, agent: kept.body.agent.id });
    while ((await gone()).status === 409) await new Promise((resolve) => setTimeout(resolve, 500));
  });

  test('Agent lifecycle: a foreign agent is 403 on the web, 404 on data routes', async () => {
    expect((await call('stopAgent', { as: stranger })).status).toBe(403);
    expect((await call('getAgent', { as: stranger })).status).toBe(404);
  });

  test('Lifecycle error responses', async () => {
    expect((await call('stopAgent', { as: stranger })).body).toEqual({
      success: false,
      status: 'error',
      error: 'Forbidden',
      code: 'AGENT_NOT_FOUND',
    });
  });

  test('Get verification status: /verify on the web, /verification on the backend', async () => {
    expect((await call('getVerification')).body).toEqual((await machine(ownerId, `/api/agents/${running}/verification`)).body);
    expect((await machine(ownerId, `/api/agents/${running}/verify`)).status).toBe(404);
    expect((await owner.call('GET', `/api/agents/${running}/verification`)).status).toBe(404);
  });

  test('Provision with channel tokens: the six fields', async () => {
    const { status, body } = await call('provisionWithChannels');
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      userId: expect.stringMatching(/^[a-z0-9]{10}$/),
      subdomain: `dj-${body.userId}.agents.localhost`,
      url: expect.stringContaining(`dj-${body.userId}.agents.localhost`),
      streamKey: expect.stringMatching(/^sk-/),
      liveStreamId: expect.stringMatching(/^[a-z0-9]{10}$/),
    });
    expect((await call('deleteAgent', { agent: body.userId })).body).toEqual({ id: body.userId, deleted: true });
  });
});

describe('every route', () => {
  /** What would end or replace the agent is tried where it belongs. */
  const later: RouteId[] = [
    'deleteAgent',
    'resetPassword',
    'register',
    'streamLogs',
    'streamReply',
    'streamOverview',
    'getOperation',
    'streamOperation',
    'cancelOperation',
    'restoreBackup',
    'downloadBackup',
    'deleteBackup',
    'linkWhatsApp',
    'unlinkWhatsApp',
    'deleteApiKey',
    'exportAudit',
    'cloneAgent',
    'linkWallet',
    'unlinkWallet',
    'startCheckout',
    'openBillingPortal',
    'verifyAgent',
    'provisionAgent',
    'grantPlan',
  ];

  test.each(webRoutes.filter(([id]) => !later.includes(id)))(
    '%s answers its owner in the shape of the web',
    async (id, { status, web }) => {
      const answer = await call(id);
      expect([answer.status, answer.body.error]).toEqual([status, undefined]);
      expect(web?.response.parse(answer.body)).toEqual(answer.body);
      expect(answer.headers.get('cache-control')).toContain('no-store');
      if (id === 'provisionWithChannels') await call('deleteAgent', { agent: answer.body.userId });
    },
  );

  test.each(webRoutes.filter(([, { auth }]) => auth === 'caller' || auth === 'admin'))('%s is 401 without a session', async (id) => {
    expectRefusal(id, await call(id, { as: nobody }), 'UNAUTHORIZED');
    const credentials = { authorization: `Bearer ${stack.secrets.INTERNAL_API_KEY}`, 'x-user-id': ownerId, 'x-forwarded-for': '192.0.2.9' };
    expectRefusal(id, await call(id, { as: nobody, headers: credentials }), 'UNAUTHORIZED');
  });

  test.each(webRoutes.filter(([, { errors }]) => errors.includes('AGENT_NOT_FOUND')))('%s shows another user nothing of it', async (id) => {
    const query = id === 'askAgent' ? `?action=sessions&agentId=${running}` : undefined;
    const body = id === 'createApiKey' ? { name: 'k', agentId: running } : undefined;
    expectRefusal(id, await call(id, { as: stranger, body, ...(query && { query }) }), 'AGENT_NOT_FOUND');
  });

  test('the second user changed nothing and sees none of it in any list', async () => {
    expect((await call('getAgent')).body.agent.status).toBe('active');
    expect((await call('listAgents', { as: stranger })).body.count).toBe(0);
    expect((await call('listProvisionedAgents', { as: stranger })).body.count).toBe(0);
    expect((await call('listChat', { as: stranger })).body.messages).toEqual([]);
    expect((await call('listLogStreams', { as: stranger })).body.streams).toEqual([]);
    expect((await call('listApiKeys', { as: stranger })).body.keys).toEqual([]);
    const { id } = (await call('createApiKey')).body;
    expect((await call('deleteApiKey', { as: stranger, agent: id })).status).toBe(404);
    expect((await call('deleteAgent', { as: stranger })).body).toEqual({ id: running, deleted: true });
    expect((await call('getAgent')).status).toBe(200);
  });

  test.each(webRoutes.filter(([, { method }]) => method !== 'GET'))(
    '%s refuses a request from another site, an agent’s own among them',
    async (id) => {
      const { host } = new URL(stack.gatewayUrl);
      const elsewhere: Record<string, string>[] = [
        { origin: 'https://evil.example' },
        { origin: `http://${running}.agents.${host}` },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ];
      for (const headers of elsewhere) expectRefusal(id, await call(id, { headers }), 'FORBIDDEN');
    },
  );

  test.each(webRoutes.filter(([, { body }]) => body))('%s answers malformed and oversized bodies as JSON', async (id) => {
    expectRefusal(id, await call(id, { body: '{"name":' }), 'INVALID_REQUEST', 'Malformed JSON in request body');
    expectRefusal(id, await call(id, { body: JSON.stringify({ name: 'x'.repeat(1_100_000) }) }), 'PAYLOAD_TOO_LARGE');
  });

  test('a compressed body is read; a broken one is 400, and an encoding that nobody knows 415', async () => {
    const send = async (encoding: string, body: Buffer<ArrayBuffer>) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const response = await owner.fetch('/api/keys', { method: 'POST', headers, body });
      return { status: response.status, body: await response.json() };
    };
    const text = JSON.stringify({ name: 'Compressed' });
    expect(await send('gzip', gzipSync(text))).toMatchObject({ status: 201, body: { name: 'Compressed' } });
    const broken = { status: 400, body: { error: 'Request body does not fit its Content-Encoding' } };
    expect(await send('gzip', Buffer.from('notgzip'))).toEqual(broken);
    const unknown = { error: 'Unsupported content encoding', code: 'UNSUPPORTED_MEDIA_TYPE' };
    expect(await send('nonsense', Buffer.from(text))).toEqual({ status: 415, body: unknown });
    expect(await send('gzip', gzipSync(JSON.stringify({ name: 'x'.repeat(1_100_000) })))).toMatchObject({ status: 413 });
  });
});

describe('rows of the error tables that are a route’s own', () => {
  const invalid: [RouteId, object | undefined, string, string?][] = [
    ['register', { email: 'x', password: canary('a long password ') }, 'A valid email is required'],
    ['requestPasswordReset', { email: 'x' }, 'A valid email is required'],
    ['resetPassword', { token: 'x', password: canary('a long password ') }, 'This link is no longer valid'],
    ['grantPlan', { plan: 'free' }, 'Invalid plan'],
    ['provisionAgent', {}, 'Agent name is required'],
    ['provisionWithChannels', { plan: 'solo' }, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    ['provisionWithChannels', { telegramToken: canary('1:'), aiProvider: 'minimax', plan: 'solo' }, 'Invalid aiProvider'],
    ['provisionWithChannels', { telegramToken: canary('1:') }, 'Invalid plan'],
    ['updateAgentConfig', { aiProvider: 'minimax' }, 'Invalid aiProvider'],
    ['verifyAgent', { verificationType: 'oauth' }, 'Invalid verificationType: use eas, coinbase, ens or webauthn'],
    ['verifyAgent', { verificationType: 'eas', verified: true }, 'Verification of type eas is not supported on this installation'],
    ['updateAgent', { image: '$(reboot)' }, 'Invalid Docker image name'],
    ['setBackupSchedule', { everyHours: 1.5 }, 'everyHours must be a whole number from 1 to 720'],
    ['sendMessage', { message: ' ' }, 'Message required'],
    ['linkWhatsApp', undefined, 'WhatsApp is not configured for this agent'],
    ['unlinkWhatsApp', undefined, 'WhatsApp is not configured for this agent'],
    ['tellAgent', { action: 'reboot' }, 'Invalid action'],
    ['createApiKey', { name: '' }, 'Key name is required'],
    ['cloneAgent', { name: 'x' }, 'Missing required fields: parentAgentId, name, or paymentProof'],
    [
      'createVerificationChallenge',
      { verificationType: 'ens', walletAddress: NO_WALLET, metadata: { ensName: 'x.eth' } },
      'Verification of type ens is not supported on this installation',
    ],
    ['startCheckout', undefined, 'Invalid plan', '?plan=free'],
    ['createWalletChallenge', { address: '0x1' }, 'Invalid wallet address'],
    ['linkWallet', { address: `0x${'2'.repeat(40)}`, signature: '0x12' }, 'There is no open challenge: request a challenge first'],
    ['unlinkWallet', undefined, 'Invalid wallet address'],
    ['listMessages', undefined, 'limit must be at most 100', '?limit=101'],
    ['listLogs', undefined, 'Invalid level', '?level=loud'],
    ['getAgentStatsHistory', undefined, 'range must be day or month', '?range=year'],
    ['listAgents', undefined, 'Invalid cursor', '?cursor=%20'],
    ['listProvisionedAgents', undefined, 'limit must be at least 1', '?limit=0'],
    ['askAgent', undefined, 'Invalid action', '?action=reboot'],
    ['listUsers', undefined, 'limit must be at least 1', '?limit=0'],
    ['listAllAgents', undefined, 'Invalid cursor', '?cursor=abc'],
    ['streamOverview', undefined, 'Invalid agentId', '?agentId=a%20b'],
    ['streamLogs', undefined, 'Invalid lastEventId', `?lastEventId=${'1'.repeat(101)}`],
    ['checkChannelToken', { channel: 'telegram', token: '1:bad' }, 'Telegram does not know this token'],
    ['listAudit', undefined, 'Invalid cursor', '?cursor=eA'],
    ['exportAudit', undefined, 'Invalid agentId', '?agentId=..'],
    ['listOperations', undefined, 'Invalid cursor', '?cursor=%20'],
  ];
  test.each(invalid)('%s %j: 400 %s', async (id, body, sentence, query = '') => {
    expectRefusal(id, await call(id, { body, ...(query && { query }) }), 'INVALID_REQUEST', sentence);
  });

  test('the audit log goes out as a file of JSON lines, and knows the browser', async () => {
    const response = await owner.fetch('/api/audit/export', { headers: { 'user-agent': 'A browser' } });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) expect(routes.exportAudit.web.response.parse(line)).toEqual(line);
    expect(lines.map(({ action }) => action)).toEqual(expect.arrayContaining(['register', 'provisionAgent', 'operation:provision']));
  });

  test('402, 404, 409 and their like', async () => {
    const { session: newcomer } = await WebSession.signUp(stack.webUrl, 'newcomer@example.com');
    expectRefusal('provisionAgent', await call('provisionAgent', { as: newcomer }), 'PAYMENT_REQUIRED');
    expectRefusal(
      'provisionWithChannels',
      await call('provisionWithChannels', { as: newcomer }),
      'PAYMENT_REQUIRED',
      'Active subscription required',
    );
    expectRefusal('cloneAgent', await call('cloneAgent'), 'PAYMENT_NOT_VERIFIED');
    for (const id of ['startCheckout', 'openBillingPortal'] as const) expectRefusal(id, await call(id), 'PAYMENTS_UNAVAILABLE');
    expectRefusal('grantPlan', await call('grantPlan', { as: newcomer, agent: ownerId }), 'FORBIDDEN');
    for (const id of ['listUsers', 'listAllAgents', 'getInstallationHealth'] as const) {
      expectRefusal(id, await call(id, { as: newcomer }), 'FORBIDDEN');
    }
    expectRefusal(
      'checkChannelToken',
      await call('checkChannelToken', { body: { channel: 'telegram', token: 'broken' } }),
      'CHANNEL_UNAVAILABLE',
      'Telegram is not available right now: try again in a moment',
    );
    expectRefusal('grantPlan', await call('grantPlan', { agent: 'nobody' }), 'USER_NOT_FOUND');
    expectRefusal(
      'register',
      await call('register', { body: { email: 'Owner@example.com', password: canary('a long password ') } }),
      'EMAIL_TAKEN',
    );
    expectRefusal(
      'sendMessage',
      await call('sendMessage', { body: { message: 'x', agentId: running, sessionId: 'none' } }),
      'SESSION_NOT_FOUND',
    );
    expectRefusal('askAgent', await call('askAgent', { query: `?action=session&sessionId=none&agentId=${running}` }), 'SESSION_NOT_FOUND');
    expectRefusal('streamReply', await call('streamReply'), 'MESSAGE_NOT_FOUND');
    for (const id of ['restoreBackup', 'downloadBackup', 'deleteBackup'] as const) {
      expectRefusal(id, await call(id, { operation: 'bk_none' }), 'BACKUP_NOT_FOUND');
    }
    const ended = (await call('listOperations')).body.operations[0].id;
    const tooLate = await call('cancelOperation', { operation: ended });
    expectRefusal('cancelOperation', tooLate, 'OPERATION_NOT_CANCELLABLE', 'The operation has ended already');
    for (const id of ['getOperation', 'streamOperation', 'cancelOperation'] as const)
      expectRefusal(id, await call(id), 'OPERATION_NOT_FOUND');
    for (let i = 0; i < 12; i++) await call('createApiKey', { as: newcomer });
    expectRefusal('createApiKey', await call('createApiKey', { as: newcomer }), 'API_KEY_LIMIT_REACHED');
    expectRefusal('deleteApiKey', await call('deleteApiKey', { agent: 'key_none' }), 'API_KEY_NOT_FOUND');
    expectRefusal('unlinkWallet', await call('unlinkWallet', { agent: NO_WALLET }), 'WALLET_NOT_FOUND');
    const wallet = privateKeyToAccount(generatePrivateKey());
    const link = async (as: WebSession) => {
      const { message } = (await call('createWalletChallenge', { as, body: { address: wallet.address } })).body;
      return call('linkWallet', { as, body: { address: wallet.address, signature: await wallet.signMessage({ message }) } });
    };
    expect((await link(owner)).status).toBe(201);
    expectRefusal('linkWallet', await link(newcomer), 'WALLET_TAKEN');
    expect((await call('unlinkWallet', { agent: wallet.address })).body).toEqual({ address: wallet.address, deleted: true });
    expectRefusal(
      'tellAgent',
      await call('tellAgent', { body: { message: 'x', agentId: running, sessionId: 'none' } }),
      'SESSION_NOT_FOUND',
    );
  });

  test('a plan that does not cover what is asked', async () => {
    const { session: small, id } = await WebSession.signUp(stack.webUrl, 'small@example.com');
    const agent = (await machine(id, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Mine' }) })).body.id;
    const larger = { as: small, agent, body: { config: { plan: 'network' } } };
    await owner.call('PUT', `/api/admin/users/${id}/plan`, { body: { plan: 'solo' } });
    const sentence = 'Your subscription does not cover network';
    expectRefusal('updateAgentConfig', await call('updateAgentConfig', larger), 'PAYMENT_REQUIRED', sentence);
    expectRefusal('provisionWithChannels', await call('provisionWithChannels', { as: small }), 'AGENT_LIMIT_REACHED');
    await machine(undefined, `/api/agents/${agent}`, { method: 'PUT', body: JSON.stringify({ plan: 'network' }) });
    expectRefusal('repairAgent', await call('repairAgent', { as: small, agent }), 'PAYMENT_REQUIRED', sentence);
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    await client.query(
      `INSERT INTO backups (id, agent_id, owner_id, cause, name, size_bytes, sha256) VALUES ('bk_small', $1, $2, 'manual', 'x.tar.gz', 1, 'x')`,
      [agent, id],
    );
    await client.end();
    const restored = await call('restoreBackup', { as: small, agent, operation: 'bk_small' });
    expectRefusal('restoreBackup', restored, 'PAYMENT_REQUIRED', sentence);
    await call('deleteAgent', { as: small, agent });
  });

  test('a subscription that has lapsed starts nothing', async () => {
    const { session: late, id } = await WebSession.signUp(stack.webUrl, 'late@example.com');
    const agent = (await machine(id, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Late' }) })).body.id;
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    await client.query(`INSERT INTO subscriptions (id, owner_id, plan, status) VALUES ('sub_late', $1, 'solo', 'canceled')`, [id]);
    await client.end();
    for (const each of ['startAgent', 'restartAgent', 'updateAgent'] as const) {
      expectRefusal(each, await call(each, { as: late, agent }), 'PAYMENT_REQUIRED', 'Active subscription required');
    }
  });

  /** Calls an operation while another one is being worked on. */
  async function whileBusy(busyWith: RouteId, ids: RouteId[]) {
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    const busy = call(busyWith);
    const open = `SELECT FROM operations WHERE finished_at IS NULL AND agent_id = $1`;
    while ((await client.query(open, [running])).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await client.end();
    const body = { action: 'set-credential', key: 'openai', value: canary('sk-other-'), agentId: running };
    // All at once: that operation may take only seconds.
    const refused = await Promise.all(ids.map(async (id) => [id, await call(id, id === 'tellAgent' ? { body } : {})] as const));
    for (const [id, answer] of refused) expectRefusal(id, answer, 'OPERATION_IN_PROGRESS');
    expect((await busy).body).toMatchObject({ success: true });
  }

  test('one operation at a time', async () => {
    const ids = webRoutes.filter(([, { errors }]) => errors.includes('OPERATION_IN_PROGRESS')).map(([id]) => id);
    await whileBusy(
      'restartAgent',
      ids.filter((id) => id !== 'restartAgent'),
    );
    await whileBusy('repairAgent', ['restartAgent']);
  }, 120_000);

  test('unknown addresses and methods are JSON', async () => {
    const unknown = await owner.call('GET', '/api/nope');
    expect([unknown.status, unknown.body]).toEqual([404, { error: 'Not found' }]);
    const method = await owner.call('DELETE', '/api/chat');
    expect([method.status, method.body]).toEqual([405, { error: 'Method not allowed' }]);
  });

  test('an Idempotency-Key goes through', async () => {
    const headers = { 'idempotency-key': 'web-1' };
    const [first, second] = [await call('createApiKey', { headers }), await call('createApiKey', { headers })];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('wrong passwords are throttled by the address that the server saw, not the one a browser claims', async () => {
    const guess = (i: number) => {
      const session = new WebSession(stack.webUrl);
      return session.call('GET', '/api/auth/csrf').then(({ body }) =>
        session.fetch('/api/auth/callback/credentials', {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': `192.0.2.${i}` },
          body: new URLSearchParams({ csrfToken: body.csrfToken, email: 'stranger@example.com', password: 'wrong', json: 'true' }),
        }),
      );
    };
    const urls: string[] = [];
    for (let i = 0; i < 22; i++) urls.push(((await (await guess(i)).json()) as { url: string }).url);
    expect(decodeURIComponent(urls.at(-1)?.replaceAll('+', ' ') ?? '')).toContain('Too many attempts');
  });
});

/** A client that says what it wants a byte a second. @returns after how many seconds the web has enough of it */
function drip(begin: string): Promise<number> {
  const from = Date.now();
  const socket = connect(Number(new URL(stack.webUrl).port), 'localhost').resume();
  socket.write(begin);
  const timer = setInterval(() => socket.write('a'), 1_000);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve((Date.now() - from) / 1_000);
    });
  });
}

test('nobody holds a connection by dripping bytes', async () => {
  const [head = 0, body = 0] = await Promise.all(dripping);
  // Node by itself would wait for a minute and for five.
  expect(head).toBeLessThan(55);
  expect(body).toBeLessThan(90);
});

test('a log streams through, and its view ends on the backend when the browser leaves', async () => {
  const leaving = new AbortController();
  const response = await owner.fetch(`/api/logs/${running}/stream`, { signal: leaving.signal });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = response.body?.getReader();
  const first = Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(first).toContain(`data: {"type":"connected","agentId":"${running}"}`);
  const clients = async () => (await call('listLogStreams')).body.streams[0]?.clients;
  expect(await clients()).toBe(1);
  leaving.abort();
  const until = Date.now() + 60_000;
  while ((await clients()) !== 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await clients()).toBe(0);
});

/** Has the agent write forty lines, and takes the time to the browser's stream. @returns the median */
async function timeLines(word: string): Promise<number | undefined> {
  const leaving = new AbortController();
  const response = await owner.fetch(`/api/logs/${running}/stream`, { signal: leaving.signal });
  const took: number[] = [];
  const reading = (async () => {
    const line = new RegExp(`\\{"type":"line","text":"${word} (\\d+)"\\}`, 'g');
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      // A frame may come in two pieces.
      const frames = (rest + Buffer.from(chunk)).split('\n\n');
      rest = frames.pop() ?? '';
      for (const [, at] of frames.join('\n').matchAll(line)) took.push(Date.now() - Number(at));
    }
  })().catch(() => undefined);
  const say = "const out = require('fs').openSync('/proc/1/fd/1', 'w'); let i = 0;";
  const script = `${say} setInterval(() => { require('fs').writeSync(out, '${word} ' + Date.now() + '\\n'); if (++i === 40) process.exit(); }, 30)`;
  const exec = await stack.docker.getContainer(`openclaw-${running}`).exec({ Cmd: ['node', '-e', script], User: '1000' });
  (await exec.start({})).resume();
  for (const end = Date.now() + 30_000; took.length < 40 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
  leaving.abort();
  await reading;
  // The gateway writes to the same pipe, and a long line of its own may take one of these in its middle.
  expect(took.length).toBeGreaterThan(37);
  return took.sort((a, b) => a - b)[20];
}

test('a line of the agent is in the browser’s stream within 200 ms (median)', async () => {
  // Others use this machine as well: the best of three runs is our own.
  const medians: number[] = [];
  for (const word of ['one', 'two', 'three']) medians.push((await timeLines(word)) as number);
  expect(Math.min(...medians)).toBeLessThan(200);
});

test('a request has one id in the web’s log, in the backend’s, and in its job’s', async () => {
  const id = 'request-of-a-browser-1';
  const answer = await call('restartAgent', { headers: { 'x-request-id': id } });
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, id]);
  const written = () => stack.output.filter((line) => line.includes(id)).join('\n');
  // What the processes write may come after the answer.
  for (const end = Date.now() + 10_000; !written().includes('request completed') && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const lines = written();
  expect(lines).toMatch(/"operation":"restartAgent".*request answered/);
  expect(lines).toMatch(/"url":"\/api\/agents\/[^"]+\/restart".*request completed/);
  expect(lines).toMatch(/"kind":"restart".*an operation has ended/);
  expect((await call('getMe')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a reply streams through word by word, to its owner alone', async () => {
  model.setBehaviour({ wordDelayMs: 60 });
  const { id, reply } = (await call('sendMessage', { body: { message: 'one two three four five six', agentId: running, wait: false } }))
    .body;
  expect(reply).toBe('Agent is processing your request...');
  expectRefusal('streamReply', await call('streamReply', { as: stranger, agent: id }), 'MESSAGE_NOT_FOUND');
  const response = await owner.fetch(`/api/chat/${id}/stream`);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let chunks = 0;
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks++;
    text += Buffer.from(chunk).toString();
  }
  model.setBehaviour({ wordDelayMs: 0 });
  const frames = [...text.matchAll(/event: reply\ndata: (.*)\n\n/g)].map(([, data = '']) => JSON.parse(data));
  expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: 'You said: one two three four five six', sender: 'agent' } });
  expect(chunks).toBeGreaterThan(3);
});

test('a backup goes through as a file, and back into the agent', async () => {
  const file = await owner.fetch(`/api/agents/${running}/backups/${backup}/download`);
  expect([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([
    200,
    'application/gzip',
    expect.stringMatching(new RegExp(`^attachment; filename="${running}_[\\dTZ-]+\\.tar\\.gz"$`)),
  ]);
  expect(gunzipSync(await file.bytes()).includes('openclaw.json')).toBe(true);
  expect((await call('restoreBackup')).body).toEqual({ success: true, status: 'active', message: 'Backup restored successfully' });
  const { id } = (await call('createBackup')).body.backup;
  expect((await call('deleteBackup', { operation: id })).body).toEqual({ id, deleted: true });
}, 120_000);

test('an operation streams through stage by stage, to its owner alone', async () => {
  const restarting = call('restartAgent');
  let operation: { id: string; state: string } | undefined;
  while (!operation) {
    const { operations } = (await call('listOperations')).body;
    operation = operations.find(({ finishedAt }: { finishedAt: string | null }) => !finishedAt);
  }
  const { id } = operation;
  expectRefusal('streamOperation', await call('streamOperation', { as: stranger, operation: id }), 'AGENT_NOT_FOUND');
  const response = await owner.fetch(`/api/agents/${running}/operations/${id}/stream`);
  const frames = [...(await response.text()).matchAll(/event: operation\ndata: (.*)\n\n/g)].map(([, data = '']) => JSON.parse(data));
  expect((await restarting).status).toBe(200);
  // How many depends on how far it was.
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.at(-1)).toMatchObject({ id, kind: 'restart', state: 'succeeded' });
  expect((await call('getOperation', { operation: id })).body).toEqual({ operation: frames.at(-1), status: 'ok' });
});

describe('when something behind it is missing', () => {
  const restart = async (changed: NodeJS.ProcessEnv) => {
    await stack.killBackend();
    await stack.startBackend(changed);
  };
  const having = (code: ErrorCode) => webRoutes.filter(([, { errors }]) => errors.includes(code)).map(([id]) => id);
  const lifecycle = webRoutes.filter(([, { web }]) => web?.errorShape === 'lifecycle').map(([id]) => id);

  test('the engine fails at what it is asked', async () => {
    await restart({ DOCKER_HOST: engine.dockerHost, BACKUP_DIR: '/dev/null/backups' });
    const container = stack.docker.getContainer(`openclaw-${running}`);
    const signal = async (name: string) => {
      const exec = await container.exec({ Cmd: ['sh', '-c', `kill -${name} -1`], AttachStdout: true, Tty: true });
      await (await exec.start({ Tty: true })).toArray();
    };
    // All its processes stop; a container that is halted as a whole would be let go on.
    await signal('STOP');
    const query = `?action=skills&agentId=${running}`;
    const silent = /^The agent's gateway (cannot be reached|did not answer)$/;
    expectRefusal('askAgent', await call('askAgent', { query }), 'OPERATION_FAILED', silent);
    await signal('CONT');
    for (const id of ['createBackup', 'restoreBackup', 'downloadBackup'] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', /^(The backup cannot be read|An unexpected error stopped the backup)$/);
    }
    for (const id of ['restartAgent', 'stopAgent', 'resetAgentMemory', 'updateAgent', 'repairAgent', 'startAgent'] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', /./);
    }
    expectRefusal('provisionAgent', await call('provisionAgent'), 'OPERATION_FAILED', 'Failed to provision agent');
    expectRefusal('sendMessage', await call('sendMessage'), 'OPERATION_FAILED', 'The agent is not running (error)');
    expectRefusal('tellAgent', await call('tellAgent'), 'OPERATION_FAILED', 'The agent is not running (error)');
    await call('updateAgentConfig', { body: { whatsappToken: 'any' } });
    for (const id of ['linkWhatsApp', 'unlinkWhatsApp'] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', 'The agent has no running gateway');
    }
  }, 240_000);

  test('what takes longer than one waits for goes on, and says so', async () => {
    await restart({ DOCKER_HOST: engine.dockerHost, BACKUP_DIR: '/dev/null/backups', OPERATION_WAIT_SECONDS: '1' });
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    const open = `SELECT FROM operations WHERE finished_at IS NULL AND agent_id = $1`;
    try {
      for (const id of having('OPERATION_STILL_RUNNING')) {
        // No stage can be noted, so none begins.
        await client.query('BEGIN; LOCK TABLE operation_steps IN SHARE ROW EXCLUSIVE MODE');
        try {
          expectRefusal(id, await call(id), 'OPERATION_STILL_RUNNING');
        } finally {
          await client.query('COMMIT');
        }
        while ((await client.query(open, [running])).rowCount) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      await client.end();
    }
  }, 240_000);

  test('no Docker: 500 with the sentence on whatever needs it', async () => {
    await restart({ DOCKER_HOST: 'unix:///nonexistent.sock' });
    for (const id of having('DOCKER_UNAVAILABLE')) expectRefusal(id, await call(id), 'DOCKER_UNAVAILABLE');
    expect((await call('getHealth')).body.docker).toBe('unavailable');
    expect((await call('getAgentStats')).body.stats).toMatchObject({ cpu: 'N/A', memory: 'N/A' });
  }, 120_000);

  test('the kill switch: 503, for new agents only', async () => {
    await restart({ PROVISIONING_ENABLED: 'false', SMTP_URL: '' });
    expectRefusal('requestPasswordReset', await call('requestPasswordReset'), 'MAIL_UNAVAILABLE');
    const fresh = (await machine(ownerId, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Fresh' }) })).body.id;
    for (const id of having('PROVISIONING_DISABLED')) {
      const its = lifecycle.includes(id) ? { agent: fresh } : {};
      expectRefusal(id, await call(id, its), 'PROVISIONING_DISABLED');
    }
    await call('deleteAgent', { agent: fresh });
    expect((await call('getHealth')).body.provisioning).toBe('disabled');
    expect((await call('startAgent')).body).toEqual({ success: true, status: 'active' });
  }, 120_000);

  test('too many tries at a password or an account: 429', async () => {
    await restart({ SIGN_IN_RATE_LIMIT: '1', SMTP_URL: 'smtp://127.0.0.1:1' });
    for (const id of having('RATE_LIMITED')) {
      for (let i = 0; i < 3; i++) await call(id, { as: nobody });
      expectRefusal(id, await call(id, { as: nobody }), 'RATE_LIMITED', /^Too many/);
    }
  }, 120_000);

  test('no tables: 500 with each route’s sentence, and nothing of the inside', async () => {
    await restart({ STRIPE_SECRET_KEY: canary('sk_test_1-'), STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_PRICE_SOLO: 'price_1' });
    const noneYet = 'This account has no subscription yet';
    expectRefusal('openBillingPortal', await call('openBillingPortal'), 'PAYMENT_REQUIRED', noneYet);
    const tables = [
      'agents',
      'users',
      'sessions',
      'messages',
      'replies',
      'api_keys',
      'operations',
      'password_resets',
      'challenges',
      'wallets',
      'log_views',
    ];
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    for (const table of tables) await client.query(`ALTER TABLE ${table} RENAME TO lost_${table}`);
    for (const [id, { failure }] of webRoutes) {
      if (['getHealth', 'getSignInOptions', 'getCloneService'].includes(id)) continue;
      const answer = await call(id);
      expectRefusal(id, answer, 'INTERNAL', failure);
      expect(JSON.stringify(answer.body)).not.toMatch(/prisma|postgres|lost_/i);
    }
    for (const table of tables) await client.query(`ALTER TABLE lost_${table} RENAME TO ${table}`);
    await client.end();
  }, 120_000);

  test('no backend: 502 in each route’s shape, the last figures seen, and no hang', async () => {
    const before = (await call('getAgentStats')).body.stats;
    await stack.killBackend();
    const from = Date.now();
    for (const [id] of webRoutes) {
      if (id === 'getAgentStats') continue;
      expectRefusal(id, await call(id), 'BACKEND_UNAVAILABLE');
    }
    expect(Date.now() - from).toBeLessThan(30_000);
    expect(lifecycle.length).toBe(6);
    const { uptime, messagesProcessed, messagesPerHour, averageResponseTime, successRate, errorRate } = before;
    expect((await call('getAgentStats')).body).toEqual({
      stats: { agentId: running, uptime, messagesProcessed, messagesPerHour, averageResponseTime, successRate, errorRate, timestamp: iso },
      status: 'mock',
    });
    expect((await call('getAgentStats', { agent: 'agent_other' })).body.stats).toMatchObject({ uptime: null, timestamp: null });
    await stack.startBackend();
    expect((await call('getAgent')).status).toBe(200);
  }, 120_000);
});

test('every row of every route’s error table was seen above', () => {
  const rows = webRoutes.flatMap(([id, { errors }]) => errors.map((code) => `${id} ${code}`));
  expect(rows.filter((row) => !seen.has(row))).toEqual([]);
});
