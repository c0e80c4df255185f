import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { createDatabase } from '@agentbot/local-stack/postgres';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { readConfig } from '../src/config.ts';
import { randomName } from '../src/ids.ts';
import { createLogger } from '../src/log/create-logger.ts';
import { readAgentSecrets } from '../src/secrets/agent-secrets.ts';
import { startServer } from '../src/server.ts';
import { removeLeftovers } from './backend.ts';

/** Secrets of every kind are planted, a whole agent's life is lived, and then everything that was written is read. */

const canary = (prefix = '') => `${prefix}CANARY${randomBytes(12).toString('hex')}`;
const planted = {
  INTERNAL_API_KEY: canary('internal-'),
  ASSERTION_SECRET: canary('assertion-'),
  encryptionKey: randomBytes(32).toString('base64'),
  password: canary('pass '),
  modelKey: canary('sk-or-'),
  telegramToken: `471147114:${canary()}`,
  discordBotToken: canary('discord.'),
  credential: canary('sk-ant-'),
};
const name = `canary_${randomName(8)}`;
const installation = name.replace('_', '-');
const lines: string[] = [];
let server: Awaited<ReturnType<typeof startServer>>;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backups: string;
/** The first account, which administers. */
let user = '';

beforeAll(async () => {
  const admin = process.env.TEST_POSTGRES_URL as string;
  await createDatabase(admin, name);
  backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  model = await startModelProvider({ apiKey: planted.modelKey });
  const config = readConfig({
    DATABASE_URL: admin.replace(/\/postgres$/, `/${name}`),
    MIGRATE_ON_START: 'true',
    BACKEND_PORT: '0',
    GATEWAY_PORT: '0',
    INTERNAL_API_KEY: planted.INTERNAL_API_KEY,
    ASSERTION_SECRET: planted.ASSERTION_SECRET,
    ENCRYPTION_KEYS: `k1:${planted.encryptionKey}`,
    DOCKER_HOST: process.env.DOCKER_HOST ?? '',
    INSTALLATION: installation,
    OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
    AGENT_PORT_BASE: '22600',
    AGENT_SUBNET: '10.237.0.0/16',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    API_RATE_LIMIT: '10000',
    BACKUP_DIR: backups,
    LOG_LEVEL: 'debug',
  });
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  server = await startServer(config, createLogger(config, sink));
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await removeLeftovers(installation);
  await rm(backups, { recursive: true, force: true });
  await model.close();
}, 60_000);

async function call(method: string, address: string, body?: unknown, token = planted.INTERNAL_API_KEY) {
  const response = await fetch(`http://127.0.0.1:${server.port}${address}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(user && { 'x-user-id': user }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const answer: ReturnType<typeof JSON.parse> = isJson ? JSON.parse(text) : text;
  return { status: response.status, body: answer };
}

/** Every row of every table, also the queue's, as its owner reads it. */
async function dump(): Promise<string> {
  const client = new pg.Client({ connectionString: server.context.config.DATABASE_URL });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss')",
  );
  const parts: string[] = [];
  for (const table of tables) parts.push(JSON.stringify((await client.query(`SELECT to_jsonb(t)::text AS row FROM ${table.name} t`)).rows));
  await client.end();
  return parts.join('\n');
}

test('no secret stands in clear in logs, database, backups, exports or errors', async () => {
  const { database, envelope } = server.context;
  const email = `${randomName(6)}@example.com`;
  const account = (await call('POST', '/api/register', { email, password: planted.password })).body;
  await call('POST', '/api/credentials/verify', { email, password: `${planted.password}x` });
  user = account.id;
  const made = await call('POST', '/api/agents/provision', {
    name: 'Canary',
    model: 'custom',
    config: {
      baseUrl: `http://host.docker.internal:${model.port}/v1`,
      model: 'echo-1',
      apiKey: planted.modelKey,
      telegramToken: planted.telegramToken,
      discordBotToken: planted.discordBotToken,
    },
  });
  expect(made).toMatchObject({ status: 201 });
  const { id } = made.body.agent;
  const open = { agentId: id, finishedAt: null };
  while (await database.as('service', (tx) => tx.operation.count({ where: open })))
    await new Promise((resolve) => setTimeout(resolve, 200));
  const secrets = await database.as('service', (tx) => readAgentSecrets(tx, envelope, id));

  // What goes right, and what goes wrong with a secret in hand.
  expect((await call('POST', '/api/chat', { message: 'Hello', agentId: id })).status).toBe(200);
  await call('POST', `/api/agent?agentId=${id}`, { action: 'set-credential', agentId: id, key: 'anthropic', value: planted.credential });
  await call('PUT', `/api/agents/${id}/config`, { telegramToken: planted.telegramToken, plan: planted.modelKey });
  await call('POST', '/api/agents', `{"name": "${planted.modelKey}`);
  await call('GET', `/api/agents/${id}/logs?token=${planted.discordBotToken}`);
  await call('GET', '/api/agents', undefined, planted.ASSERTION_SECRET);
  await call('POST', `/api/agents/${id}/restart`, { apiKey: planted.modelKey });
  expect((await call('POST', `/api/agents/${id}/backups`)).status).toBe(201);
  const shown = [
    await call('GET', `/api/agents/${id}`),
    await call('GET', `/api/agents/${id}/config`),
    await call('GET', `/api/agents/${id}/logs?limit=100`),
    await call('GET', `/api/logs/${id}/history`),
    await call('GET', `/api/agents/${id}/operations`),
    await call('GET', '/api/audit'),
    await call('GET', '/api/audit/export'),
  ];
  expect(shown.map(({ status }) => status)).toEqual(shown.map(() => 200));
  expect(user).toMatch(/^user_/);

  const archives = await Promise.all((await readdir(backups)).map((file) => readFile(path.join(backups, file))));
  expect(archives.length).toBeGreaterThan(0);
  const places = {
    log: lines.join(''),
    database: await dump(),
    backups: archives.map((archive) => gunzipSync(archive).toString('latin1')).join(''),
    answers: JSON.stringify(shown),
  };
  for (const text of Object.values(places)) expect(text.length).toBeGreaterThan(1_000);
  const wanted: Record<string, string | undefined> = { ...planted, gatewayToken: secrets.gatewayToken, deviceKey: secrets.deviceKey };
  const found = Object.entries(wanted).flatMap(([what, secret]) => {
    expect(secret?.length).toBeGreaterThan(12);
    const forms = [secret ?? '', encodeURIComponent(secret ?? ''), Buffer.from(secret ?? '').toString('base64')];
    return Object.entries(places).flatMap(([place, text]) => (forms.some((form) => text.includes(form)) ? [`${what} in ${place}`] : []));
  });
  expect(found).toEqual([]);
}, 240_000);
