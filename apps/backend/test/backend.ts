import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { canary, canaryKey, dumpDatabase, findInClear, readFiles } from '@agentbot/test-doubles/canaries';
import Docker from 'dockerode';
import { SignJWT } from 'jose';
import { startServer } from '../src/app/server.ts';
import { readConfig } from '../src/config/config.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';
import { randomName } from '../src/shared/ids.ts';
import { createTestDatabase } from './test-database.ts';

export const INTERNAL_KEY = canary('internal-');
export const ASSERTION_SECRET = canary('assertion-');

interface AssertionOptions {
  /** The session that it comes from; by default the one that `account` has begun for the user. */
  session?: string;
  secret?: string;
  audience?: string;
  issuedAt?: number;
  id?: string;
}

/** The id of the session that a test's user has. */
export const sessionOf = (userId: string) => `session_of_${userId}`;

/** An assertion as the web app signs them; `userId` undefined is the web app itself. */
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
 * Fails when a secret stands in clear in what a backend wrote.
 * @param databaseUrl of its database, with any login
 */
export async function expectNothingInClear(databaseUrl: string, written: Record<string, string>): Promise<void> {
  const everything = new URL(process.env.TEST_POSTGRES_URL as string);
  everything.pathname = new URL(databaseUrl).pathname;
  const found = findInClear({ ...written, database: await dumpDatabase(everything.href) });
  if (found.length > 0) throw new Error(`In clear:\n${found.join('\n')}`);
}

/** A whole backend on a fresh database; by default where no Docker Engine answers. Its end reads what it wrote for secrets. */
export async function startBackend(overrides: Record<string, string> = {}) {
  const databaseUrl = await createTestDatabase(`test_${randomName(10)}`);
  const config = readConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    MIGRATE_ON_START: 'true',
    BACKEND_PORT: '0',
    GATEWAY_PORT: '0',
    INTERNAL_API_KEY: INTERNAL_KEY,
    ASSERTION_SECRET,
    ENCRYPTION_KEYS: `test:${canaryKey()}`,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    LOG_LEVEL: 'debug',
    API_RATE_LIMIT: '100000',
    DEPLOYMENT_RATE_LIMIT: '100000',
    SIGN_IN_RATE_LIMIT: '10000',
    ...overrides,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const server = await startServer(config, createLogger(config, sink));
  const url = `http://127.0.0.1:${server.port}`;

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
    // What JSON.parse gives: tests read it freely.
    const body: ReturnType<typeof JSON.parse> = await response.json();
    return { status: response.status, headers: response.headers, body };
  }

  /** Gives a user a session, as a sign-in does. */
  async function beginSession(ownerId: string): Promise<void> {
    const data = { id: sessionOf(ownerId), ownerId, expiresAt: new Date(Date.now() + 24 * 3_600_000) };
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
      call(method, path, { token: await assertion(userId), body }),
    /** Calls as a machine client that holds the internal key and names a user, or nobody. */
    machine: (userId: string | undefined, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, path, { token: INTERNAL_KEY, headers: { ...(userId && { 'x-user-id': userId }), ...headers }, body }),
    /** Waits until nothing is being done to an agent: provisioning answers after 15 seconds, and a busy machine takes longer. */
    async settled(agentId: string): Promise<void> {
      const where = { agentId, finishedAt: null };
      while (await server.context.database.as('service', (tx) => tx.operation.count({ where }))) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stop() {
      await server.stop();
      await expectNothingInClear(config.DATABASE_URL, { log: lines.join('') });
    },
    /** A new account's id. The first one is the administrator. */
    async account(email = `${randomName(8)}@example.com`): Promise<string> {
      const { body } = await call('POST', '/api/register', {
        token: await assertion(undefined),
        body: { email, password: canary('a long password ') },
      });
      await beginSession(body.id);
      return body.id;
    },
  };
}

/**
 * A backend with the machine's real engine and the real image, under an installation name of its own.
 * @param settings must give AGENT_PORT_BASE and AGENT_SUBNET that no other test uses
 */
export async function startBackendWithDocker(installation: string, settings: Record<string, string>) {
  const name = `test-${installation}-${randomName(4)}`;
  const backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  const backend = await startBackend({
    DOCKER_HOST: process.env.DOCKER_HOST ?? '',
    INSTALLATION: name,
    OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
    BACKUP_DIR: backups,
    ...settings,
  });
  return {
    ...backend,
    /** Ends this process alone: the agents' containers stay. */
    leave: backend.stop,
    async stop() {
      try {
        await backend.stop();
        await expectNothingInClear(backend.config.DATABASE_URL, { backups: await readFiles(backups) });
      } finally {
        await removeLeftovers(name);
        await rm(backups, { recursive: true, force: true });
      }
    },
  };
}

/** Removes what failed tests left of an installation on the engine. */
export async function removeLeftovers(installation: string): Promise<void> {
  const docker = new Docker();
  const filters = { label: [`agentbot.installation=${installation}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) await docker.getContainer(Id).remove({ force: true });
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}

export type TestBackend = Awaited<ReturnType<typeof startBackend>>;
