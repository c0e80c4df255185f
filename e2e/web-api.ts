import { type ErrorCode, type Route, type RouteId, routes } from '@agentbot/contracts';
import { expectedAnswer, isLifecycle, lifecycleError } from '@agentbot/contracts/test/expected-answers';
import { startBots } from '@agentbot/test-doubles/bots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { expect } from '@jest/globals';
import pg from 'pg';
import { startWholeStack, type WholeStack } from './stack.ts';
import { WebSession } from './web-session.ts';

/**
 * The web's API of one test file: a stack with two users and a running agent, and calls by operation id. Jest loads this
 * module once per test file, so its variables belong to that file.
 */

export const NO_WALLET = `0x${'1'.repeat(40)}`;
const MODEL_KEY = canary('sk-web-');

export let stack: WholeStack;
export let model: Awaited<ReturnType<typeof startModelProvider>>;
let bots: Awaited<ReturnType<typeof startBots>>;
export let owner: WebSession;
export let ownerId: string;
/** Another user, who owns nothing. */
export let stranger: WebSession;
/** A client without a session. */
export let anonymous: WebSession;
/** The id of the owner's running agent. */
export let running: string;
/** The id of a backup of that agent. */
export let backup: string;

export const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
type Answer = Awaited<ReturnType<WebSession['call']>>;

export async function startWebApi(): Promise<void> {
  bots = await startBots({ telegram: { [canary('1:good-')]: 'good_bot' } });
  model = await startModelProvider({ apiKey: MODEL_KEY });
  stack = await startWholeStack({
    LOG_LEVEL: 'debug',
    API_RATE_LIMIT: '10000',
    SIGN_IN_RATE_LIMIT: '20',
    SMTP_URL: 'smtp://127.0.0.1:1',
    OPENAI_BASE_URL: `http://127.0.0.1:${model.port}/v1`,
    OPENROUTER_BASE_URL: `http://127.0.0.1:${model.port}/api/v1`,
    ...bots.settings,
  });
  ({ session: owner, id: ownerId } = await WebSession.signUp(stack.webUrl, 'owner@example.com'));
  ({ session: stranger } = await WebSession.signUp(stack.webUrl, 'stranger@example.com'));
  anonymous = new WebSession(stack.webUrl);
  const { body } = await owner.call('POST', '/api/agents/provision', {
    body: {
      name: 'My Agent',
      model: 'custom',
      config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: MODEL_KEY },
    },
  });
  running = body.agent.id;
  // The request waits 15 seconds for the operation; a busy machine needs longer.
  const isProvisioned = async () => (await call('getAgent')).body.agent.status !== 'provisioning';
  await pollUntil('the agent is provisioned', isProvisioned, { everyMs: 200 });
  backup = (await call('createBackup')).body.backup.id;
}

export async function stopWebApi(): Promise<void> {
  await stack?.stop();
  await model?.close();
  await bots?.close();
}

/** Connects to the stack's database for the length of `work`. */
export async function withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Every operation that the web offers. */
export const webRoutes = (Object.entries(routes) as [RouteId, Route][]).filter(([, route]) => route.web);

const bodies: Partial<Record<RouteId, () => object>> = {
  register: () => ({ email: `${Math.random().toString(36).slice(2)}@example.com`, password: canary('a long password ') }),
  grantPlan: () => ({ plan: 'solo' }),
  updateAccount: () => ({ name: 'Owner' }),
  createUser: () => ({ email: `${Math.random().toString(36).slice(2)}@example.com` }),
  setUserRole: () => ({ admin: false }),
  setUserBlocked: () => ({ blocked: false }),
  setNodeAvailability: () => ({ availability: 'active' }),
  moveAgent: () => ({}),
  requestPlan: () => ({ plan: 'solo' }),
  grantPlanRequest: () => ({}),
  refusePlanRequest: () => ({}),
  deleteAccount: () => ({ password: 'wrong' }),
  challengeAccountPasskey: () => ({ password: canary('correct horse battery ') }),
  addAccountPasskey: () => ({ name: 'Laptop', credential: { id: 'none', response: { clientDataJSON: '' } } }),
  renameAccountPasskey: () => ({ name: 'Phone' }),
  requestPasswordReset: () => ({ email: 'nobody@example.com' }),
  resetPassword: () => ({ token: 'x'.repeat(43), password: canary('a long password ') }),
  provisionAgent: () => ({ name: 'New' }),
  updateAgentConfig: () => ({}),
  updateAgentMetadata: () => ({}),
  verifyAgent: () => ({ verificationType: 'eas' }),
  updateAgent: () => ({}),
  sendMessage: () => ({ message: 'Hello', agentId: running }),
  renameConversation: () => ({ title: 'Renamed' }),
  updateAgentFile: () => ({ content: 'I am an agent.' }),
  tellAgent: () => ({ action: 'create-session', agentId: running }),
  setBackupSchedule: () => ({ everyHours: 24 }),
  setAgentBudget: () => ({ monthlyUsd: null }),
  setAccountBudget: () => ({ monthlyUsd: null }),
  createApiKey: () => ({ name: 'k' }),
  testNewModel: () => ({ config: { aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: MODEL_KEY } }),
  saveProviderKey: () => ({ apiKey: MODEL_KEY }),
  saveInstallationKey: () => ({ apiKey: MODEL_KEY }),
  checkChannelToken: () => ({ channel: 'telegram', token: canary('1:good-') }),
  provisionWithChannels: () => ({ telegramToken: canary('1:'), plan: 'solo' }),
  cloneAgent: () => ({ parentAgentId: running, name: 'Clone', paymentProof: {} }),
  createVerificationChallenge: () => ({ verificationType: 'webauthn' }),
  createWalletChallenge: () => ({ address: NO_WALLET }),
  linkWallet: () => ({ address: NO_WALLET, signature: '0x12' }),
};
const queries: Partial<Record<RouteId, () => string>> = {
  startCheckout: () => '?plan=solo',
  // Its list needs no key.
  listModels: () => '?provider=openrouter',
  askAgent: () => `?action=sessions&agentId=${running}`,
};

interface CallOptions {
  as?: WebSession;
  /** The value of the path's first parameter. */
  agent?: string;
  /** The value of the path's second parameter. */
  operation?: string;
  /** The value of the path's third parameter. */
  version?: string;
  body?: unknown;
  query?: string;
  headers?: Record<string, string>;
}

/** The default value of a path's second parameter. */
function secondOf(path: string): string {
  if (path.includes(':backupId')) return backup;
  return path.includes(':name') ? 'SOUL.md' : 'op_none';
}

/** Calls an operation of the web with a valid request: by default as the owner, on the running agent. */
export function call(id: RouteId, options: CallOptions = {}): Promise<Answer> {
  const { method, web } = routes[id] as Route;
  const path = web?.path
    .replace(':provider', options.agent ?? 'openai')
    .replace(/:\w+/, options.agent ?? running)
    .replace(/:\w+/, options.operation ?? secondOf(web.path))
    .replace(/:\w+/, options.version ?? 'fv_none');
  return (options.as ?? owner).call(method, path + (options.query ?? queries[id]?.() ?? ''), {
    body: options.body ?? bodies[id]?.(),
    ...(options.headers && { headers: options.headers }),
  });
}

/** Calls the backend as a machine client with the internal key. @param userId the user that it acts for, if any */
export async function callBackend(userId: string | undefined, path: string, init: RequestInit = {}) {
  const headers = {
    authorization: `Bearer ${stack.secrets.INTERNAL_API_KEY}`,
    ...(userId && { 'x-user-id': userId }),
    'content-type': 'application/json',
  };
  const response = await fetch(stack.backendUrl + path, { ...init, headers });
  const body: ReturnType<typeof JSON.parse> = await response.json();
  return { status: response.status, body };
}

/** The rows of the error tables that this file has seen, as `operation code`. */
const seen = new Set<string>();

/** Expects a refusal with status, sentence and error shape as the contract's text has them. @param own a case's own sentence */
export function expectRefusal(id: RouteId, answer: Answer, code: ErrorCode, own?: string | RegExp) {
  seen.add(`${id} ${code}`);
  const route: Route = routes[id];
  const expected = expectedAnswer(route, 'web', code);
  const sentence = own ?? expected.sentences[0];
  if (!sentence || (!own && expected.sentences.length > 1)) throw new Error(`Name the sentence of ${code} of ${id}`);
  const error = typeof sentence === 'string' ? sentence : expect.stringMatching(sentence);
  expect([answer.status, answer.body.error]).toEqual([expected.status, error]);
  const { success, status } = answer.body;
  expect({ success, status }).toEqual(isLifecycle(route) ? lifecycleError : { success: undefined, status: undefined });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
}

/** The codes of a missing or misconfigured dependency: web-outages.test.ts covers them, web-conformance.test.ts the others. */
const outageCodes: ErrorCode[] = [
  'OPERATION_FAILED',
  'OPERATION_STILL_RUNNING',
  'GATEWAY_UNAVAILABLE',
  'DOCKER_UNAVAILABLE',
  'PROVISIONING_DISABLED',
  'SIGN_UP_CLOSED',
  'MAIL_UNAVAILABLE',
  'MAIL_AVAILABLE',
  'RATE_LIMITED',
  'INTERNAL',
  'BACKEND_UNAVAILABLE',
];
/** This row needs Stripe to be configured, which only the outages do. */
const STRIPE_ROW = 'openBillingPortal PAYMENT_REQUIRED';

/** On one machine these answer that there is no swarm; the backend's own tests have one. */
export const needsSwarm: RouteId[] = ['listNodes', 'setNodeAvailability', 'moveAgent'];
/** Only the internal key gets the first two: an administrator remains while one calls, and cannot name their own account. */
const unreachable = [
  'setUserBlocked LAST_ADMINISTRATOR',
  'deleteUser LAST_ADMINISTRATOR',
  'moveAgent OPERATION_FAILED',
  ...needsSwarm.map((id) => `${id} DOCKER_UNAVAILABLE`),
];

/** Expects that this file has seen its half of all rows of all error tables; the two halves are complements. */
export function expectAllRowsSeen(half: 'outages' | 'others'): void {
  // A browser has a session: a refusal of API keys alone cannot reach it.
  const reaches = ({ method, auth, refusesApiKeys }: Route, code: ErrorCode) =>
    !(code === 'FORBIDDEN' && method === 'GET' && auth === 'caller' && refusesApiKeys);
  const rows = webRoutes.flatMap(([id, route]) =>
    route.errors.filter((code) => reaches(route, code)).map((code) => ({ row: `${id} ${code}`, code })),
  );
  const own = rows.filter(({ row, code }) => (outageCodes.includes(code) || row === STRIPE_ROW) === (half === 'outages'));
  expect(own.map(({ row }) => row).filter((row) => !seen.has(row) && !unreachable.includes(row))).toEqual([]);
}
