import { gzipSync } from 'node:zlib';
import { maxBodyBytes, type RouteId, routes } from '@agentbot/contracts';
import { expectedAnswer } from '@agentbot/contracts/test/expected-answers';
import { createAuthenticator } from '@agentbot/test-doubles/authenticator';
import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import {
  anonymous,
  call,
  callBackend,
  expectAllRowsSeen,
  expectRefusal,
  isoTime,
  model,
  NO_WALLET,
  owner,
  ownerId,
  running,
  stack,
  startWebApi,
  stopWebApi,
  stranger,
  webRoutes,
  withDatabase,
} from './web-api.ts';
import { WebSession } from './web-session.ts';

/** The web's side of the contract: each operation's response to its owner, its refusals, and nothing for another user. */

beforeAll(startWebApi);
afterAll(stopWebApi);

describe('the web differs from the backend:', () => {
  test('listAgents wraps the list and says running, the backend says active', async () => {
    const flat = (await callBackend(ownerId, '/api/agents')).body;
    expect(flat).toEqual([
      { id: running, status: 'active', created: isoTime, subdomain: `${running}.agents.localhost`, url: expect.any(String) },
    ]);
    expect((await call('listAgents')).body).toEqual({
      agents: [
        {
          id: running,
          name: 'My Agent',
          model: 'custom',
          status: 'running',
          websocketUrl: `${stack.gatewayUrl.replace('http', 'ws')}/agent/${running}`,
          createdAt: isoTime,
          updatedAt: isoTime,
        },
      ],
      count: 1,
      status: 'ok',
    });
    expect((await call('listAgents', { as: anonymous })).body).toEqual({ agents: [], count: 0, status: 'ok' });
    expect(await (await fetch(`${stack.backendUrl}/api/agents`)).json()).toEqual([]);
  });

  test('getAgent wraps the backend’s agent unchanged', async () => {
    const flat = (await callBackend(ownerId, `/api/agents/${running}`)).body;
    expect((await call('getAgent')).body).toEqual({ agent: flat, status: 'ok' });
    expect(flat.status).toBe('active');
  });

  test('provisionAgent over the limit is 429 on the web, 402 on the backend', async () => {
    await owner.call('PUT', `/api/admin/users/${(await stranger.call('GET', '/api/me')).body.id}/plan`, { body: { plan: 'solo' } });
    const kept = await call('provisionAgent', { as: stranger });
    const full = await call('provisionAgent', { as: stranger });
    expectRefusal('provisionAgent', full, 'AGENT_LIMIT_REACHED');
    expect([full.status, full.body]).toEqual([
      429,
      { error: 'Agent limit reached for your plan', code: 'AGENT_LIMIT_REACHED', current: 1, limit: 1 },
    ]);
    const strangerId = (await stranger.call('GET', '/api/me')).body.id;
    const flat = await callBackend(strangerId, '/api/agents', {
      method: 'POST',
      body: JSON.stringify({ name: 'x', config: { plan: 'label' } }),
    });
    expect([flat.status, flat.body.code]).toEqual([402, 'AGENT_LIMIT_REACHED']);
    // An agent that is still provisioning cannot be deleted.
    const remove = () => call('deleteAgent', { as: stranger, agent: kept.body.agent.id });
    await pollUntil('the agent can be deleted', async () => (await remove()).status !== 409, { everyMs: 500 });
  });

  test('a lifecycle operation on a foreign agent is 403, a data operation 404', async () => {
    expect((await call('stopAgent', { as: stranger })).status).toBe(403);
    expect((await call('getAgent', { as: stranger })).status).toBe(404);
  });

  test('a lifecycle error has success, status, error and code', async () => {
    expect((await call('stopAgent', { as: stranger })).body).toEqual({
      success: false,
      status: 'error',
      error: 'Forbidden',
      code: 'AGENT_NOT_FOUND',
    });
  });

  test('getVerification is /verify on the web, /verification on the backend', async () => {
    expect((await call('getVerification')).body).toEqual((await callBackend(ownerId, `/api/agents/${running}/verification`)).body);
    expect((await callBackend(ownerId, `/api/agents/${running}/verify`)).status).toBe(404);
    expect((await owner.call('GET', `/api/agents/${running}/verification`)).status).toBe(404);
  });

  test('provisionWithChannels answers with six fields', async () => {
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

describe('every operation:', () => {
  /** Operations that end or replace the agent, or that need a state of their own: other tests call them. */
  const testedElsewhere: RouteId[] = [
    'deleteAgent',
    'resetPassword',
    'register',
    'streamLogs',
    'streamReply',
    'cancelReply',
    'streamOverview',
    'getOperation',
    'streamOperation',
    'cancelOperation',
    'restoreBackup',
    'downloadBackup',
    'deleteBackup',
    // The chat in the browser shows images.
    'readMessageImage',
    'renameConversation',
    'deleteConversation',
    // The file exists after the agent's first reply.
    'getAgentFile',
    'getAgentFileVersion',
    'linkWhatsApp',
    'unlinkWhatsApp',
    'deleteApiKey',
    'deleteProviderKey',
    'deleteInstallationKey',
    'listAgentModels',
    'exportAudit',
    'exportAllAudit',
    'exportUsage',
    // The account page in the browser shows these.
    'exportAccount',
    'deleteAccount',
    'endAccountSession',
    'addAccountPasskey',
    'renameAccountPasskey',
    'removeAccountPasskey',
    // The administration in the browser shows these.
    'grantPlanRequest',
    'refusePlanRequest',
    'createUser',
    'withdrawPlan',
    'setUserRole',
    'setUserBlocked',
    'deleteUser',
    'createResetLink',
    'testSetup',
    // They need a swarm.
    'setNodeAvailability',
    'moveAgent',
    'cloneAgent',
    'linkWallet',
    'unlinkWallet',
    'startCheckout',
    'openBillingPortal',
    'verifyAgent',
    'provisionAgent',
    'grantPlan',
  ];

  test.each(webRoutes.filter(([id]) => !testedElsewhere.includes(id)))(
    '%s answers its owner in the web’s shape',
    async (id, { status, web }) => {
      const answer = await call(id);
      expect([answer.status, answer.body.error]).toEqual([status, undefined]);
      expect(web?.response.parse(answer.body)).toEqual(answer.body);
      expect(answer.headers.get('cache-control')).toContain('no-store');
      if (id === 'provisionWithChannels') await call('deleteAgent', { agent: answer.body.userId });
    },
  );

  test.each(webRoutes.filter(([, { auth }]) => auth === 'caller' || auth === 'admin'))('%s without a session is 401', async (id) => {
    expectRefusal(id, await call(id, { as: anonymous }), 'UNAUTHORIZED');
    const credentials = { authorization: `Bearer ${stack.secrets.INTERNAL_API_KEY}`, 'x-user-id': ownerId, 'x-forwarded-for': '192.0.2.9' };
    expectRefusal(id, await call(id, { as: anonymous, headers: credentials }), 'UNAUTHORIZED');
  });

  test.each(webRoutes.filter(([, { auth, errors }]) => auth !== 'admin' && errors.includes('AGENT_NOT_FOUND')))(
    '%s on a foreign agent is refused',
    async (id) => {
      const query = id === 'askAgent' ? `?action=sessions&agentId=${running}` : undefined;
      const body = id === 'createApiKey' ? { name: 'k', agentId: running } : undefined;
      expectRefusal(id, await call(id, { as: stranger, body, ...(query && { query }) }), 'AGENT_NOT_FOUND');
    },
  );

  test('another user has changed nothing, and sees nothing in any list', async () => {
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
    '%s refuses requests from other sites, including agents’ subdomains',
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

  test.each(webRoutes.filter(([, { body }]) => body))('%s refuses malformed and oversized bodies with JSON', async (id) => {
    expectRefusal(id, await call(id, { body: '{"name":' }), 'INVALID_REQUEST', 'Malformed JSON in request body');
    const oversized = JSON.stringify({ name: 'x'.repeat(maxBodyBytes(id) + 100_000) });
    expectRefusal(id, await call(id, { body: oversized }), 'PAYLOAD_TOO_LARGE');
  });

  test('a compressed body is accepted; a corrupt one is 400, an unknown encoding 415', async () => {
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

/** Provokes what the dashboard's API answers to a passkey that it does not take. */
async function refusePasskeys(newcomer: WebSession): Promise<void> {
  const password = { password: canary('correct horse battery ') };
  const options = async (as: WebSession) => (await call('challengeAccountPasskey', { as, body: password })).body.options;
  const addTo = async (as: WebSession, passkey: ReturnType<typeof createAuthenticator>) =>
    call('addAccountPasskey', { as, body: { name: 'Laptop', credential: passkey.create(await options(as)) } });
  expectRefusal(
    'challengeAccountPasskey',
    await call('challengeAccountPasskey', { as: newcomer, body: { password: 'x' } }),
    'WRONG_PASSWORD',
  );
  expectRefusal('addAccountPasskey', await call('addAccountPasskey', { as: newcomer }), 'CHALLENGE_EXPIRED');
  const passkey = createAuthenticator(stack.webUrl);
  expect((await addTo(newcomer, passkey)).status).toBe(201);
  expectRefusal('addAccountPasskey', await addTo(owner, passkey), 'PASSKEY_TAKEN');
  for (let count = 2; count <= 9; count++) await addTo(newcomer, createAuthenticator(stack.webUrl));
  const last = createAuthenticator(stack.webUrl).create(await options(newcomer));
  const another = newcomer.copy();
  await another.signIn('newcomer@example.com', password.password);
  await addTo(another, createAuthenticator(stack.webUrl));
  const full = await call('addAccountPasskey', { as: newcomer, body: { name: 'Laptop', credential: last } });
  expectRefusal('addAccountPasskey', full, 'PASSKEY_LIMIT_REACHED');
  expectRefusal(
    'challengeAccountPasskey',
    await call('challengeAccountPasskey', { as: newcomer, body: password }),
    'PASSKEY_LIMIT_REACHED',
  );
}

describe('error tables:', () => {
  const invalid: [RouteId, object | undefined, string, string?][] = [
    ['register', { email: 'x', password: canary('a long password ') }, 'A valid email is required'],
    ['requestPasswordReset', { email: 'x' }, 'A valid email is required'],
    ['resetPassword', { token: 'x', password: canary('a long password ') }, 'This link is no longer valid'],
    ['grantPlan', { plan: 'free' }, 'Invalid plan'],
    ['updateAccount', { name: '' }, 'Name must not be empty'],
    ['requestPlan', { plan: 'free' }, 'Invalid plan'],
    ['deleteAccount', {}, 'Type the password of the account to delete it'],
    ['challengeAccountPasskey', {}, 'Type the password of the account to add a passkey'],
    ['addAccountPasskey', { name: 'Laptop' }, 'Invalid credential'],
    ['renameAccountPasskey', { name: '' }, 'A name is required'],
    ['provisionAgent', {}, 'Agent name is required'],
    ['provisionWithChannels', { plan: 'solo' }, 'At least one channel token required (Telegram, WhatsApp, or Discord)'],
    ['provisionWithChannels', { telegramToken: canary('1:'), aiProvider: 'minimax', plan: 'solo' }, 'Invalid aiProvider'],
    ['provisionWithChannels', { telegramToken: canary('1:') }, 'Invalid plan'],
    ['updateAgentConfig', { aiProvider: 'minimax' }, 'Invalid aiProvider'],
    ['updateAgentMetadata', { name: ' ' }, 'Agent name is required'],
    ['verifyAgent', { verificationType: 'oauth' }, 'Invalid verificationType: use eas, coinbase, ens or webauthn'],
    ['verifyAgent', { verificationType: 'eas', verified: true }, 'Verification of type eas is not supported on this installation'],
    ['updateAgent', { image: '$(reboot)' }, 'Invalid Docker image name'],
    ['setBackupSchedule', { everyHours: 1.5 }, 'everyHours must be a whole number from 1 to 720'],
    ['getAgentUsage', undefined, 'days must be a whole number', '?days=many'],
    ['getAccountUsage', undefined, 'days must be at most 366', '?days=367'],
    ['exportUsage', undefined, 'Invalid agentId', '?agentId=..'],
    ['testNewModel', { model: 'custom', config: {} }, 'The model custom needs config.baseUrl and config.model'],
    ['setAgentBudget', { dailyUsd: '5' }, 'dailyUsd must be a number of dollars from 0 to 1000000'],
    ['setAccountBudget', { monthlyUsd: 1e7 }, 'monthlyUsd must be a number of dollars from 0 to 1000000'],
    ['sendMessage', { message: ' ' }, 'Message required'],
    ['linkWhatsApp', undefined, 'WhatsApp is not configured for this agent'],
    ['unlinkWhatsApp', undefined, 'WhatsApp is not configured for this agent'],
    ['tellAgent', { action: 'reboot' }, 'Invalid action'],
    ['createApiKey', { name: '' }, 'Key name is required'],
    ['saveProviderKey', { apiKey: ' ' }, 'Tokens and keys are printable characters without spaces'],
    ['saveInstallationKey', {}, 'apiKey is required'],
    ['listModels', undefined, 'Invalid provider: use openrouter, gemini, groq, anthropic, openai', '?provider=custom'],
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
    ['listConversations', undefined, 'offset must be at least 0', '?offset=-1'],
    ['renameConversation', { title: '' }, 'title must have a visible character'],
    ['listLogs', undefined, 'Invalid level', '?level=loud'],
    ['getAgentStatsHistory', undefined, 'range must be day or month', '?range=year'],
    ['listAgents', undefined, 'Invalid cursor', '?cursor=%20'],
    ['listProvisionedAgents', undefined, 'limit must be at least 1', '?limit=0'],
    ['askAgent', undefined, 'Invalid action', '?action=reboot'],
    ['listUsers', undefined, 'limit must be at least 1', '?limit=0'],
    ['listAllAgents', undefined, 'Invalid cursor', '?cursor=abc'],
    ['listAllAudit', undefined, 'Invalid account: use an id or an email', '?account=a.b'],
    ['exportAllAudit', undefined, 'Invalid outcome: use done, repeated, refused, failed, cancelled or unknown', '?outcome=bad'],
    ['listTopSpenders', undefined, 'days must be at least 1', '?days=0'],
    ['streamOverview', undefined, 'Invalid agentId', '?agentId=a%20b'],
    ['streamLogs', undefined, 'Invalid lastEventId', `?lastEventId=${'1'.repeat(101)}`],
    ['checkChannelToken', { channel: 'telegram', token: '1:bad' }, 'Telegram does not know this token'],
    ['listAudit', undefined, 'Invalid cursor', '?cursor=eA'],
    ['listAudit', undefined, 'Invalid actor: use session, apiKey, internal, web or platform', '?actor=me'],
    ['exportAudit', undefined, 'Invalid agentId', '?agentId=..'],
    ['exportAudit', undefined, 'Invalid format: use ndjson or csv', '?format=pdf'],
    ['listOperations', undefined, 'Invalid cursor', '?cursor=%20'],
  ];
  test.each(invalid)('%s with %j is 400 %s', async (id, body, sentence, query = '') => {
    const { sentences, documented } = expectedAnswer(routes[id], 'web', 'INVALID_REQUEST');
    if (documented) expect(sentences).toContain(sentence);
    expectRefusal(id, await call(id, { body, ...(query && { query }) }), 'INVALID_REQUEST', sentence);
  });

  test('exportAudit downloads the audit log as JSON lines', async () => {
    const response = await owner.fetch('/api/audit/export', { headers: { 'user-agent': 'A browser' } });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) expect(routes.exportAudit.web.response.parse(line)).toEqual(line);
    expect(lines.map(({ action }) => action)).toEqual(expect.arrayContaining(['register', 'provisionAgent', 'operation:provision']));
  });

  test('exportUsage downloads the calls as CSV', async () => {
    const response = await owner.fetch(`/api/usage/export?days=1&agentId=${running}`);
    const today = new Date().toISOString().slice(0, 10);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="usage-${running}-${today}-to-${today}.csv"`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(await response.text()).toMatch(/^date,agent_id,agent,provider,model,[a-z_,]+\r\n/);
  });

  test('payments, missing resources and conflicts are refused with their codes', async () => {
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
    expectRefusal('endAccountSession', await call('endAccountSession', { agent: 'a.b' }), 'INVALID_REQUEST', 'Invalid session');
    expectRefusal('endAccountSession', await call('endAccountSession'), 'SESSION_NOT_FOUND');
    expectRefusal('removeAccountPasskey', await call('removeAccountPasskey', { agent: 'a.b' }), 'INVALID_REQUEST', 'Invalid passkey');
    for (const id of ['renameAccountPasskey', 'removeAccountPasskey'] as const)
      expectRefusal(id, await call(id, { agent: 'passkey_none' }), 'PASSKEY_NOT_FOUND');
    await refusePasskeys(newcomer);
    const wrong = { password: canary('a new password '), currentPassword: 'wrong' };
    expectRefusal('updateAccount', await call('updateAccount', { as: newcomer, body: wrong }), 'WRONG_PASSWORD');
    expectRefusal('deleteAccount', await call('deleteAccount', { as: newcomer }), 'WRONG_PASSWORD');
    const ownPassword = { password: canary('correct horse battery ') };
    expectRefusal('deleteAccount', await call('deleteAccount', { body: ownPassword }), 'LAST_ADMINISTRATOR');
    const { id: newcomerId } = (await call('getMe', { as: newcomer })).body;
    const bill = (status: string) =>
      withDatabase((client) =>
        client.query(
          `INSERT INTO subscriptions (id, owner_id, plan, status) VALUES ('sub_newcomer', $1, 'solo', $2)
           ON CONFLICT (id) DO UPDATE SET status = $2`,
          [newcomerId, status],
        ),
      );
    await bill('active');
    expectRefusal('deleteAccount', await call('deleteAccount', { as: newcomer, body: ownPassword }), 'SUBSCRIPTION_ACTIVE');
    expectRefusal('deleteUser', await call('deleteUser', { agent: newcomerId }), 'SUBSCRIPTION_ACTIVE');
    await bill('canceled');
    expectRefusal('createUser', await call('createUser', { body: { email: 'x' } }), 'INVALID_REQUEST', 'A valid email is required');
    expectRefusal('createUser', await call('createUser', { body: { email: 'owner@example.com' } }), 'EMAIL_TAKEN');
    expectRefusal('createUser', await call('createUser', { as: newcomer }), 'FORBIDDEN');
    for (const id of ['withdrawPlan', 'setUserRole', 'setUserBlocked', 'deleteUser', 'createResetLink'] as const) {
      expectRefusal(id, await call(id, { agent: 'a.b' }), 'INVALID_REQUEST', 'Invalid user id');
      expectRefusal(id, await call(id, { agent: 'nobody' }), 'USER_NOT_FOUND');
      expectRefusal(id, await call(id, { agent: ownerId, as: newcomer }), 'FORBIDDEN');
    }
    expectRefusal('setUserRole', await call('setUserRole', { agent: ownerId }), 'LAST_ADMINISTRATOR');
    const oneMachine = 'This installation runs on one machine: CONTAINER_HOST is docker';
    for (const id of ['setNodeAvailability', 'moveAgent'] as const) expectRefusal(id, await call(id), 'NODE_NOT_FOUND', oneMachine);
    expectRefusal('moveAgent', await call('moveAgent', { agent: 'agent_000000000000' }), 'AGENT_NOT_FOUND');
    const parts = 'Invalid part: use mail, backups or domain';
    expectRefusal('testSetup', await call('testSetup', { agent: 'docker' }), 'INVALID_REQUEST', parts);
    const asked = (await call('requestPlan', { as: newcomer })).body.request.id;
    expectRefusal('requestPlan', await call('requestPlan', { as: newcomer }), 'PLAN_REQUEST_OPEN');
    for (const id of ['refusePlanRequest', 'grantPlanRequest'] as const) {
      expectRefusal(id, await call(id, { agent: asked, as: newcomer }), 'FORBIDDEN');
      expectRefusal(id, await call(id, { agent: 'a.b' }), 'INVALID_REQUEST', 'Invalid request id');
      expectRefusal(id, await call(id, { agent: 'preq_none' }), 'PLAN_REQUEST_NOT_FOUND');
      await call(id, { agent: asked });
      expectRefusal(id, await call(id, { agent: asked }), 'PLAN_REQUEST_CLOSED');
    }
    for (const id of [
      'listPlanRequests',
      'testSetup',
      'listUsers',
      'listAllAgents',
      'listAllAudit',
      'exportAllAudit',
      'listTopSpenders',
      'listNodes',
      'setNodeAvailability',
      'moveAgent',
      'getInstallationHealth',
      'listInstallationKeys',
      'saveInstallationKey',
      'deleteInstallationKey',
    ] as const) {
      expectRefusal(id, await call(id, { as: newcomer }), 'FORBIDDEN');
    }
    expectRefusal(
      'checkChannelToken',
      await call('checkChannelToken', { body: { channel: 'telegram', token: '1:broken' } }),
      'CHANNEL_UNAVAILABLE',
      'Telegram is not available right now: try again in a moment',
    );
    await call('saveProviderKey');
    model.setBehaviour({ listFailure: 503 });
    for (const [id, name] of [
      ['listModels', 'OpenAI'],
      ['listAgentModels', 'The endpoint'],
    ] as const) {
      const query = id === 'listModels' ? { query: '?provider=openai' } : {};
      expectRefusal(id, await call(id, query), 'MODELS_UNAVAILABLE', `${name} lists no models: status 503`);
    }
    model.setBehaviour({ listFailure: 401 });
    expectRefusal(
      'listAgentModels',
      await call('listAgentModels'),
      'INVALID_REQUEST',
      'The endpoint refused the key (401), so it lists no models',
    );
    model.setBehaviour({ listFailure: undefined });
    expect((await call('listAgentModels')).body).toMatchObject({ provider: 'custom', models: [{ id: 'gpt-4o-mini' }, {}, {}] });
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
    for (const id of ['streamReply', 'cancelReply'] as const) expectRefusal(id, await call(id), 'MESSAGE_NOT_FOUND');
    expectRefusal('readMessageImage', await call('readMessageImage'), 'IMAGE_NOT_FOUND');
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
    expectRefusal('deleteProviderKey', await call('deleteProviderKey', { as: newcomer }), 'PROVIDER_KEY_NOT_FOUND');
    expectRefusal('deleteInstallationKey', await call('deleteInstallationKey', { agent: 'groq' }), 'PROVIDER_KEY_NOT_FOUND');
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

  test('files: names, sizes and preconditions reach the backend, and the ETag comes back', async () => {
    const first = await call('updateAgentFile', { body: { content: 'one' } });
    const { content: _content, ...read } = (await call('getAgentFile')).body.file;
    expect(first.body).toEqual({ file: read, status: 'updated' });
    // `printf one | sha256sum`
    const hash = '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed';
    expect([read.sha256, first.headers.get('etag'), (await call('getAgentFile')).headers.get('etag')]).toEqual([
      hash,
      `"${hash}"`,
      `"${hash}"`,
    ]);
    const write = (content: string, headers: Record<string, string>) => call('updateAgentFile', { body: { content }, headers });
    expect((await write('two', { 'if-match': `"${hash}"` })).status).toBe(200);
    expectRefusal('updateAgentFile', await write('three', { 'if-match': `"${hash}"` }), 'FILE_CHANGED');
    expectRefusal('updateAgentFile', await write('three', { 'if-none-match': '*' }), 'FILE_CHANGED');
    const [version] = (await call('listAgentFileVersions')).body.versions;
    expect((await call('getAgentFileVersion', { version: version.id })).body).toEqual({
      version: { ...version, content: 'one' },
      status: 'ok',
    });
    expect(version.sha256).toBe(hash);

    expectRefusal('getAgentFileVersion', await call('getAgentFileVersion'), 'FILE_VERSION_NOT_FOUND');
    for (const id of ['getAgentFile', 'updateAgentFile'] as const) {
      expectRefusal(id, await call(id, { operation: 'NOTES.md' }), 'FILE_NOT_FOUND');
    }
    for (const id of ['getAgentFile', 'updateAgentFile', 'listAgentFileVersions', 'getAgentFileVersion'] as const) {
      expectRefusal(id, await call(id, { operation: encodeURIComponent('../openclaw.json') }), 'INVALID_REQUEST', 'Invalid file name');
    }
    const container = stack.docker.getContainer(`openclaw-${running}`);
    const exec = await container.exec({
      Cmd: ['sh', '-c', "printf '\\377' > ~/.openclaw/workspace/TOOLS.md"],
      AttachStdout: true,
      Tty: true,
    });
    await (await exec.start({ Tty: true })).toArray();
    for (const id of ['getAgentFile', 'updateAgentFile'] as const) {
      expectRefusal(id, await call(id, { operation: 'TOOLS.md' }), 'FILE_NOT_EDITABLE');
    }
  });

  test('at most 100 messages of a session wait, and the images of an agent have a limit', async () => {
    const { sessionId } = (await call('tellAgent')).body;
    const say = (message: string, more: object = {}) =>
      call('sendMessage', { body: { message, agentId: running, sessionId, wait: false, ...more } });
    model.setBehaviour({ delayMs: 120_000 });
    try {
      // The model answers the first; the others wait.
      const sent = await Promise.all(Array.from({ length: 101 }, (_, index) => say(`Message ${index}`)));
      expect(sent.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
      expectRefusal('sendMessage', await say('One more'), 'TOO_MANY_WAITING');
      const told = await call('tellAgent', { body: { message: 'One more', agentId: running, sessionId } });
      expectRefusal('tellAgent', told, 'TOO_MANY_WAITING');
      expect((await say('stop')).status).toBe(200);
    } finally {
      model.setBehaviour({ delayMs: 0 });
    }
    await withDatabase(async (client) => {
      // As if earlier messages had many images.
      await client.query(
        `INSERT INTO message_images (id, message_id, agent_id, owner_id, position, type, bytes, size)
         SELECT 'img_large', id, agent_id, owner_id, 0, 'image/png', '', 2000000000 FROM messages WHERE agent_id = $1 LIMIT 1`,
        [running],
      );
      const image = { data: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7' };
      // In a session of its own: the one above still has messages that wait.
      const { sessionId: another } = (await call('tellAgent')).body;
      expectRefusal('sendMessage', await say('Look', { images: [image], sessionId: another }), 'IMAGES_FULL');
      await client.query(`DELETE FROM message_images WHERE id = 'img_large'`);
    });
  }, 120_000);

  test('a conversation is listed, found, renamed and deleted', async () => {
    const { sessionId } = (await call('tellAgent')).body;
    await call('sendMessage', { body: { message: 'About herons', agentId: running, sessionId } });
    expect((await call('listConversations', { query: '?search=HERON' })).body).toMatchObject({
      conversations: [{ id: sessionId, title: 'About herons', messageCount: 2, platform: 'web' }],
      total: 1,
    });
    expect((await call('renameConversation', { operation: sessionId })).body).toMatchObject({ conversation: { title: 'Renamed' } });
    expect((await call('deleteConversation', { operation: sessionId })).body).toEqual({ id: sessionId, deleted: true });
    for (const id of ['renameConversation', 'deleteConversation'] as const)
      expectRefusal(id, await call(id, { operation: sessionId }), 'SESSION_NOT_FOUND');
  });

  test('files, schedule and deleted conversations of an agent that does not run are AGENT_NOT_RUNNING', async () => {
    const { session: idle, id } = await WebSession.signUp(stack.webUrl, 'idle@example.com');
    const agent = (await callBackend(id, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Idle' }) })).body.id;
    const ids = webRoutes.filter(([, { errors }]) => errors.includes('AGENT_NOT_RUNNING')).map(([each]) => each);
    expect(ids).toEqual(['deleteConversation', 'listAgentFiles', 'getAgentFile', 'updateAgentFile', 'listCronJobs', 'openControlUi']);
    // The agent once had a container, which has a copy of the conversation.
    await withDatabase(async (client) => {
      await client.query(`INSERT INTO chat_sessions (id, agent_id, owner_id) VALUES ('sess_idle', $1, $2)`, [agent, id]);
      await client.query('UPDATE agents SET container_spec = (SELECT container_spec FROM agents WHERE id = $1) WHERE id = $2', [
        running,
        agent,
      ]);
    });
    for (const each of ids) {
      const sentence = each === 'deleteConversation' ? /only while it runs/ : undefined;
      const answer = await call(each, { as: idle, agent, ...(sentence && { operation: 'sess_idle' }) });
      expectRefusal(each, answer, 'AGENT_NOT_RUNNING', sentence);
    }
  });

  test('a plan that does not cover the request is 402', async () => {
    const { session: small, id } = await WebSession.signUp(stack.webUrl, 'small@example.com');
    const agent = (await callBackend(id, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Mine' }) })).body.id;
    const larger = { as: small, agent, body: { config: { plan: 'network' } } };
    await owner.call('PUT', `/api/admin/users/${id}/plan`, { body: { plan: 'solo' } });
    const sentence = 'Your subscription does not cover network';
    for (const each of ['updateAgentConfig', 'updateAgentMetadata'] as const) {
      expectRefusal(each, await call(each, larger), 'PAYMENT_REQUIRED', sentence);
    }
    expectRefusal('provisionWithChannels', await call('provisionWithChannels', { as: small }), 'AGENT_LIMIT_REACHED');
    await callBackend(undefined, `/api/agents/${agent}`, { method: 'PUT', body: JSON.stringify({ plan: 'network' }) });
    for (const each of ['repairAgent', 'applyAgentConfig'] as const) {
      expectRefusal(each, await call(each, { as: small, agent }), 'PAYMENT_REQUIRED', sentence);
    }
    const insert = `INSERT INTO backups (id, agent_id, owner_id, cause, name, size_bytes, sha256)
      VALUES ('bk_small', $1, $2, 'manual', 'x.tar.gz', 1, 'x')`;
    await withDatabase((client) => client.query(insert, [agent, id]));
    const restored = await call('restoreBackup', { as: small, agent, operation: 'bk_small' });
    expectRefusal('restoreBackup', restored, 'PAYMENT_REQUIRED', sentence);
    await call('deleteAgent', { as: small, agent });
  });

  test('a lapsed subscription starts no agent', async () => {
    const { session: late, id } = await WebSession.signUp(stack.webUrl, 'late@example.com');
    const agent = (await callBackend(id, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Late' }) })).body.id;
    const insert = `INSERT INTO subscriptions (id, owner_id, plan, status) VALUES ('sub_late', $1, 'solo', 'canceled')`;
    await withDatabase((client) => client.query(insert, [id]));
    for (const each of ['startAgent', 'restartAgent', 'updateAgent'] as const) {
      expectRefusal(each, await call(each, { as: late, agent }), 'PAYMENT_REQUIRED', 'Active subscription required');
    }
  });

  /** Calls operations while another one is running. */
  async function whileBusy(busyWith: RouteId, ids: RouteId[]) {
    const open = `SELECT FROM operations WHERE finished_at IS NULL AND agent_id = $1`;
    const busy = call(busyWith);
    await withDatabase(async (client) => {
      await pollUntil('the operation has begun', async () => (await client.query(open, [running])).rowCount !== 0, { everyMs: 10 });
    });
    const body = { action: 'set-credential', key: 'openai', value: canary('sk-other-'), agentId: running };
    // In parallel: the running operation may take only seconds.
    const refused = await Promise.all(ids.map(async (id) => [id, await call(id, id === 'tellAgent' ? { body } : {})] as const));
    for (const [id, answer] of refused) expectRefusal(id, answer, 'OPERATION_IN_PROGRESS');
    expect((await busy).body).toMatchObject({ success: true });
  }

  test('a second operation on an agent is refused while one is running', async () => {
    const ids = webRoutes.filter(([, { errors }]) => errors.includes('OPERATION_IN_PROGRESS')).map(([id]) => id);
    await whileBusy(
      'restartAgent',
      ids.filter((id) => id !== 'restartAgent'),
    );
    await whileBusy('repairAgent', ['restartAgent']);
  }, 120_000);

  test('an unknown path is a JSON 404, an unknown method a JSON 405', async () => {
    const unknown = await owner.call('GET', '/api/nope');
    expect([unknown.status, unknown.body]).toEqual([404, { error: 'Not found' }]);
    const method = await owner.call('DELETE', '/api/chat');
    expect([method.status, method.body]).toEqual([405, { error: 'Method not allowed' }]);
  });

  test('a repeated Idempotency-Key replays the response', async () => {
    const headers = { 'idempotency-key': 'web-1' };
    const [first, second] = [await call('createApiKey', { headers }), await call('createApiKey', { headers })];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('wrong passwords are throttled by the peer address, not by X-Forwarded-For', async () => {
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
    expect(urls.at(-1)).toContain('error=TooManyAttempts');
  });
});

test('every row of the error tables was seen, except those of an outage', () => expectAllRowsSeen('others'));
