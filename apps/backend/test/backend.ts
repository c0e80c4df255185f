import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary, canaryKey, dumpDatabase, findInClear, readFiles } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import Docker from 'dockerode';
import { SignJWT } from 'jose';
import { startServer } from '../src/app/server.ts';
import { readConfig } from '../src/config/config.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';
import { msAhead, systemClock } from '../src/shared/clock.ts';
import { randomName } from '../src/shared/ids.ts';
import { loadAcceptedConfigs, saveAcceptedConfigs } from './accepted-configs.ts';
import { createTestDatabase } from './test-database.ts';

export const INTERNAL_KEY = canary('internal-');
export const ASSERTION_SECRET = canary('assertion-');

/** Settings of model providers that cannot be reached: tests do not call the real ones. */
export const unreachableProviders = Object.fromEntries(
  ['OPENROUTER', 'GEMINI', 'GROQ', 'ANTHROPIC', 'OPENAI'].map((name) => [`${name}_BASE_URL`, 'http://127.0.0.1:1/v1']),
);

interface AssertionOptions {
  /** The session's id. Default: the session that `account` created for the user. */
  session?: string;
  secret?: string;
  audience?: string;
  issuedAt?: number;
  id?: string;
}

/** The id of the session of a test's user. */
export const sessionOf = (userId: string) => `session_of_${userId}`;

/** Signs an assertion as the web app does. `userId` undefined stands for the web app itself. */
export function assertion(
  userId: string | undefined,
  { session, secret = ASSERTION_SECRET, audience = 'agentbot-backend', issuedAt, id }: AssertionOptions = {},
) {
  const at = issuedAt ?? Math.floor(Date.now() / 1000);
  const token = new SignJWT(userId ? { sid: session ?? sessionOf(userId) } : {})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('agentbot-web')
    .setAudience(audience)
    .setJti(id ?? randomUUID())
    .setIssuedAt(at)
    .setExpirationTime(at + 60);
  if (userId) token.setSubject(userId);
  return token.sign(new TextEncoder().encode(secret));
}

/**
 * Searches a backend's database and output for secrets in clear.
 * @param databaseUrl the backend's database, with any login
 * @param written the backend's output, by name
 * @throws Error that lists each secret found
 */
export async function expectNothingInClear(databaseUrl: string, written: Record<string, string>): Promise<void> {
  const everything = new URL(process.env.TEST_POSTGRES_URL as string);
  everything.pathname = new URL(databaseUrl).pathname;
  const found = findInClear({ ...written, database: await dumpDatabase(everything.href) });
  if (found.length > 0) throw new Error(`In clear:\n${found.join('\n')}`);
}

/** Starts a whole backend on a fresh database, by default without a Docker Engine. `stop` searches its output for secrets in clear. */
export async function startBackend(overrides: Record<string, string> = {}, clock = systemClock) {
  const databaseUrl = await createTestDatabase(`test_${randomName(10)}`);
  const config = readConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    MIGRATE_ON_START: 'true',
    BACKEND_PORT: '0',
    GATEWAY_PORT: '0',
    MODEL_GATEWAY_PORT: '0',
    INTERNAL_API_KEY: INTERNAL_KEY,
    ASSERTION_SECRET,
    ENCRYPTION_KEYS: `test:${canaryKey()}`,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    LOG_LEVEL: 'debug',
    API_RATE_LIMIT: '100000',
    DEPLOYMENT_RATE_LIMIT: '100000',
    SIGN_IN_RATE_LIMIT: '10000',
    STREAM_LIMIT: '1000',
    ...overrides,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const server = await startServer(config, createLogger(config, sink), clock);
  const url = `http://127.0.0.1:${server.port}`;
  const now = () => Math.floor(clock.now().getTime() / 1000);

  async function call(method: string, path: string, options: { token?: string; body?: unknown; headers?: Record<string, string> } = {}) {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(options.token && { authorization: `Bearer ${options.token}` }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: options.body === undefined ? null : typeof options.body === 'string' ? options.body : JSON.stringify(options.body),
    });
    // Untyped, as JSON.parse returns it: tests read any field.
    const body: ReturnType<typeof JSON.parse> = response.headers.get('content-type')?.startsWith('application/x-ndjson')
      ? await response.text()
      : await response.json();
    return { status: response.status, headers: response.headers, body };
  }

  /** Creates a session for a user, as a sign-in does. */
  async function beginSession(ownerId: string): Promise<void> {
    const data = { id: sessionOf(ownerId), ownerId, expiresAt: msAhead(clock, 24 * 3_600_000) };
    await server.context.database.as('service', (tx) => tx.session.create({ data }));
  }

  return {
    ...server,
    url,
    config,
    call,
    beginSession,
    /** Calls as a signed-in user of the dashboard. */
    as: async (userId: string | undefined, method: string, path: string, body?: unknown) =>
      call(method, path, { token: await assertion(userId, { issuedAt: now() }), body }),
    /** Calls as a machine client with the internal key, on behalf of a user or of no user. */
    machine: (userId: string | undefined, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, path, { token: INTERNAL_KEY, headers: { ...(userId && { 'x-user-id': userId }), ...headers }, body }),
    /** Waits until an agent has no open operation. Provisioning answers after 15 seconds and may still run. */
    async settled(agentId: string): Promise<void> {
      const where = { agentId, finishedAt: null };
      const open = () => server.context.database.as('service', (tx) => tx.operation.count({ where }));
      await pollUntil(`no operation on ${agentId} is open`, async () => (await open()) === 0, { seconds: 300, everyMs: 100 });
    },
    /** Provisions an agent that uses the model's double, and waits for the end of the operation. @returns its id */
    async provisionEcho(
      ownerId: string,
      { name, modelPort, apiKey }: { name: string; modelPort: number; apiKey: string },
    ): Promise<string> {
      const config = { baseUrl: `http://host.docker.internal:${modelPort}/v1`, model: 'echo-1', apiKey };
      const { body } = await this.as(ownerId, 'POST', '/api/agents/provision', { name, model: 'custom', config });
      await this.settled(body.agent.id);
      return body.agent.id;
    },
    async stop() {
      await server.stop();
      await expectNothingInClear(config.DATABASE_URL, { log: lines.join('') });
    },
    /** Registers an account. The first account is the administrator. @returns its id */
    async account(email = `${randomName(8)}@example.com`): Promise<string> {
      const { body } = await call('POST', '/api/register', {
        token: await assertion(undefined, { issuedAt: now() }),
        body: { email, password: canary('a long password ') },
      });
      await beginSession(body.id);
      return body.id;
    },
  };
}

/**
 * Starts a backend on the machine's real engine with the real image, under its own installation name.
 * @param settings with an AGENT_SUBNET and AGENT_PORT_BASE of its own, or none: then the backend gets ports and a subnet for itself
 */
export async function startBackendWithDocker(installation: string, settings: Record<string, string> = {}) {
  const slots = settings.AGENT_SUBNET ? undefined : await takeAgentSlots();
  const name = `test-${installation}-${randomName(4)}`;
  const backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  const backend = await startBackend({
    DOCKER_HOST: process.env.DOCKER_HOST ?? '',
    INSTALLATION: name,
    OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
    BACKUP_DIR: backups,
    ...slots?.settings,
    ...settings,
  });
  await loadAcceptedConfigs(backend.config.DATABASE_URL);
  return {
    ...backend,
    /** Stops the backend only. The agents' containers keep running. */
    leave: backend.stop,
    async stop() {
      try {
        await backend.stop();
        await saveAcceptedConfigs(backend.config.DATABASE_URL);
        await expectNothingInClear(backend.config.DATABASE_URL, { backups: await readFiles(backups) });
      } finally {
        await removeLeftovers(name);
        await rm(backups, { recursive: true, force: true });
        await slots?.release();
      }
    },
  };
}

/** Removes an installation's containers, volumes and networks that failed tests left on the engine. */
export async function removeLeftovers(installation: string): Promise<void> {
  const docker = new Docker();
  const filters = { label: [`agentbot.installation=${installation}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) await docker.getContainer(Id).remove({ force: true });
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}

export type TestBackend = Awaited<ReturnType<typeof startBackend>>;
