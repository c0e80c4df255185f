import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ErrorCode, type Route, type RouteId, routes } from '@agentbot/contracts';
import { expectedAnswer } from '@agentbot/contracts/test/expected-answers';
import { createAuthenticator } from '@agentbot/test-doubles/authenticator';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { queues } from '../src/domain/operations/operations.ts';
import { openAuthority } from '../src/infra/swarm/authority.ts';
import { BACKEND_NAME } from '../src/infra/swarm/credentials.ts';
import { newId } from '../src/shared/ids.ts';
import { startWorker } from '../src/workers/operation-worker.ts';
import { INTERNAL_KEY, startBackend, startBackendWithDocker, type TestBackend, unreachableProviders } from './backend.ts';
import { containersOn } from './containers.ts';
import { sampleImages } from './sample-images.ts';
import { storedSpec, storedSpecAt } from './stored-spec.ts';

/**
 * Covers every row of the error tables: for each route and each of its error codes, sends a request that provokes the code,
 * and checks status and sentence against the contract's text. The rows come from the route table, so a missing provocation
 * fails the test. A stand-in replaces the gateway: the rows of OPERATION_IN_PROGRESS restart it once for each route.
 */

type Answer = Awaited<ReturnType<TestBackend['call']>>;
interface Provocation {
  send: () => Promise<Answer>;
  /** The expected sentence. Default: the contract's. */
  error?: string | RegExp;
}

/** Settings of a Stripe that no test calls. */
const STRIPE = { STRIPE_SECRET_KEY: canary('sk_test_1-'), STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_PRICE_SOLO: 'price_1' };

const IMAGE = 'agentbot/openclaw-test:stand-in-conformance';
let removeImage: () => Promise<void>;
let real: TestBackend;
/** Backends with one missing or broken part each. */
let withoutDocker: TestBackend;
let withoutTables: TestBackend;
let closed: TestBackend;
let limited: TestBackend;
/** A backend whose swarm has no manager that answers. */
let swarmless: TestBackend;
let faulty: TestBackend;
let bots: Awaited<ReturnType<typeof startBots>>;
let faultyEngine: Awaited<ReturnType<typeof startEngineProxy>>;
let admin: string;
let stranger: string;
/** A running agent of `admin`, an agent without a container on the faulty engine, and an agent without an engine. */
let running: string;
let faultyAgent: string;
let dockerless: string;
/** An agent without a container on the backend with provisioning disabled. */
let waiting: string;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  bots = await startBots({ telegram: { [canary('1:good-')]: 'good_bot' } });
  faultyEngine = await startEngineProxy(/^POST .*\/containers\/[^/]+\/(start|stop)/, process.env.DOCKER_HOST || undefined);
  const certificates = await mkdtemp(path.join(os.tmpdir(), 'agentbot-certificates-'));
  const authority = await openAuthority(path.join(certificates, 'authority'), new Date());
  await writeFile(path.join(certificates, 'backend.json'), JSON.stringify(await authority.issue(BACKEND_NAME)));
  [real, withoutDocker, withoutTables, closed, limited, swarmless, faulty] = await Promise.all([
    startBackendWithDocker('conformance', { OPENCLAW_IMAGE: IMAGE, ...bots.settings }),
    startBackend(unreachableProviders),
    startBackend({ SMTP_URL: 'smtp://127.0.0.1:1', ...STRIPE, ...unreachableProviders }),
    startBackend({ PROVISIONING_ENABLED: 'false', SMTP_URL: 'smtp://127.0.0.1:1', ...STRIPE }),
    startBackend({ API_RATE_LIMIT: '1', DEPLOYMENT_RATE_LIMIT: '1' }),
    startBackend({ CONTAINER_HOST: 'swarm', SWARM_TRAFFIC_PORT: '0', SWARM_CERTIFICATES: certificates }),
    startBackendWithDocker('faulty', {
      DOCKER_HOST: faultyEngine.dockerHost,
    }),
  ]);
  admin = await real.account();
  stranger = await real.account();
  for (const backend of [withoutDocker, faulty]) await backend.account();
  const provisioned = await real.machine(admin, 'POST', '/api/agents/provision', {
    name: 'Conformant',
    model: 'custom',
    config: { baseUrl: 'http://127.0.0.1:1/v1', model: 'echo-1', apiKey: canary('model-key-') },
  });
  running = provisioned.body.agent.id;
  await real.settled(running);
  faultyAgent = (await faulty.machine(undefined, 'POST', '/api/agents', { name: 'Unlucky' })).body.id;
  waiting = (await closed.machine(undefined, 'POST', '/api/agents', { name: 'Waiting' })).body.id;
  dockerless = (await withoutDocker.machine(undefined, 'POST', '/api/agents', { name: 'Alone' })).body.id;
  // The agent once had a container, as after the loss of an engine.
  await withoutDocker.context.database.as('service', (tx) => tx.agent.updateMany({ data: { containerSpec: storedSpec() } }));
  await createLostBackup(real, running);
  await createLostBackup(withoutDocker, dockerless);
  await createLostBackup(faulty, faultyAgent);
  const client = new pg.Client({ connectionString: withoutTables.config.DATABASE_URL });
  await client.connect();
  for (const table of [
    'agents',
    'users',
    'messages',
    'replies',
    'api_keys',
    'sessions',
    'platform_images',
    'operations',
    'password_resets',
    'identities',
    'log_views',
    'audit_log',
    'challenges',
    'wallets',
    'sign_in_passkeys',
    'provider_keys',
    'plan_requests',
  ]) {
    await client.query(`ALTER TABLE ${table} RENAME TO lost_${table}`);
  }
  await client.end();
});

afterAll(async () => {
  for (const backend of [real, faulty]) {
    const { body } = await backend.machine(undefined, 'GET', '/api/agents');
    for (const { id } of body) await backend.machine(undefined, 'DELETE', `/api/agents/${id}`);
  }
  await Promise.all([real, withoutDocker, withoutTables, closed, limited, swarmless, faulty].map((backend) => backend.stop()));
  await faultyEngine.close();
  await bots.close();
  await removeImage();
});

/** Creates the row of a backup without its file. */
async function createLostBackup(backend: TestBackend, agentId: string, id = 'bk_lost') {
  const { ownerId } = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: agentId } }));
  const lost = { id, agentId, ownerId, cause: 'manual', name: 'lost.tar.gz', sizeBytes: 1, sha256: 'none' };
  await backend.context.database.as('service', (tx) => tx.backup.create({ data: lost }));
}

const ONE_MACHINE = 'This installation runs on one machine: CONTAINER_HOST is docker';
/** A passkey that nobody has. */
const NO_CREDENTIAL = { id: 'none', response: { clientDataJSON: '' } };
const NO_WALLET = `0x${'1'.repeat(40)}`;

/** A valid request body for every operation with a body. */
const bodies: Partial<Record<RouteId, () => object>> = {
  register: () => ({ email: `${Math.random().toString(36).slice(2)}@example.com`, password: canary('a long password ') }),
  verifyCredentials: () => ({ email: 'nobody@example.com', password: 'whatever' }),
  grantPlan: () => ({ plan: 'solo' }),
  signInWithProvider: () => ({ provider: 'github', subject: '1', email: 'octo@example.com', emailVerified: true, name: null }),
  signOut: () => ({ session: 'session_000000000000' }),
  updateAccount: () => ({ name: 'Ada' }),
  createUser: () => ({ email: `${Math.random().toString(36).slice(2)}@example.com` }),
  setUserRole: () => ({ admin: false }),
  setUserBlocked: () => ({ blocked: true }),
  requestPlan: () => ({ plan: 'solo' }),
  grantPlanRequest: () => ({}),
  refusePlanRequest: () => ({}),
  deleteAccount: () => ({ password: 'wrong' }),
  signInWithPasskey: () => ({ credential: NO_CREDENTIAL }),
  challengeAccountPasskey: () => ({ password: 'wrong' }),
  addAccountPasskey: () => ({ name: 'Laptop', credential: NO_CREDENTIAL }),
  renameAccountPasskey: () => ({ name: 'Phone' }),
  requestPasswordReset: () => ({ email: 'nobody@example.com' }),
  resetPassword: () => ({ token: 'x'.repeat(43), password: canary('a long password ') }),
  createAgent: () => ({ name: 'New' }),
  provisionAgent: () => ({ name: 'New' }),
  updateAgentMetadata: () => ({}),
  updateAgentConfig: () => ({}),
  verifyAgent: () => ({ verificationType: 'eas', verified: true }),
  updateAgent: () => ({}),
  sendMessage: () => ({ message: 'Hello' }),
  createApiKey: () => ({ name: 'k' }),
  saveProviderKey: () => ({ apiKey: canary('provider-key-') }),
  saveInstallationKey: () => ({ apiKey: canary('provider-key-') }),
  provisionWithChannels: () => ({ telegramToken: canary('1:'), plan: 'network', stripeSubscriptionId: 'sub_1' }),
  deployAgent: () => ({ agentId: 'dep_1', config: { telegramToken: canary('1:'), plan: 'network' } }),
  updateAgentFile: () => ({ content: 'x' }),
  renameConversation: () => ({ title: 'Renamed' }),
  tellAgent: () => ({ action: 'create-session' }),
  testNewModel: () => ({ config: { aiProvider: 'openai' } }),
  checkChannelToken: () => ({ channel: 'telegram', token: canary('1:good-') }),
  setBackupSchedule: () => ({ everyHours: 24 }),
  setNodeAvailability: () => ({ availability: 'active' }),
  moveAgent: () => ({}),
  setAgentBudget: () => ({ monthlyUsd: null }),
  setAccountBudget: () => ({ monthlyUsd: null }),
  cloneAgent: () => ({ parentAgentId: running, name: 'Clone', paymentProof: {} }),
  createVerificationChallenge: () => ({ verificationType: 'webauthn' }),
  createWalletChallenge: () => ({ address: NO_WALLET }),
  linkWallet: () => ({ address: NO_WALLET, signature: '0x12' }),
};

const idOf: Partial<Record<RouteId, string>> = {
  grantPlan: 'nobody',
  testSetup: 'mail',
  setNodeAvailability: 'nowhere',
  withdrawPlan: 'nobody',
  setUserRole: 'nobody',
  setUserBlocked: 'nobody',
  deleteUser: 'nobody',
  createResetLink: 'nobody',
  deleteApiKey: 'key_none',
  unlinkWallet: NO_WALLET,
  endAccountSession: 'session_none',
  renameAccountPasskey: 'passkey_none',
  removeAccountPasskey: 'passkey_none',
  saveProviderKey: 'openai',
  deleteProviderKey: 'openai',
  saveInstallationKey: 'openai',
  deleteInstallationKey: 'openai',
};

const queries: Partial<Record<RouteId, string>> = {
  askAgent: '?action=sessions',
  startCheckout: '?plan=solo',
  listModels: '?provider=groq',
};

/** The value of a path's second parameter. */
function secondOf({ backend: { path } }: Route): string {
  if (path.includes(':backupId')) return 'bk_lost';
  return path.includes(':name') ? 'SOUL.md' : 'op_none';
}

/** Calls an operation on a backend, by default with the internal key and on an unknown agent. */
function call(
  backend: TestBackend,
  id: RouteId,
  options: {
    as?: string;
    agent?: string;
    second?: string;
    body?: unknown;
    query?: string;
    token?: string;
    headers?: Record<string, string>;
  } = {},
) {
  const route: Route = routes[id];
  const path = route.backend.path
    .replace(/:\w+/, options.agent ?? idOf[id] ?? 'agent_none')
    .replace(/:\w+/, options.second ?? secondOf(route))
    .replace(/:\w+/, 'fv_none');
  return backend.call(route.method, path + (options.query ?? queries[id] ?? ''), {
    token: options.token ?? INTERNAL_KEY,
    headers: { ...(options.as && { 'x-user-id': options.as }), ...options.headers },
    body: options.body ?? bodies[id]?.(),
  });
}

/** Sends a request for the running agent during another operation on it. */
async function whileRestarting(id: RouteId): Promise<Answer> {
  const restarting = call(real, id === 'restartAgent' ? 'repairAgent' : 'restartAgent', { agent: running });
  const operations = () =>
    real.context.database.as('service', (tx) => tx.operation.count({ where: { agentId: running, finishedAt: null } }));
  await pollUntil('the restart has begun', async () => (await operations()) > 0, { everyMs: 5 });
  const own: Partial<Record<RouteId, object>> = {
    deployAgent: { agentId: running, config: { telegramToken: canary('1:') } },
    tellAgent: { action: 'set-credential', key: 'openai', value: canary('sk-other-'), agentId: running },
  };
  const body = own[id];
  const answer = await call(real, id, { agent: running, body });
  expect((await restarting).status).toBe(200);
  return answer;
}

const invalid = (id: RouteId, body: unknown, error: string | RegExp, query?: string): Provocation => ({
  send: () => call(real, id, { agent: id === 'grantPlan' ? admin : running, body, ...(query && { query }) }),
  error,
});
const needsPlan = (id: RouteId, body: unknown, error: string): Provocation => ({
  // With a user's API key: the plan is not checked for the internal key.
  send: async () => {
    const user = await real.account();
    await real.as(admin, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'solo' });
    const { key } = (await real.as(user, 'POST', '/api/keys', { name: 'k' })).body;
    const agent = (await real.call('POST', '/api/agents', { token: key, body: { name: 'Mine' } })).body.id;
    const second = `bk_${agent}`;
    if (id === 'restoreBackup') await createLostBackup(real, agent, second);
    if (id === 'repairAgent' || id === 'applyAgentConfig' || id === 'restoreBackup')
      await real.machine(undefined, 'PUT', `/api/agents/${agent}`, { plan: 'network' });
    return call(real, id, { token: key, agent, second, body });
  },
  error,
});
/** Starts an agent of an account with an ended subscription. */
const lapsed = (id: RouteId): Provocation => ({
  send: async () => {
    const ownerId = await real.account();
    const agent = (await call(real, 'createAgent', { as: ownerId })).body.id;
    await real.context.database.as('service', (tx) =>
      tx.subscription.create({ data: { id: `sub_${agent}`, ownerId, status: 'canceled', plan: 'solo' } }),
    );
    // The agent once had a container: the first one needs a plan even without an ended subscription.
    await real.context.database.as('service', (tx) =>
      tx.agent.update({ where: { id: agent }, data: { containerSpec: storedSpec({ plan: 'solo' }) } }),
    );
    return call(real, id, { as: ownerId, agent });
  },
  error: 'Active subscription required',
});
const fails = (id: RouteId, error: RegExp): Provocation => ({ send: () => call(faulty, id, { agent: faultyAgent }), error });

/**
 * Stops the operation workers, so that the request reaches its timeout after half a second.
 * @param timed the route whose timeout the operation has
 */
const exceedsRouteTimeout = (id: RouteId, timed = id): Provocation => ({
  async send() {
    const route: Route = routes[timed];
    const { timeoutMs } = route;
    for (const queue of queues) await faulty.context.boss.offWork(queue);
    route.timeoutMs = 5_500;
    try {
      return await call(faulty, id, { agent: faultyAgent });
    } finally {
      route.timeoutMs = timeoutMs;
      await startWorker(faulty.context);
      await faulty.settled(faultyAgent);
    }
  },
});

/** Replaces the backup folder with a file. The agent keeps running. */
function withoutBackupFolder(id: RouteId, error: string): Provocation {
  return {
    async send() {
      const folder = real.config.BACKUP_DIR;
      await rm(folder, { recursive: true, force: true });
      await writeFile(folder, 'no folder');
      const answer = await call(real, id, { agent: running });
      await rm(folder);
      expect((await call(real, 'getAgent', { agent: running })).body.status).toBe('active');
      return answer;
    },
    error,
  };
}

const onFaultyEngine = /unexpected error/;

/** The row of the agent on the faulty engine says that it runs. */
const asRunning = ({ send, ...more }: Provocation): Provocation => ({
  async send() {
    const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpec() };
    await faulty.context.database.as('service', (tx) => tx.agent.update({ where: { id: faultyAgent }, data }));
    return send();
  },
  ...more,
});

const whatsAppErrors = (id: RouteId): Partial<Record<ErrorCode, Provocation>> => ({
  INVALID_REQUEST: invalid(id, undefined, 'WhatsApp is not configured for this agent'),
  OPERATION_FAILED: {
    send: async () => {
      await call(withoutDocker, 'updateAgentConfig', { agent: dockerless, body: { whatsappToken: 'any' } });
      return call(withoutDocker, id, { agent: dockerless });
    },
    error: 'The agent has no running gateway',
  },
});

/** The agent's row says that it runs, and nothing listens on its gateway's port. */
const withoutGateway = (id: RouteId, send = () => call(withoutDocker, id, { agent: dockerless })): Provocation => ({
  async send() {
    const change = (data: object) =>
      withoutDocker.context.database.as('service', (tx) => tx.agent.update({ where: { id: dockerless }, data }));
    await change({ state: 'running', runtime: 'container', containerSpec: storedSpecAt(1) });
    const answer = await send();
    await change({ state: 'pending', runtime: null, containerSpec: storedSpec() });
    return answer;
  },
});
/** Deletes a new conversation of the agent without an engine. */
async function deleteDockerlessConversation(): Promise<Answer> {
  const session = await withoutDocker.context.database.as('service', async (tx) => {
    const { ownerId } = await tx.agent.findUniqueOrThrow({ where: { id: dockerless } });
    return tx.chatSession.create({ data: { id: newId('sess'), agentId: dockerless, ownerId } });
  });
  return call(withoutDocker, 'deleteConversation', { agent: dockerless, second: session.id });
}
/** Sends a message to a conversation in which 100 messages wait. */
const withFullQueue = (id: 'sendMessage' | 'tellAgent'): Provocation => ({
  async send() {
    const sessionId = newId('sess');
    await real.context.database.as('service', async (tx) => {
      const { ownerId } = await tx.agent.findUniqueOrThrow({ where: { id: running } });
      const owned = { agentId: running, ownerId };
      await tx.chatSession.create({ data: { id: sessionId, ...owned } });
      const rows = Array.from({ length: 100 }, () => ({ id: newId('msg'), ...owned }));
      await tx.message.createMany({ data: rows.map((row) => ({ ...row, sessionId, sender: 'user', content: 'x' })) });
      await tx.reply.createMany({ data: rows });
    });
    const answer = await call(real, id, { body: { message: 'x', agentId: running, sessionId } });
    await real.context.database.as('service', (tx) => tx.chatSession.delete({ where: { id: sessionId } }));
    return answer;
  },
});
/** Sends an image to an agent whose conversations have 100 MB of images. */
const withFullImages: Provocation = {
  async send() {
    const sessionId = newId('sess');
    await real.context.database.as('service', async (tx) => {
      const { ownerId } = await tx.agent.findUniqueOrThrow({ where: { id: running } });
      const owned = { agentId: running, ownerId };
      await tx.chatSession.create({ data: { id: sessionId, ...owned } });
      const message = await tx.message.create({ data: { id: newId('msg'), ...owned, sessionId, sender: 'user', content: 'x' } });
      const image = { position: 0, type: 'image/png', bytes: new Uint8Array(1), size: 100_000_000 };
      await tx.messageImage.create({ data: { id: newId('img'), messageId: message.id, ...owned, ...image } });
    });
    const answer = await call(real, 'sendMessage', {
      body: { message: 'x', images: [{ data: sampleImages.png }], agentId: running, sessionId },
    });
    await real.context.database.as('service', (tx) => tx.chatSession.delete({ where: { id: sessionId } }));
    return answer;
  },
};
const fileErrors = (id: 'getAgentFile' | 'updateAgentFile'): Partial<Record<ErrorCode, Provocation>> => ({
  INVALID_REQUEST: { send: () => call(real, id, { agent: running, second: encodeURIComponent('../x') }), error: 'Invalid file name' },
  FILE_NOT_FOUND: { send: () => call(real, id, { agent: running, second: 'NOTES.md' }) },
  FILE_NOT_EDITABLE: {
    send: async () => {
      const { shell } = containersOn();
      const workspace = '/home/node/.openclaw/workspace';
      await shell(running, `mkdir -p ${workspace} && printf '\\377' > ${workspace}/SOUL.md`);
      const answer = await call(real, id, { agent: running });
      await shell(running, `rm ${workspace}/SOUL.md`);
      return answer;
    },
  },
});

/** Calls a route of the account with an API key. */
const withApiKey = (id: RouteId): Provocation => ({
  send: async () => call(real, id, { token: (await real.as(await real.account(), 'POST', '/api/keys', { name: 'k' })).body.key }),
  error: 'An API key cannot manage its account',
});
const PASSWORD = canary('a long password ');
const octo = { subject: '4', email: 'blocked-octo@example.com' };
/** The options with which a user's browser creates a passkey. */
const passkeyOptions = async (as: string) =>
  (await call(real, 'challengeAccountPasskey', { as, body: { password: PASSWORD } })).body.options;
/** Adds a passkey to a user's account. */
async function addPasskey(as: string, { counter = 0 } = {}) {
  const passkey = createAuthenticator(real.config.DASHBOARD_URL, { counter });
  const credential = passkey.create(await passkeyOptions(as));
  expect((await call(real, 'addAccountPasskey', { as, body: { name: 'Laptop', credential } })).status).toBe(201);
  return passkey;
}
/** Signs in with a passkey. @param times how often the response is sent @param counter the value of the authenticator's counter */
async function signInWithPasskey(passkey: ReturnType<typeof createAuthenticator>, times = 1, counter?: number): Promise<Answer> {
  if (counter !== undefined) passkey.setCounter(counter);
  const credential = passkey.get((await call(real, 'challengePasskeySignIn')).body.options);
  for (let sent = 1; sent < times; sent++) await call(real, 'signInWithPasskey', { body: { credential } });
  return call(real, 'signInWithPasskey', { body: { credential } });
}
/** Creates an account that Stripe still bills. @returns its id */
async function billedAccount(): Promise<string> {
  const ownerId = await real.account();
  const data = { id: `sub_${ownerId}`, ownerId, status: 'active', plan: 'solo' as const };
  await real.context.database.as('service', (tx) => tx.subscription.create({ data }));
  return ownerId;
}
const userErrors = (
  id: 'withdrawPlan' | 'setUserRole' | 'setUserBlocked' | 'deleteUser' | 'createResetLink',
): Partial<Record<ErrorCode, Provocation>> => ({
  INVALID_REQUEST: { send: () => call(real, id, { agent: 'a.b' }), error: 'Invalid user id' },
  FORBIDDEN: { send: () => call(real, id, { as: stranger }) },
  USER_NOT_FOUND: { send: () => call(real, id) },
});
const lastAdministrator = (id: RouteId): Provocation => ({ send: () => call(real, id, { agent: admin }) });
/** Signs in as a user who is blocked. */
const whileBlocked = (find: () => Promise<string>, signIn: () => Promise<Answer>): Provocation => ({
  async send() {
    await call(real, 'setUserBlocked', { agent: await find() });
    return signIn();
  },
});
const decisionErrors = (id: 'grantPlanRequest' | 'refusePlanRequest'): Partial<Record<ErrorCode, Provocation>> => ({
  INVALID_REQUEST: { send: () => call(real, id, { agent: 'a.b' }), error: 'Invalid request id' },
  FORBIDDEN: { send: () => call(real, id, { as: stranger }) },
  PLAN_REQUEST_NOT_FOUND: { send: () => call(real, id) },
  PLAN_REQUEST_CLOSED: {
    send: async () => {
      const { request } = (await call(real, 'requestPlan', { as: await real.account() })).body;
      await call(real, 'refusePlanRequest', { agent: request.id });
      return call(real, id, { agent: request.id });
    },
  },
});

/** At an installation that has its first account. */
const withClosedSignUp = (id: RouteId): Provocation => ({
  async send() {
    const backend = await startBackend({ SIGN_UP: 'closed' });
    try {
      await backend.account();
      return await call(backend, id);
    } finally {
      await backend.stop();
    }
  },
});

/** The provocations of single operations. */
const own: Partial<Record<RouteId, Partial<Record<ErrorCode, Provocation>>>> = {
  register: {
    INVALID_REQUEST: invalid('register', { email: 'x', password: canary('a long password ') }, 'A valid email is required'),
    SIGN_UP_CLOSED: withClosedSignUp('register'),
    EMAIL_TAKEN: {
      send: async () => {
        const body = bodies.register?.();
        await call(real, 'register', { body });
        return call(real, 'register', { body });
      },
    },
  },
  verifyCredentials: {
    UNAUTHORIZED: { send: () => call(real, 'verifyCredentials'), error: 'Wrong email or password' },
    ACCOUNT_BLOCKED: whileBlocked(
      () => real.account('blocked@example.com'),
      () => call(real, 'verifyCredentials', { body: { email: 'blocked@example.com', password: PASSWORD } }),
    ),
  },
  signInWithProvider: {
    INVALID_REQUEST: invalid('signInWithProvider', { ...bodies.signInWithProvider?.(), email: 'x' }, 'A valid email is required'),
    SIGN_UP_CLOSED: withClosedSignUp('signInWithProvider'),
    ACCOUNT_BLOCKED: whileBlocked(
      async () => (await call(real, 'signInWithProvider', { body: { ...bodies.signInWithProvider?.(), ...octo } })).body.id,
      () => call(real, 'signInWithProvider', { body: { ...bodies.signInWithProvider?.(), ...octo } }),
    ),
    UNAUTHORIZED: {
      send: () => call(real, 'signInWithProvider', { body: { ...bodies.signInWithProvider?.(), subject: '2', emailVerified: false } }),
      error: 'Your sign-in provider has not verified your email address',
    },
    EMAIL_TAKEN: {
      send: async () => {
        const taken = bodies.register?.() as { email: string };
        await call(real, 'register', { body: taken });
        return call(real, 'signInWithProvider', { body: { ...bodies.signInWithProvider?.(), subject: '3', email: taken.email } });
      },
    },
  },
  signInWithPasskey: {
    INVALID_REQUEST: invalid('signInWithPasskey', {}, 'Invalid credential'),
    UNKNOWN_PASSKEY: { send: () => call(real, 'signInWithPasskey') },
    CHALLENGE_EXPIRED: { send: async () => signInWithPasskey(await addPasskey(await real.account()), 2) },
    PASSKEY_COPIED: { send: async () => signInWithPasskey(await addPasskey(await real.account(), { counter: 7 }), 1, 7) },
    ACCOUNT_BLOCKED: {
      async send() {
        const as = await real.account();
        const passkey = await addPasskey(as);
        await call(real, 'setUserBlocked', { agent: as });
        return signInWithPasskey(passkey);
      },
    },
  },
  signOut: {
    INVALID_REQUEST: invalid('signOut', { session: 'x' }, 'Invalid session'),
    SESSION_NOT_FOUND: { send: () => call(real, 'signOut') },
  },
  requestPasswordReset: {
    INVALID_REQUEST: invalid('requestPasswordReset', { email: 'x' }, 'A valid email is required'),
    MAIL_UNAVAILABLE: { send: () => call(real, 'requestPasswordReset') },
  },
  resetPassword: {
    INVALID_REQUEST: invalid(
      'resetPassword',
      { token: 'x'.repeat(43), password: canary('a long password ') },
      'This link is no longer valid',
    ),
  },
  getAccount: { FORBIDDEN: withApiKey('getAccount') },
  exportAccount: { FORBIDDEN: withApiKey('exportAccount') },
  listAccountSessions: { FORBIDDEN: withApiKey('listAccountSessions') },
  endAccountSession: {
    INVALID_REQUEST: { send: () => call(real, 'endAccountSession', { agent: 'a.b' }), error: 'Invalid session' },
    FORBIDDEN: withApiKey('endAccountSession'),
    SESSION_NOT_FOUND: { send: () => call(real, 'endAccountSession') },
  },
  listAccountPasskeys: { FORBIDDEN: withApiKey('listAccountPasskeys') },
  challengeAccountPasskey: {
    INVALID_REQUEST: {
      send: async () => call(real, 'challengeAccountPasskey', { as: await real.account(), body: {} }),
      error: 'Type the password of the account to add a passkey',
    },
    FORBIDDEN: withApiKey('challengeAccountPasskey'),
    WRONG_PASSWORD: { send: async () => call(real, 'challengeAccountPasskey', { as: await real.account() }) },
    PASSKEY_LIMIT_REACHED: {
      async send() {
        const as = await real.account();
        for (let count = 0; count < 10; count++) await addPasskey(as);
        return call(real, 'challengeAccountPasskey', { as, body: { password: PASSWORD } });
      },
    },
  },
  addAccountPasskey: {
    INVALID_REQUEST: invalid('addAccountPasskey', { name: ' ', credential: NO_CREDENTIAL }, 'A name is required'),
    FORBIDDEN: withApiKey('addAccountPasskey'),
    CHALLENGE_EXPIRED: { send: () => call(real, 'addAccountPasskey') },
    PASSKEY_TAKEN: {
      async send() {
        const passkey = await addPasskey(await real.account());
        const as = await real.account();
        return call(real, 'addAccountPasskey', { as, body: { name: 'Same', credential: passkey.create(await passkeyOptions(as)) } });
      },
    },
    PASSKEY_LIMIT_REACHED: {
      async send() {
        const as = await real.account();
        for (let count = 0; count < 9; count++) await addPasskey(as);
        const credential = createAuthenticator(real.config.DASHBOARD_URL).create(await passkeyOptions(as));
        // Another session adds the tenth meanwhile.
        const tenth = { id: 'passkey_tenth', ownerId: as, name: 'Tenth', credentialId: 'tenth', createdAt: new Date() };
        await real.context.database.as('service', (tx) =>
          tx.signInPasskey.create({ data: { ...tenth, publicKey: Buffer.of(1), transports: [] } }),
        );
        return call(real, 'addAccountPasskey', { as, body: { name: 'Eleventh', credential } });
      },
    },
  },
  renameAccountPasskey: {
    INVALID_REQUEST: invalid('renameAccountPasskey', { name: '' }, 'A name is required'),
    FORBIDDEN: withApiKey('renameAccountPasskey'),
    PASSKEY_NOT_FOUND: { send: () => call(real, 'renameAccountPasskey') },
  },
  removeAccountPasskey: {
    INVALID_REQUEST: { send: () => call(real, 'removeAccountPasskey', { agent: 'a.b' }), error: 'Invalid passkey' },
    FORBIDDEN: withApiKey('removeAccountPasskey'),
    PASSKEY_NOT_FOUND: { send: () => call(real, 'removeAccountPasskey') },
  },
  updateAccount: {
    INVALID_REQUEST: invalid('updateAccount', { name: ' ' }, 'Name must not be empty'),
    FORBIDDEN: withApiKey('updateAccount'),
    WRONG_PASSWORD: {
      send: async () => call(real, 'updateAccount', { as: await real.account(), body: { password: PASSWORD, currentPassword: 'wrong' } }),
    },
  },
  deleteAccount: {
    INVALID_REQUEST: {
      send: async () => call(real, 'deleteAccount', { as: await real.account(), body: {} }),
      error: 'Type the password of the account to delete it',
    },
    FORBIDDEN: withApiKey('deleteAccount'),
    WRONG_PASSWORD: { send: async () => call(real, 'deleteAccount', { as: await real.account() }) },
    LAST_ADMINISTRATOR: { send: () => call(real, 'deleteAccount', { as: admin, body: { password: PASSWORD } }) },
    SUBSCRIPTION_ACTIVE: {
      send: async () => call(real, 'deleteAccount', { as: await billedAccount(), body: { password: PASSWORD } }),
    },
  },
  grantPlan: {
    INVALID_REQUEST: invalid('grantPlan', { plan: 'free' }, 'Invalid plan'),
    FORBIDDEN: { send: () => call(real, 'grantPlan', { as: stranger }) },
    USER_NOT_FOUND: { send: () => call(real, 'grantPlan') },
  },
  requestPlan: {
    INVALID_REQUEST: invalid('requestPlan', { plan: 'free' }, 'Invalid plan'),
    FORBIDDEN: withApiKey('requestPlan'),
    PLAN_REQUEST_OPEN: {
      send: async () => {
        const as = await real.account();
        await call(real, 'requestPlan', { as });
        return call(real, 'requestPlan', { as });
      },
    },
  },
  getPlanRequest: { FORBIDDEN: withApiKey('getPlanRequest') },
  listPlanRequests: { FORBIDDEN: { send: () => call(real, 'listPlanRequests', { as: stranger }) } },
  grantPlanRequest: decisionErrors('grantPlanRequest'),
  refusePlanRequest: decisionErrors('refusePlanRequest'),
  startCheckout: {
    INVALID_REQUEST: invalid('startCheckout', undefined, 'Invalid plan', '?plan=free'),
    PAYMENTS_UNAVAILABLE: { send: () => call(real, 'startCheckout') },
  },
  openBillingPortal: {
    PAYMENT_REQUIRED: { send: () => call(closed, 'openBillingPortal'), error: 'This account has no subscription yet' },
    PAYMENTS_UNAVAILABLE: { send: () => call(real, 'openBillingPortal') },
  },
  listNodes: {
    FORBIDDEN: { send: () => call(real, 'listNodes', { as: stranger }) },
    DOCKER_UNAVAILABLE: { send: () => call(swarmless, 'listNodes') },
  },
  setNodeAvailability: {
    INVALID_REQUEST: invalid('setNodeAvailability', { availability: 'gone' }, 'Invalid availability'),
    FORBIDDEN: { send: () => call(real, 'setNodeAvailability', { as: stranger }) },
    NODE_NOT_FOUND: { send: () => call(real, 'setNodeAvailability'), error: ONE_MACHINE },
    DOCKER_UNAVAILABLE: { send: () => call(swarmless, 'setNodeAvailability') },
  },
  moveAgent: {
    INVALID_REQUEST: invalid('moveAgent', { fromBackup: 'yes' }, 'Invalid fromBackup'),
    FORBIDDEN: { send: () => call(real, 'moveAgent', { as: stranger }) },
    AGENT_NOT_FOUND: { send: () => call(real, 'moveAgent', { agent: 'agent_000000000000' }) },
    NODE_NOT_FOUND: { send: () => call(real, 'moveAgent', { agent: running }), error: ONE_MACHINE },
    OPERATION_FAILED: {
      send: () => call(closed, 'moveAgent', { agent: waiting }),
      error: 'The agent has no container yet: it gets its place when it first starts',
    },
    DOCKER_UNAVAILABLE: {
      send: async () => {
        const { id } = (await swarmless.machine(undefined, 'POST', '/api/agents', { name: 'Placed' })).body;
        await swarmless.context.database.as('service', (tx) => tx.agent.updateMany({ data: { containerSpec: storedSpec() } }));
        return call(swarmless, 'moveAgent', { agent: id });
      },
    },
  },
  createUser: {
    INVALID_REQUEST: invalid('createUser', { email: 'x' }, 'A valid email is required'),
    FORBIDDEN: { send: () => call(real, 'createUser', { as: stranger }) },
    EMAIL_TAKEN: {
      send: async () => {
        const body = bodies.createUser?.();
        await call(real, 'createUser', { body });
        return call(real, 'createUser', { body });
      },
    },
    MAIL_UNAVAILABLE: {
      send: () => call(closed, 'createUser'),
      error: 'The mail could not be sent, so no account was created. Test the mail settings, then try again',
    },
  },
  withdrawPlan: userErrors('withdrawPlan'),
  setUserRole: { ...userErrors('setUserRole'), LAST_ADMINISTRATOR: lastAdministrator('setUserRole') },
  setUserBlocked: { ...userErrors('setUserBlocked'), LAST_ADMINISTRATOR: lastAdministrator('setUserBlocked') },
  deleteUser: {
    ...userErrors('deleteUser'),
    LAST_ADMINISTRATOR: lastAdministrator('deleteUser'),
    SUBSCRIPTION_ACTIVE: { send: async () => call(real, 'deleteUser', { agent: await billedAccount() }) },
  },
  createResetLink: {
    ...userErrors('createResetLink'),
    MAIL_AVAILABLE: { send: async () => call(closed, 'createResetLink', { agent: await closed.account() }) },
  },
  listUsers: {
    INVALID_REQUEST: invalid('listUsers', undefined, 'Invalid cursor', '?cursor=abc'),
    FORBIDDEN: { send: () => call(real, 'listUsers', { as: stranger }) },
  },
  listTopSpenders: {
    INVALID_REQUEST: invalid('listTopSpenders', undefined, 'days must be at most 366', '?days=400'),
    FORBIDDEN: { send: () => call(real, 'listTopSpenders', { as: stranger }) },
  },
  listAllAudit: {
    INVALID_REQUEST: invalid('listAllAudit', undefined, 'Invalid account: use an id or an email', '?account=.'),
    FORBIDDEN: { send: () => call(real, 'listAllAudit', { as: stranger }) },
  },
  exportAllAudit: {
    INVALID_REQUEST: invalid('exportAllAudit', undefined, 'Invalid format: use ndjson or csv', '?format=xls'),
    FORBIDDEN: { send: () => call(real, 'exportAllAudit', { as: stranger }) },
  },
  listAllAgents: {
    INVALID_REQUEST: invalid('listAllAgents', undefined, 'limit must be at most 100', '?limit=101'),
    FORBIDDEN: { send: () => call(real, 'listAllAgents', { as: stranger }) },
  },
  testSetup: {
    INVALID_REQUEST: { send: () => call(real, 'testSetup', { agent: 'docker' }), error: 'Invalid part: use mail, backups or domain' },
    FORBIDDEN: { send: () => call(real, 'testSetup', { as: stranger }) },
  },
  getInstallationHealth: { FORBIDDEN: { send: () => call(real, 'getInstallationHealth', { as: stranger }) } },
  streamOverview: { INVALID_REQUEST: invalid('streamOverview', undefined, 'Invalid agentId', '?agentId=a%20b') },
  checkChannelToken: {
    INVALID_REQUEST: invalid('checkChannelToken', { channel: 'telegram', token: '1:bad' }, 'Telegram does not know this token'),
    CHANNEL_UNAVAILABLE: {
      send: () => call(real, 'checkChannelToken', { body: { channel: 'telegram', token: '1:broken' } }),
      error: 'Telegram is not available right now: try again in a moment',
    },
  },
  listAgents: { INVALID_REQUEST: invalid('listAgents', undefined, 'limit must be a whole number', '?limit=x') },
  listProvisionedAgents: { INVALID_REQUEST: invalid('listProvisionedAgents', undefined, 'limit must be at most 100', '?limit=101') },
  listInstances: { INVALID_REQUEST: invalid('listInstances', undefined, 'Invalid cursor', '?cursor=%20') },
  createAgent: {
    INVALID_REQUEST: invalid('createAgent', {}, 'Agent name is required'),
    PAYMENT_REQUIRED: needsPlan('createAgent', { name: 'x', config: { plan: 'network' } }, 'Your subscription does not cover network'),
    AGENT_LIMIT_REACHED: {
      send: async () => {
        const user = await real.account();
        await call(real, 'createAgent', { as: user });
        return call(real, 'createAgent', { as: user });
      },
    },
  },
  provisionAgent: {
    INVALID_REQUEST: invalid('provisionAgent', { name: ' ' }, 'Agent name is required'),
    PAYMENT_REQUIRED: { send: () => call(real, 'provisionAgent', { as: stranger }) },
    AGENT_LIMIT_REACHED: {
      send: async () => {
        const user = await withoutDocker.account();
        await call(withoutDocker, 'grantPlan', { agent: user });
        await call(withoutDocker, 'provisionAgent', { as: user });
        return call(withoutDocker, 'provisionAgent', { as: user });
      },
    },
    OPERATION_FAILED: {
      send: async () => {
        const user = await faulty.account();
        await call(faulty, 'grantPlan', { agent: user });
        return call(faulty, 'provisionAgent', { as: user });
      },
      error: 'Failed to provision agent',
    },
  },
  provisionWithChannels: {
    INVALID_REQUEST: invalid(
      'provisionWithChannels',
      { plan: 'solo' },
      'At least one channel token required (Telegram, WhatsApp, or Discord)',
    ),
    PAYMENT_REQUIRED: {
      send: () => call(real, 'provisionWithChannels', { body: { telegramToken: canary('1:'), plan: 'solo' } }),
      error: 'Active subscription required',
    },
    AGENT_LIMIT_REACHED: {
      send: async () => {
        const body = { whatsappToken: 'w', plan: 'solo', stripeSubscriptionId: 'sub_1' };
        const user = await withoutDocker.account();
        await call(withoutDocker, 'provisionWithChannels', { as: user, body });
        return call(withoutDocker, 'provisionWithChannels', { as: user, body });
      },
    },
  },
  deployAgent: {
    INVALID_REQUEST: invalid('deployAgent', { config: {} }, 'agentId is required'),
    PAYMENT_REQUIRED: needsPlan(
      'deployAgent',
      { agentId: 'dep_2', config: { telegramToken: canary('1:'), plan: 'network' } },
      'Your subscription does not cover network',
    ),
    AGENT_LIMIT_REACHED: {
      send: async () => {
        const user = await real.account();
        await call(real, 'createAgent', { as: user });
        return call(real, 'deployAgent', { as: user, body: { agentId: 'dep_3', config: { telegramToken: canary('1:') } } });
      },
    },
    AGENT_NOT_FOUND: {
      send: () =>
        call(real, 'deployAgent', { as: stranger, body: { agentId: running.toUpperCase(), config: { telegramToken: canary('1:') } } }),
    },
    RATE_LIMITED: {
      send: async () => {
        await call(limited, 'deployAgent', { body: {} });
        return call(limited, 'deployAgent', { body: {} });
      },
      error: /^(Deployment rate limit exceeded|Too many requests, please slow down)\.$/,
    },
    DOCKER_UNAVAILABLE: {
      send: () => call(withoutDocker, 'deployAgent'),
      error: /^Deployment failed: container provisioning requires Docker/,
    },
    OPERATION_FAILED: fails('deployAgent', /^Deployment failed: /),
  },
  updateAgentMetadata: {
    INVALID_REQUEST: invalid('updateAgentMetadata', { aiProvider: 'minimax' }, 'Invalid aiProvider'),
    PAYMENT_REQUIRED: needsPlan('updateAgentMetadata', { plan: 'network' }, 'Your subscription does not cover network'),
  },
  updateAgentConfig: {
    INVALID_REQUEST: invalid('updateAgentConfig', { plan: 'free' }, 'Invalid plan'),
    PAYMENT_REQUIRED: needsPlan('updateAgentConfig', { config: { plan: 'network' } }, 'Your subscription does not cover network'),
  },
  verifyAgent: {
    INVALID_REQUEST: invalid('verifyAgent', { verificationType: 'oauth' }, 'Invalid verificationType: use eas, coinbase, ens or webauthn'),
  },
  updateAgent: {
    PAYMENT_REQUIRED: lapsed('updateAgent'),
    INVALID_REQUEST: invalid('updateAgent', { image: 'Not An Image;rm -rf /' }, 'Invalid Docker image name'),
    OPERATION_FAILED: fails('updateAgent', /^The agent's data could not be measured$/),
  },
  startAgent: { PAYMENT_REQUIRED: lapsed('startAgent'), OPERATION_FAILED: fails('startAgent', onFaultyEngine) },
  stopAgent: { OPERATION_FAILED: fails('stopAgent', onFaultyEngine) },
  restartAgent: { PAYMENT_REQUIRED: lapsed('restartAgent'), OPERATION_FAILED: fails('restartAgent', onFaultyEngine) },
  replaceAgentToken: {
    DOCKER_UNAVAILABLE: withoutGateway('replaceAgentToken'),
    OPERATION_FAILED: asRunning(fails('replaceAgentToken', onFaultyEngine)),
    OPERATION_STILL_RUNNING: asRunning(exceedsRouteTimeout('replaceAgentToken', 'restartAgent')),
  },
  repairAgent: {
    PAYMENT_REQUIRED: needsPlan('repairAgent', undefined, 'Your subscription does not cover network'),
    OPERATION_FAILED: fails('repairAgent', onFaultyEngine),
  },
  applyAgentConfig: {
    PAYMENT_REQUIRED: needsPlan('applyAgentConfig', undefined, 'Your subscription does not cover network'),
    OPERATION_FAILED: fails('applyAgentConfig', onFaultyEngine),
  },
  resetAgentMemory: {
    OPERATION_FAILED: withoutBackupFolder('resetAgentMemory', 'The memory could not be archived, so it was not cleared'),
  },
  createBackup: { OPERATION_FAILED: withoutBackupFolder('createBackup', 'An unexpected error stopped the backup') },
  setBackupSchedule: {
    INVALID_REQUEST: invalid('setBackupSchedule', { everyHours: 0 }, 'everyHours must be a whole number from 1 to 720'),
  },
  getAgentUsage: { INVALID_REQUEST: invalid('getAgentUsage', undefined, 'days must be at least 1', '?days=0') },
  getAccountUsage: { INVALID_REQUEST: invalid('getAccountUsage', undefined, 'days must be at most 366', '?days=367') },
  exportUsage: { INVALID_REQUEST: invalid('exportUsage', undefined, 'days must be a whole number', '?days=1.5') },
  setAgentBudget: {
    INVALID_REQUEST: invalid('setAgentBudget', { price: { inputUsd: 1 } }, 'price.outputUsd must be a number of dollars from 0 to 1000000'),
  },
  testNewModel: {
    INVALID_REQUEST: invalid('testNewModel', { model: 'custom', config: {} }, 'The model custom needs config.baseUrl and config.model'),
  },
  setAccountBudget: {
    INVALID_REQUEST: invalid('setAccountBudget', { dailyUsd: -1 }, 'dailyUsd must be a number of dollars from 0 to 1000000'),
  },
  restoreBackup: {
    PAYMENT_REQUIRED: needsPlan('restoreBackup', undefined, 'Your subscription does not cover network'),
    BACKUP_NOT_FOUND: { send: () => call(real, 'restoreBackup', { agent: running, second: 'bk_none' }) },
    OPERATION_FAILED: { send: () => call(real, 'restoreBackup', { agent: running }), error: 'The backup cannot be read' },
  },
  downloadBackup: {
    BACKUP_NOT_FOUND: { send: () => call(real, 'downloadBackup', { agent: running, second: 'bk_none' }) },
    OPERATION_FAILED: { send: () => call(real, 'downloadBackup', { agent: running }), error: 'The backup cannot be read' },
  },
  deleteBackup: { BACKUP_NOT_FOUND: { send: () => call(real, 'deleteBackup', { agent: running, second: 'bk_none' }) } },
  cancelOperation: {
    OPERATION_NOT_FOUND: { send: () => call(real, 'cancelOperation', { agent: running }) },
    OPERATION_NOT_CANCELLABLE: {
      send: async () => {
        const { operations } = (await call(real, 'listOperations', { agent: running })).body;
        return call(real, 'cancelOperation', { agent: running, second: operations.at(-1).id });
      },
      error: 'The operation has ended already',
    },
  },
  sendMessage: {
    INVALID_REQUEST: invalid('sendMessage', { message: '' }, 'Message required'),
    AGENT_NOT_FOUND: { send: () => call(real, 'sendMessage', { as: stranger, body: { message: 'x', agentId: running } }) },
    SESSION_NOT_FOUND: { send: () => call(real, 'sendMessage', { body: { message: 'x', agentId: running, sessionId: 'sess_none' } }) },
    TOO_MANY_WAITING: withFullQueue('sendMessage'),
    IMAGES_FULL: withFullImages,
    OPERATION_FAILED: {
      send: () => call(withoutDocker, 'sendMessage', { body: { message: 'x', agentId: dockerless } }),
      error: 'The agent is not running (pending)',
    },
  },
  readMessageImage: { IMAGE_NOT_FOUND: { send: () => call(real, 'readMessageImage', { agent: running }) } },
  listOperations: { INVALID_REQUEST: invalid('listOperations', undefined, 'Invalid kind', '?kind=reboot') },
  getOperation: { OPERATION_NOT_FOUND: { send: () => call(real, 'getOperation', { agent: running }) } },
  streamOperation: { OPERATION_NOT_FOUND: { send: () => call(real, 'streamOperation', { agent: running }) } },
  streamReply: { MESSAGE_NOT_FOUND: { send: () => call(real, 'streamReply') } },
  cancelReply: { MESSAGE_NOT_FOUND: { send: () => call(real, 'cancelReply') } },
  linkWhatsApp: whatsAppErrors('linkWhatsApp'),
  unlinkWhatsApp: whatsAppErrors('unlinkWhatsApp'),
  askAgent: {
    INVALID_REQUEST: invalid('askAgent', undefined, 'Invalid action', '?action=reboot'),
    AGENT_NOT_FOUND: { send: () => call(real, 'askAgent', { as: stranger, query: `?action=health&agentId=${running}` }) },
    SESSION_NOT_FOUND: { send: () => call(real, 'askAgent', { query: `?action=session&sessionId=none&agentId=${running}` }) },
    OPERATION_FAILED: {
      send: async () => {
        // Stops all its processes. The backend would unpause a paused container.
        const { shell } = containersOn();
        await shell(running, 'kill -STOP -1');
        await real.context.gateways.drop(running);
        const answer = await call(real, 'askAgent', { query: `?action=skills&agentId=${running}` });
        await shell(running, 'kill -CONT -1');
        return answer;
      },
      error: "The agent's gateway cannot be reached",
    },
  },
  tellAgent: {
    INVALID_REQUEST: invalid('tellAgent', { action: 'reboot' }, 'Invalid action'),
    AGENT_NOT_FOUND: { send: () => call(real, 'tellAgent', { as: stranger, body: { message: 'x', agentId: running } }) },
    SESSION_NOT_FOUND: { send: () => call(real, 'tellAgent', { body: { message: 'x', sessionId: 'none', agentId: running } }) },
    TOO_MANY_WAITING: withFullQueue('tellAgent'),
    OPERATION_FAILED: {
      send: () => call(withoutDocker, 'tellAgent', { body: { message: 'x', agentId: dockerless } }),
      error: 'The agent is not running (pending)',
    },
  },
  getAgentFile: fileErrors('getAgentFile'),
  updateAgentFile: {
    ...fileErrors('updateAgentFile'),
    FILE_CHANGED: { send: () => call(real, 'updateAgentFile', { agent: running, headers: { 'if-match': '"stale"' } }) },
    PAYLOAD_TOO_LARGE: {
      send: () => call(real, 'updateAgentFile', { agent: running, body: { content: 'x'.repeat(262_145) } }),
      error: 'A file must be at most 256 KiB',
    },
  },
  listAgentFileVersions: {
    INVALID_REQUEST: {
      send: () => call(real, 'listAgentFileVersions', { agent: running, second: '.env' }),
      error: 'Invalid file name',
    },
  },
  getAgentFileVersion: {
    INVALID_REQUEST: { send: () => call(real, 'getAgentFileVersion', { agent: running, second: '.env' }), error: 'Invalid file name' },
    FILE_VERSION_NOT_FOUND: { send: () => call(real, 'getAgentFileVersion', { agent: running }) },
  },
  streamLogs: { INVALID_REQUEST: invalid('streamLogs', undefined, 'Invalid lastEventId', `?lastEventId=${'1'.repeat(101)}`) },
  listLogs: { INVALID_REQUEST: invalid('listLogs', undefined, 'Invalid level', '?level=loud') },
  getAgentStatsHistory: {
    INVALID_REQUEST: invalid('getAgentStatsHistory', undefined, 'range must be day or month', '?range=year'),
  },
  listMessages: { INVALID_REQUEST: invalid('listMessages', undefined, 'offset must be at least 0', '?offset=-1') },
  listConversations: {
    INVALID_REQUEST: invalid('listConversations', undefined, 'limit must be at least 1', '?limit=0'),
  },
  renameConversation: {
    INVALID_REQUEST: invalid('renameConversation', { title: ' ' }, 'title must have a visible character'),
    SESSION_NOT_FOUND: { send: () => call(real, 'renameConversation', { agent: running }) },
  },
  deleteConversation: {
    SESSION_NOT_FOUND: { send: () => call(real, 'deleteConversation', { agent: running }) },
    AGENT_NOT_RUNNING: {
      send: () => deleteDockerlessConversation(),
      error: 'The agent has its own copy of the conversation, and deletes it only while it runs. Start the agent, then try again',
    },
    GATEWAY_UNAVAILABLE: { send: () => withoutGateway('deleteConversation', deleteDockerlessConversation).send() },
  },
  createApiKey: {
    INVALID_REQUEST: invalid('createApiKey', { name: '' }, 'Key name is required'),
    FORBIDDEN: {
      send: async () => call(real, 'createApiKey', { token: (await real.as(admin, 'POST', '/api/keys', { name: 'k' })).body.key }),
      error: 'An API key cannot create another one',
    },
    AGENT_NOT_FOUND: { send: () => call(real, 'createApiKey', { as: stranger, body: { name: 'k', agentId: running } }) },
    API_KEY_LIMIT_REACHED: {
      send: async () => {
        const user = await real.account();
        for (let i = 0; i < 10; i++) await call(real, 'createApiKey', { as: user });
        return call(real, 'createApiKey', { as: user });
      },
    },
  },
  listAudit: { INVALID_REQUEST: invalid('listAudit', undefined, 'Invalid cursor', '?cursor=eA') },
  exportAudit: { INVALID_REQUEST: invalid('exportAudit', undefined, 'Invalid agentId', '?agentId=..') },
  saveProviderKey: {
    INVALID_REQUEST: { send: () => call(real, 'saveProviderKey', { body: { apiKey: ' ' } }), error: /^Tokens and keys are printable/ },
  },
  listModels: {
    INVALID_REQUEST: invalid('listModels', undefined, /^Invalid provider: use /, '?provider=custom'),
    MODELS_UNAVAILABLE: {
      send: () => call(withoutDocker, 'listModels', { query: '?provider=openrouter' }),
      error: 'OpenRouter lists no models: it cannot be reached',
    },
  },
  listAgentModels: {
    INVALID_REQUEST: {
      send: async () => {
        const agent = (await call(real, 'createAgent', { body: { name: 'New', config: { aiProvider: 'groq' } } })).body.id;
        const answer = await call(real, 'listAgentModels', { agent });
        await call(real, 'deleteAgent', { agent });
        return answer;
      },
      error: 'There is no key for Groq: save one under Model keys to see its models',
    },
    MODELS_UNAVAILABLE: {
      send: () => call(real, 'listAgentModels', { agent: running }),
      error: 'The endpoint lists no models: it cannot be reached',
    },
  },
  listInstallationKeys: { FORBIDDEN: { send: () => call(real, 'listInstallationKeys', { as: stranger }) } },
  saveInstallationKey: {
    INVALID_REQUEST: { send: () => call(real, 'saveInstallationKey', { body: {} }), error: 'apiKey is required' },
    FORBIDDEN: { send: () => call(real, 'saveInstallationKey', { as: stranger }) },
  },
  deleteInstallationKey: {
    FORBIDDEN: { send: () => call(real, 'deleteInstallationKey', { as: stranger }) },
    PROVIDER_KEY_NOT_FOUND: { send: () => call(real, 'deleteInstallationKey') },
  },
  deleteProviderKey: { PROVIDER_KEY_NOT_FOUND: { send: () => call(real, 'deleteProviderKey') } },
  deleteApiKey: { API_KEY_NOT_FOUND: { send: () => call(real, 'deleteApiKey') } },
  cloneAgent: {
    INVALID_REQUEST: invalid('cloneAgent', { name: 'x' }, 'Missing required fields: parentAgentId, name, or paymentProof'),
    PAYMENT_NOT_VERIFIED: { send: () => call(real, 'cloneAgent') },
  },
  createVerificationChallenge: {
    INVALID_REQUEST: invalid('createVerificationChallenge', { verificationType: 'ens', walletAddress: 'me' }, 'Invalid wallet address'),
  },
  createWalletChallenge: { INVALID_REQUEST: invalid('createWalletChallenge', {}, 'A wallet address is required') },
  linkWallet: {
    INVALID_REQUEST: invalid('linkWallet', undefined, 'There is no open challenge: request a challenge first'),
    WALLET_TAKEN: {
      send: async () => {
        const account = privateKeyToAccount(generatePrivateKey());
        const { address } = account;
        const link = async (as: string) => {
          const { body } = await call(real, 'createWalletChallenge', { as, body: { address } });
          const signature = await account.signMessage({ message: body.message });
          return call(real, 'linkWallet', { as, body: { address, signature } });
        };
        await link(admin);
        return link(stranger);
      },
    },
  },
  unlinkWallet: {
    INVALID_REQUEST: invalid('unlinkWallet', undefined, 'Invalid wallet address'),
    WALLET_NOT_FOUND: { send: () => call(real, 'unlinkWallet') },
  },
};

/** The provocations that all operations share. */
function common(id: RouteId, code: ErrorCode): Provocation | undefined {
  switch (code) {
    case 'UNAUTHORIZED':
      return { send: () => call(real, id, { token: 'sk_wrong' }) };
    case 'AGENT_NOT_FOUND':
      return { send: () => call(real, id, { as: stranger, agent: running }) };
    case 'INTERNAL':
      return { send: () => call(withoutTables, id) };
    case 'DOCKER_UNAVAILABLE':
      return { send: () => call(withoutDocker, id, { agent: dockerless }) };
    case 'PROVISIONING_DISABLED':
      return { send: () => call(closed, id, { agent: waiting }) };
    case 'AGENT_NOT_RUNNING':
      return { send: () => call(withoutDocker, id, { agent: dockerless }) };
    case 'GATEWAY_UNAVAILABLE':
      return withoutGateway(id);
    case 'OPERATION_IN_PROGRESS':
      return { send: () => whileRestarting(id) };
    case 'OPERATION_STILL_RUNNING':
      return exceedsRouteTimeout(id);
    case 'RATE_LIMITED':
      return {
        send: async () => {
          await call(limited, id);
          return call(limited, id);
        },
      };
    default:
      return undefined;
  }
}

/** These routes use neither database nor engine here, so they cannot answer INTERNAL. */
const infallible: RouteId[] = [
  'getHealth',
  'getSignInOptions',
  'getCloneService',
  'listPlans',
  'listOpenclawVersions',
  'streamOverview',
  'checkChannelToken',
  'testNewModel',
  'testSetup',
  'listNodes',
  'setNodeAvailability',
];

const rows = (Object.entries(routes) as [RouteId, Route][]).flatMap(([id, route]) => {
  const codes: ErrorCode[] = [...route.errors, ...(infallible.includes(id) ? [] : (['INTERNAL'] as const))];
  return codes.map((code) => ({ id, code, ...expectedAnswer(route, 'backend', code), address: `${route.method} ${route.backend.path}` }));
});

describe('the error tables', () => {
  test.each(rows)('$address answers $status $code', async ({ id, code, status, sentences, documented }) => {
    const provocation = own[id]?.[code] ?? common(id, code);
    if (!provocation) throw new Error(`Nothing provokes ${code} of ${id}`);
    const answer = await provocation.send();
    const [sentence] = sentences;
    const wanted = provocation.error ?? sentence;
    if (!wanted || (!provocation.error && sentences.length > 1)) throw new Error(`Name the sentence of ${code} of ${id}`);
    expect([answer.status, answer.body.error]).toEqual([status, typeof wanted === 'string' ? wanted : expect.stringMatching(wanted)]);
    // A sentence that a provocation names is the contract's, where the contract has one for this case.
    if (documented) expect(sentences).toContain(answer.body.error);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.stringify(answer.body)).not.toMatch(/prisma|postgres|node_modules|lost_|at \w+ \(/i);
    if (status === 500) expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
  });

  test('name the code of every provocation', () => {
    const known = new Set(rows.map(({ id, code }) => `${id} ${code}`));
    const extra = Object.entries(own).flatMap(([id, byCode]) => Object.keys(byCode).map((code) => `${id} ${code}`));
    expect(extra.filter((each) => !known.has(each))).toEqual([]);
  });
});
