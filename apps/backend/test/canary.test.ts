import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { createDatabase } from '@agentbot/local-stack/postgres';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { startBucket } from '@agentbot/test-doubles/bucket';
import { canary, canaryKey, dumpDatabase, findInClear, openArchive } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { startMux } from '@agentbot/test-doubles/mux';
import { startStripe } from '@agentbot/test-doubles/stripe';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startServer } from '../src/app/server.ts';
import { readConfig } from '../src/config/config.ts';
import { readAgentSecrets } from '../src/infra/crypto/agent-secrets.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';
import { randomName } from '../src/shared/ids.ts';
import { removeLeftovers } from './backend.ts';

/** Plants secrets of every kind, runs an agent through its life cycle, and searches all output for them. */

const planted = {
  INTERNAL_API_KEY: canary('internal-'),
  ASSERTION_SECRET: canary('assertion-'),
  encryptionKey: canaryKey(),
  password: canary('pass '),
  modelKey: canary('sk-or-'),
  telegramToken: canary('471147114:'),
  discordBotToken: canary('discord.'),
  slackBotToken: canary('xoxb-'),
  slackAppToken: canary('xapp-'),
  credential: canary('sk-ant-'),
  METRICS_TOKEN: canary('metrics-'),
  MUX_TOKEN_SECRET: canary('mux-'),
  STRIPE_SECRET_KEY: canary('rk_test_'),
  STRIPE_WEBHOOK_SECRET: canary('whsec_'),
  BACKUP_S3_SECRET_ACCESS_KEY: canary('bucket/'),
  smtpPassword: canary('mail-'),
  nodeKey: canary('v3-'),
  // The double numbers its stream keys.
  streamKey: 'mux-stream-key-canary-1',
};
const name = `canary_${randomName(8)}`;
const installation = name.replace('_', '-');
const lines: string[] = [];
let server: Awaited<ReturnType<typeof startServer>>;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let mux: Awaited<ReturnType<typeof startMux>>;
let stripe: Awaited<ReturnType<typeof startStripe>>;
let bucket: Awaited<ReturnType<typeof startBucket>>;
let backups: string;
/** The current account. The first one is the administrator. */
let user = '';

beforeAll(async () => {
  const admin = process.env.TEST_POSTGRES_URL as string;
  await createDatabase(admin, name);
  backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  model = await startModelProvider({ apiKey: planted.modelKey });
  mux = await startMux({ tokenId: 'mux-token', tokenSecret: planted.MUX_TOKEN_SECRET });
  stripe = await startStripe({ apiKey: planted.STRIPE_SECRET_KEY });
  stripe.setPrice('price_solo', { amount: 1_900 });
  bucket = await startBucket({ accessKeyId: 'key-of-the-bucket', secretAccessKey: planted.BACKUP_S3_SECRET_ACCESS_KEY });
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
    ...(await takeAgentSlots()).settings,
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    API_RATE_LIMIT: '10000',
    BACKUP_DIR: backups,
    BACKUP_S3_BUCKET: 'kept',
    BACKUP_S3_ENDPOINT: bucket.url,
    BACKUP_S3_ACCESS_KEY_ID: 'key-of-the-bucket',
    BACKUP_S3_SECRET_ACCESS_KEY: planted.BACKUP_S3_SECRET_ACCESS_KEY,
    METRICS_TOKEN: planted.METRICS_TOKEN,
    MUX_TOKEN_ID: 'mux-token',
    MUX_TOKEN_SECRET: planted.MUX_TOKEN_SECRET,
    MUX_BASE_URL: mux.url,
    STRIPE_SECRET_KEY: planted.STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET: planted.STRIPE_WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
    STRIPE_PRICE_SOLO: 'price_solo',
    SMTP_URL: `smtp://mailer:${planted.smtpPassword}@127.0.0.1:1`,
    // No node listens on this port.
    ETHEREUM_RPC_URL: `http://127.0.0.1:1/${planted.nodeKey}`,
    LOG_LEVEL: 'debug',
  });
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  server = await startServer(config, createLogger(config, sink));
});
afterAll(async () => {
  await server?.stop();
  await removeLeftovers(installation);
  await rm(backups, { recursive: true, force: true });
  await Promise.all([model, mux, stripe, bucket].map((double) => double?.close()));
});

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

/** Makes requests whose upstream service fails while the backend holds a secret for it. @returns the answers */
async function failUpstreams(agentId: string) {
  const { address, signMessage } = privateKeyToAccount(generatePrivateKey());
  const ens = { verificationType: 'ens', walletAddress: address, metadata: { ensName: 'canary.eth' } };
  const { message } = (await call('POST', `/api/agents/${agentId}/verify/challenge`, ens)).body;
  const proof = { ...ens, signature: await signMessage({ message }) };
  const failed = [await call('POST', `/api/agents/${agentId}/verify`, proof)];

  stripe.setDown(true);
  failed.push(await call('GET', '/api/stripe/checkout?plan=solo'));
  stripe.setDown(false);
  expect((await call('GET', '/api/stripe/checkout?plan=solo')).status).toBe(200);
  expect((await call('POST', '/api/stripe/webhook', {}, planted.STRIPE_WEBHOOK_SECRET)).status).toBe(400);

  // The stream is created and removed again: the account has reached its agent limit.
  const provision = () => call('POST', '/api/provision', { telegramToken: planted.telegramToken, plan: 'solo' });
  const administrator = user;
  user = '';
  user = (await call('POST', '/api/register', { email: `${randomName(6)}@example.com`, password: planted.password })).body.id;
  await server.context.accounts.grantPlan(user, 'solo');
  await call('POST', '/api/agents', { name: 'The only one' });
  expect((await provision()).status).toBe(402);
  expect(mux.asked).toHaveLength(1);
  mux.setFault('fails');
  failed.push(await provision());
  user = administrator;

  expect(failed.map(({ status }) => status)).toEqual([500, 500, 500]);
  return failed;
}

test('findInClear finds a secret in text, in a truncated archive, in hex and in base64 at any offset', () => {
  const secret = canary('sk-');
  const archive = gzipSync(`${'before '.repeat(100)}${secret}${'after '.repeat(100_000)}`);
  const forms = [
    `"apiKey":"${secret}"`,
    openArchive(archive.subarray(0, archive.length - 20)),
    Buffer.from(secret).toString('hex'),
    ...['', 'x', 'xy'].map((before) => Buffer.from(before + secret).toString('base64url')),
    `Bearer eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(43)}`,
    `key sk_${'c'.repeat(43)}`,
  ];
  for (const text of forms) expect(findInClear({ there: text })).toHaveLength(1);
  expect(findInClear({ there: 'nothing of the kind, sk_test_1' })).toEqual([]);
});

test('logs, database, backups, exports and errors hold no secret in clear', async () => {
  const { database, envelope } = server.context;
  const email = `${randomName(6)}@example.com`;
  const account = (await call('POST', '/api/register', { email, password: planted.password })).body;
  await call('POST', '/api/credentials/verify', { email, password: `${planted.password}x` });
  expect((await call('POST', '/api/password/forgot', { email })).status).toBe(200);
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
      slackBotToken: planted.slackBotToken,
      slackAppToken: planted.slackAppToken,
    },
  });
  expect(made).toMatchObject({ status: 201 });
  const { id } = made.body.agent;
  const open = { agentId: id, finishedAt: null };
  while (await database.as('service', (tx) => tx.operation.count({ where: open })))
    await new Promise((resolve) => setTimeout(resolve, 200));
  const secrets = await database.as('service', (tx) => readAgentSecrets(tx, envelope, id));

  // Requests that succeed and requests that fail, each with a secret in it.
  expect((await call('POST', '/api/chat', { message: 'Hello', agentId: id })).status).toBe(200);
  await call('POST', `/api/agent?agentId=${id}`, { action: 'set-credential', agentId: id, key: 'anthropic', value: planted.credential });
  await call('PUT', `/api/agents/${id}/config`, { telegramToken: planted.telegramToken, plan: planted.modelKey });
  await call('POST', '/api/agents', `{"name": "${planted.modelKey}`);
  await call('GET', `/api/agents/${id}/logs?token=${planted.discordBotToken}`);
  // A refusal of swapped tokens must not repeat them.
  const swapped = { slackBotToken: planted.slackAppToken, slackAppToken: planted.slackBotToken };
  expect((await call('PUT', `/api/agents/${id}/config`, swapped)).status).toBe(400);
  await call('GET', '/api/agents', undefined, planted.ASSERTION_SECRET);
  await call('POST', `/api/agents/${id}/restart`, { apiKey: planted.modelKey });
  expect((await call('POST', `/api/agents/${id}/backups`)).status).toBe(201);
  const shown = [
    await call('GET', '/metrics', undefined, planted.METRICS_TOKEN),
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
  shown.push(...(await failUpstreams(id)));

  const archives = [...bucket.objects.values()];
  expect(archives.length).toBeGreaterThan(0);
  const places = {
    log: lines.join(''),
    database: await dumpDatabase(server.context.config.DATABASE_URL),
    backups: archives.map(openArchive).join(''),
    answers: JSON.stringify(shown),
  };
  for (const text of Object.values(places)) expect(text.length).toBeGreaterThan(1_000);
  const wanted: Record<string, string | undefined> = { ...planted, gatewayToken: secrets.gatewayToken, deviceKey: secrets.deviceKey };
  const found = Object.entries(wanted).flatMap(([what, secret]) => {
    expect(secret?.length).toBeGreaterThan(12);
    const forms = [secret ?? '', encodeURIComponent(secret ?? ''), Buffer.from(secret ?? '').toString('base64')];
    return Object.entries(places).flatMap(([place, text]) => (forms.some((form) => text.includes(form)) ? [`${what} in ${place}`] : []));
  });
  expect([...found, ...findInClear(places)]).toEqual([]);
});
