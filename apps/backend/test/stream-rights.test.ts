import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { sha256 } from '../src/shared/sha256.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';

/**
 * A stream ends when its grant ends. The tests open streams at one backend process and end the grant at another.
 */

/** Far below the 15 seconds after which a stream checks its grant again. */
const SOON_MS = 3_000;
const PASSWORD = canary('a long password ');

let backend: TestBackend;
let other: TestBackend;
/** Connected as the owner of the tables, which may disable triggers. */
let database: pg.Client;
let admin: string;
let backups: string;

beforeAll(async () => {
  backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  backend = await startBackend({ BACKUP_DIR: backups });
  other = await startBackend({ DATABASE_URL: backend.config.DATABASE_URL });
  database = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await database.connect();
  admin = await backend.account();
});
afterAll(async () => {
  await database.end();
  await Promise.all([backend.stop(), other.stop()]);
  await rm(backups, { recursive: true });
});

interface Grant {
  token: () => Promise<string> | string;
  /** The id of the key or session. */
  id: string;
}
interface Owner {
  id: string;
  email: string;
  /** Paths of one stream of each kind. */
  streams: Record<'overview' | 'log' | 'reply' | 'operation', string>;
}
let owner: Owner;
let owners = 0;

beforeEach(async () => {
  const email = `owner${owners++}@example.com`;
  const id = await backend.account(email);
  const agentId = (await backend.machine(id, 'POST', '/api/agents', { name: 'Watched' })).body.id;
  const [messageId, operationId] = [`msg_${id}`, `op_${id}`];
  await backend.context.database.as('service', async (tx) => {
    await tx.chatSession.create({ data: { id: `sess_${id}`, agentId, ownerId: id } });
    const message = { agentId, ownerId: id, sessionId: `sess_${id}`, sender: 'user', content: 'Hello' };
    await tx.message.create({ data: { id: messageId, ...message } });
    await tx.reply.create({ data: { id: messageId, agentId, ownerId: id } });
    await tx.operation.create({ data: { id: operationId, agentId, ownerId: id, kind: 'stop', state: 'running', startedAt: new Date() } });
  });
  owner = {
    id,
    email,
    streams: {
      overview: '/api/overview/stream',
      log: `/api/logs/${agentId}/stream`,
      reply: `/api/chat/${messageId}/stream`,
      operation: `/api/agents/${agentId}/operations/${operationId}/stream`,
    },
  };
});

async function apiKey(user = owner.id, expiresAt?: Date): Promise<Grant> {
  const { id, key } = (await backend.as(user, 'POST', '/api/keys', { name: 'k', ...(expiresAt && { expiresAt }) })).body;
  return { id, token: () => key };
}
async function session({ id: user, email } = owner): Promise<Grant> {
  const { body } = await backend.as(undefined, 'POST', '/api/credentials/verify', { email, password: PASSWORD });
  return { id: body.session, token: () => assertion(user, { session: body.session }) };
}

/** Opens a stream and collects its text. */
async function open(path: string, { token }: Grant) {
  const response = await fetch(backend.url + path, { headers: { authorization: `Bearer ${await token()}` } });
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  let over = false;
  const ended = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += Buffer.from(read.value).toString();
  })()
    .catch(() => undefined)
    .finally(() => {
      over = true;
    });
  for (const late = Date.now() + SOON_MS; !text && Date.now() < late; ) await sleep(10);
  return {
    isOver: () => over,
    text: () => text,
    /** Whether the stream ends in time. */
    endsWithin: (ms: number) => Promise.race([ended.then(() => true), sleep(ms, false)]),
    leave: () => reader.cancel(),
  };
}
const openAll = async (grant: Grant) =>
  Object.fromEntries(
    await Promise.all(Object.entries(owner.streams).map(async ([name, path]) => [name, await open(path, grant)] as const)),
  ) as Record<keyof Owner['streams'], Awaited<ReturnType<typeof open>>>;
const endWithin = async (streams: Awaited<ReturnType<typeof openAll>>, ms: number) =>
  Object.fromEntries(await Promise.all(Object.entries(streams).map(async ([name, stream]) => [name, await stream.endsWithin(ms)])));
const everyEnds = { overview: true, log: true, reply: true, operation: true };

/** Sets a new password with a reset link that is inserted here instead of mailed. */
async function reset(): Promise<void> {
  const token = String(owners).padStart(43, 'x');
  const link = { hash: sha256(token), ownerId: owner.id, expiresAt: new Date(Date.now() + 60_000) };
  await other.context.database.as('service', (tx) => tx.passwordReset.create({ data: link }));
  const { status } = await other.as(undefined, 'POST', '/api/password/reset', { token, password: canary('another long password ') });
  expect(status).toBe(200);
}
const deleteUser = () => database.query('DELETE FROM users WHERE id = $1', [owner.id]);

describe('every stream ends within 3 seconds when', () => {
  const causes: [string, () => Promise<Grant>, (grant: Grant) => Promise<unknown>][] = [
    ['its API key is revoked', apiKey, ({ id }) => other.as(owner.id, 'DELETE', `/api/keys/${id}`)],
    ['its session is signed out', session, ({ id }) => other.as(undefined, 'POST', '/api/credentials/sign-out', { session: id })],
    ['its user’s password is reset', session, reset],
    ['the user of its API key is deleted', apiKey, deleteUser],
    ['the user of its session is deleted', session, deleteUser],
  ];
  test.each(causes)('%s', async (_, newGrant, end) => {
    const grant = await newGrant();
    const streams = await openAll(grant);
    expect(Object.values(streams).some((stream) => stream.isOver())).toBe(false);
    await end(grant);
    expect(await endWithin(streams, SOON_MS)).toEqual(everyEnds);
  });

  test('its API key expires', async () => {
    const grant = await apiKey(owner.id, new Date(Date.now() + 2_500));
    const streams = await openAll(grant);
    expect(Object.values(streams).some((stream) => stream.isOver())).toBe(false);
    expect(await endWithin(streams, 2_500 + SOON_MS)).toEqual(everyEnds);
  });

  test('its session expires', async () => {
    const grant = await session();
    const expires = new Date(Date.now() + 2_500);
    await database.query('UPDATE sessions SET expires_at = $1 WHERE id = $2', [expires, grant.id]);
    const streams = await openAll(grant);
    expect(Object.values(streams).some((stream) => stream.isOver())).toBe(false);
    expect(await endWithin(streams, 2_500 + SOON_MS)).toEqual(everyEnds);
  });

  test('the agent of its agent-bound API key is deleted', async () => {
    const agentId = (await backend.machine(owner.id, 'GET', '/api/agents')).body[0].id;
    const { id, key } = (await backend.as(owner.id, 'POST', '/api/keys', { name: 'k', agentId })).body;
    const stream = await open(`/api/overview/stream?agentId=${agentId}`, { id, token: () => key });
    await database.query('DELETE FROM agents WHERE id = $1', [agentId]);
    expect(await stream.endsWithin(SOON_MS)).toBe(true);
  });
});

test('a revoked key ends no stream of another key, session or user', async () => {
  const neighbour = await open('/api/overview/stream', await apiKey(admin));
  const [key, revoked, kept] = [await apiKey(), await apiKey(), await session()];
  const [byKey, bySession, gone] = await Promise.all([key, kept, revoked].map((grant) => open('/api/overview/stream', grant)));
  await other.as(owner.id, 'DELETE', `/api/keys/${revoked.id}`);
  expect(await gone?.endsWithin(SOON_MS)).toBe(true);
  await sleep(500);
  expect([byKey?.isOver(), bySession?.isOver(), neighbour.isOver()]).toEqual([false, false, false]);
  await Promise.all([byKey, bySession, neighbour].map((stream) => stream?.leave()));
});

test('a stream sends no change that follows the revocation of its key', async () => {
  const grant = await apiKey();
  const stream = await open('/api/overview/stream', grant);
  await other.as(owner.id, 'DELETE', `/api/keys/${grant.id}`);
  await database.query(`UPDATE agents SET name = 'AFTER THE END' WHERE owner_id = $1`, [owner.id]);
  expect(await stream.endsWithin(SOON_MS)).toBe(true);
  expect(stream.text()).not.toContain('AFTER THE END');
});

test('a backup download is aborted when its key is revoked', async () => {
  const agentId = (await backend.machine(owner.id, 'GET', '/api/agents')).body[0].id;
  // Far above the size of the socket buffers.
  const sizeBytes = 128 * 1024 * 1024;
  const digest = createHash('sha256').update(Buffer.alloc(sizeBytes)).digest('hex');
  const content = { cause: 'manual', name: 'large.tar.gz', sizeBytes, sha256: digest };
  const backup = { id: `bk_${owner.id}`, agentId, ownerId: owner.id, ...content };
  await backend.context.database.as('service', (tx) => tx.backup.create({ data: backup }));
  const file = path.join(backups, backup.name);
  await writeFile(file, '');
  await truncate(file, sizeBytes);
  const { id, token } = await apiKey();
  const headers = { authorization: `Bearer ${await token()}` };
  const response = await fetch(`${backend.url}/api/agents/${agentId}/backups/${backup.id}/download`, { headers });
  expect(response.status).toBe(200);
  await other.as(owner.id, 'DELETE', `/api/keys/${id}`);
  await sleep(1_000);
  await expect(response.arrayBuffer()).rejects.toThrow('terminated');
});

describe('without a notification', () => {
  /** Deletes the key without the trigger that notifies the processes. */
  async function endSilently({ id }: Grant): Promise<void> {
    await database.query('SET session_replication_role = replica');
    await database.query('DELETE FROM api_keys WHERE id = $1', [id]);
    await database.query('SET session_replication_role = origin');
  }

  test('a stream ends at its next check of the grant, after at most 15 seconds', async () => {
    const grant = await apiKey();
    const streams = await openAll(grant);
    await endSilently(grant);
    expect(await endWithin(streams, 15_000 + SOON_MS)).toEqual(everyEnds);
  });

  test('a stream ends when its process reconnects its LISTEN connection', async () => {
    const grant = await apiKey();
    const streams = await openAll(grant);
    await endSilently(grant);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    expect(await endWithin(streams, SOON_MS)).toEqual(everyEnds);
  });
});
