import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeSettings, readConfig } from './config.ts';

const settingNames = Object.keys(describeSettings());

const read = (name: string) => readFileSync(path.join(import.meta.dirname, '../../../..', name), 'utf8');
const examples = parseEnv(read('.env.example'));
const required = {
  DATABASE_URL: 'postgresql://someone@127.0.0.1/agentbot',
  INTERNAL_API_KEY: randomBytes(32).toString('hex'),
  ASSERTION_SECRET: randomBytes(32).toString('hex'),
  ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
};

test('readConfig names every missing variable and no value', () => {
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret', DATABASE_URL: 'mysql://user:pw@host/db' })).toThrow(
    /DATABASE_URL[\s\S]*INTERNAL_API_KEY[\s\S]*ASSERTION_SECRET/,
  );
  expect(() => readConfig({ INTERNAL_API_KEY: 'short-secret' })).toThrow(expect.not.stringContaining('short-secret'));
});

test('readConfig has the defaults that .env.example shows', () => {
  expect(Object.keys(examples).length).toBeGreaterThan(80);
  expect(readConfig({ ...examples, ...required })).toEqual(readConfig(required));
});

test('readConfig takes for an empty variable what .env.example says of it', () => {
  const config = readConfig({ ...examples, ...required, GATEWAY_PORT: '10007', AGENTS_DOMAIN: 'agents.example.com' });
  expect(config).toMatchObject({ GATEWAY_PUBLIC_URL: 'http://localhost:10007', PROVISION_DOMAIN: 'agents.example.com' });
  // Empty: not offered, or none.
  const off = [
    'SMTP_URL',
    'METRICS_TOKEN',
    'EGRESS_PORT',
    'CLONE_TREASURY_ADDRESS',
    'STRIPE_SECRET_KEY',
    'BACKUP_S3_BUCKET',
    'BASE_RPC_URL',
  ];
  for (const name of off) expect([name, config[name as keyof typeof config]]).toEqual([name, undefined]);
  expect(config.CORS_ORIGINS).toEqual([]);
  expect(config.PLAN_BUDGETS).toEqual({});
  expect(config.PLAN_ALLOWANCES).toEqual({});
});

test('PLAN_BUDGETS has dollars per day and month by plan, in micro-dollars', () => {
  const read = (budgets: string) => readConfig({ ...required, PLAN_BUDGETS: budgets }).PLAN_BUDGETS;
  expect(read('solo=1/20, network=/500,label=0.25/')).toEqual({
    solo: { daily: 1_000_000n, monthly: 20_000_000n },
    network: { monthly: 500_000_000n },
    label: { daily: 250_000n },
  });
  for (const invalid of ['solo=1', 'gold=1/2', 'solo=-1/2', 'solo=1/2;label=1/2', 'solo=one/two'])
    expect(() => read(invalid)).toThrow(/PLAN_BUDGETS: must look like solo=1\/20,network=\/500/);
});

test('PLAN_ALLOWANCES has the form of budgets, and an allowance needs an amount', () => {
  const read = (allowances: string) => readConfig({ ...required, PLAN_ALLOWANCES: allowances }).PLAN_ALLOWANCES;
  expect(read('solo=1/10,label=0/')).toEqual({ solo: { daily: 1_000_000n, monthly: 10_000_000n }, label: { daily: 0n } });
  expect(() => read('solo=1')).toThrow(/PLAN_ALLOWANCES: must look like solo=1\/20/);
  expect(() => read('solo=1/10,network=/')).toThrow(/PLAN_ALLOWANCES: must give each plan dollars per day or month/);
});

test('.env.example has every setting of the backend, and docker-compose.yml sets no other for the backend', () => {
  expect(settingNames.filter((name) => !(name in examples))).toEqual(['NODE_ENV']);
  const [, service = ''] = /\n {2}backend:\n([\s\S]*?)\n\n {2}\S/.exec(read('docker-compose.yml')) ?? [];
  const set = [...service.matchAll(/^ {6}([A-Z][A-Z0-9_]+): /gm)].map(([, name = '']) => name);
  expect(set.length).toBeGreaterThan(60);
  expect(set.filter((name) => !settingNames.includes(name))).toEqual([]);
});
