import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config/config.ts';
import { createChains } from '../src/infra/chain/chains.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';

const hex = () => randomBytes(32).toString('hex');
const secrets = {
  INTERNAL_API_KEY: hex(),
  ASSERTION_SECRET: hex(),
  ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  DATABASE_URL: `postgresql://someone:${hex()}@127.0.0.1:1/agentbot`,
};
const production = { ...secrets, NODE_ENV: 'production' };

describe('readConfig in production', () => {
  test('accepts random secrets', () => {
    expect(readConfig(production).NODE_ENV).toBe('production');
  });

  test('throws without secrets and names each one', () => {
    const read = () => readConfig({ NODE_ENV: 'production' });
    for (const name of Object.keys(secrets)) expect(read).toThrow(new RegExp(`^  ${name}: `, 'm'));
  });

  test.each([
    ['INTERNAL_API_KEY', 'change-me-change-me-change-me-change-me', 'is a default or an example'],
    ['INTERNAL_API_KEY', 'a'.repeat(64), 'is not random'],
    ['INTERNAL_API_KEY', 'short', 'must have at least 32 characters'],
    ['ASSERTION_SECRET', 'this-is-a-secret-for-development-only-0123', 'is a default or an example'],
    ['ASSERTION_SECRET', production.INTERNAL_API_KEY, 'is the same as INTERNAL_API_KEY'],
    ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(32).toString('base64')}`, 'is not random'],
    ['ENCRYPTION_KEYS', 'k1:short', 'must be id:base64 of 32 bytes, several with commas'],
    ['ENCRYPTION_KEYS', `${secrets.ENCRYPTION_KEYS},${secrets.ENCRYPTION_KEYS}`, 'has two keys with the id k1'],
    ['DATABASE_URL', 'postgresql://postgres:postgres@127.0.0.1/agentbot', 'is a default or an example'],
    ['DATABASE_URL', 'postgresql://agentbot@127.0.0.1/agentbot', 'must have at least 12 characters'],
    ['METRICS_TOKEN', 'changemechangeme', 'is a default or an example'],
    ['METRICS_TOKEN', '0'.repeat(32), 'is not random'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_changeme', 'is a default or an example'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_x1y2z3', 'must have at least 32 characters'],
  ])('refuses %s=%j', (name, value, reason) => {
    const read = () => readConfig({ ...production, [name]: value });
    expect(read).toThrow(`  ${name}: ${reason}`);
    expect(read).not.toThrow(value);
  });

  test('refuses STRIPE_SECRET_KEY without STRIPE_WEBHOOK_SECRET', () => {
    const withStripe = { ...production, STRIPE_SECRET_KEY: `sk_live_${hex()}` };
    expect(() => readConfig(withStripe)).toThrow('  STRIPE_WEBHOOK_SECRET: is not set, but STRIPE_SECRET_KEY is');
    const withWebhook = { ...withStripe, STRIPE_WEBHOOK_SECRET: `whsec_${hex()}`, METRICS_TOKEN: hex() };
    expect(readConfig(withWebhook)).toMatchObject(withWebhook);
  });

  test('is stricter than in development, where DATABASE_URL needs no password', () => {
    expect(readConfig({ ...secrets, DATABASE_URL: 'postgresql://postgres@127.0.0.1/x' }).NODE_ENV).toBe('development');
  });
});

test('createLogger redacts every configured secret and the keys in the URLs of chain nodes', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const key = hex();
  const configured = {
    METRICS_TOKEN: hex(),
    MUX_TOKEN_SECRET: `mux "${hex()}"`,
    STRIPE_SECRET_KEY: `rk_live_${hex()}`,
    STRIPE_WEBHOOK_SECRET: hex(),
    BACKUP_S3_SECRET_ACCESS_KEY: `${hex()}/+=`,
  };
  const nodes = {
    TEMPO_RPC_URL: `http://127.0.0.1:1/v3/${key}`,
    BASE_RPC_URL: `http://127.0.0.1:1/?apikey=${key}`,
    ETHEREUM_RPC_URL: `http://user:${key}@127.0.0.1:1/`,
    EAS_RPC_URL: 'http://127.0.0.1:1/rpc',
  };
  const config = readConfig({ ...secrets, ...configured, ...nodes, SMTP_URL: `smtp://me:${key}@127.0.0.1:1` });
  const log = createLogger({ ...config, LOG_LEVEL: 'info' }, sink);
  const { tempo, base, ethereum, eas } = createChains(config);
  for (const reader of [tempo, base, ethereum, eas]) await reader?.client.getChainId().catch((err) => log.warn({ err }, 'no answer'));
  log.error(`They are ${Object.values(configured).join(', ')} and ${key}`);
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 40, 40, 40, 50]);
  const text = lines.join('');
  for (const secret of [key, ...Object.values(configured)]) expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  expect(lines[0]).toContain('URL: http://127.0.0.1:1[redacted]');
  expect(lines[3]).toContain('URL: http://127.0.0.1:1/rpc');
});

test('createLogger redacts secrets in nested objects, errors, causes, URLs and messages', () => {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger({ ...readConfig(secrets), LOG_LEVEL: 'info' }, sink);
  const canary = 'CANARY-4711';
  const error = Object.assign(
    new Error(`connect ${secrets.DATABASE_URL} with ${secrets.INTERNAL_API_KEY}`, { cause: new Error(`sk-or-${hex()}`) }),
    {
      config: { headers: { authorization: canary }, data: [{ apiKey: canary }] },
    },
  );
  const circular: Record<string, unknown> = { token: canary };
  circular.self = circular;
  log.error({ err: error, agent: { secrets: { telegramToken: canary }, env: [canary] }, circular }, `Bearer ${hex()} was wrong`);
  log
    .child({ request: `https://x.example/?token=${canary}` })
    .warn(
      `123456789:${'A'.repeat(35)}, https://api.telegram.org/bot471147114:${'B'.repeat(35)}/getMe and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc`,
    );
  const text = lines.join('');
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([50, 40]);
  for (const secret of [
    canary,
    ...Object.values(secrets).map((value) => value.replace(/^k1:|^.*someone:|@.*$/g, '')),
    'sk-or-',
    'eyJ',
    'AAAAA',
    'BBBBB',
  ]) {
    expect(text).not.toContain(secret);
  }
  expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
    type: 'Error',
    message: 'connect postgresql://someone:[redacted]@127.0.0.1:1/agentbot with [redacted]: [redacted]',
  });
});
