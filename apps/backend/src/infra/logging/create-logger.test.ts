import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { readConfig } from '../../config/config.ts';
import { createLogger } from './create-logger.ts';

const own = {
  DATABASE_URL: 'postgres://u:database-pass-1@127.0.0.1/db',
  INTERNAL_API_KEY: `internal-${'i'.repeat(32)}`,
  ASSERTION_SECRET: `assertion-${'a'.repeat(32)}`,
  ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 1).toString('base64')}`,
  METRICS_TOKEN: `metrics-${'m'.repeat(32)}`,
  SMTP_URL: 'smtp://u:mail-pass-1@127.0.0.1:25',
  ETHEREUM_RPC_URL: 'https://node.example/v2/provider-key-1',
};
const config = readConfig({ ...own, LOG_LEVEL: 'debug' });

/** The line that the logger writes. */
function written(fields: object, message = 'm'): string {
  let line = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      line += String(chunk);
      done();
    },
  });
  createLogger(config, sink).info(fields, message);
  return line;
}

// Forms of the services' documentation: OpenAI and Stripe keys, Slack tokens, JWTs, Telegram bot tokens, URLs.
test.each([
  ['Authorization: Bearer abcdefgh12345678', 'abcdefgh12345678'],
  ['Incorrect API key provided: sk-proj-abcdefgh1234', 'sk-proj-abcdefgh1234'],
  ['No such key: rk_live_abcdefgh1234', 'rk_live_abcdefgh1234'],
  ['whsec_abcdefgh1234 does not match', 'whsec_abcdefgh1234'],
  ['slack said no to xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrz', 'pdFZKVeTuE8sk7oOcBrz'],
  ['slack said no to xapp-1-A0123456-abcdefgh1234', 'abcdefgh1234'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl expired', 'eyJzdWIiOiJ4In0'],
  ['GET https://api.telegram.org/bot471147114:AAabcdefghijklmnopqrstuvwxyz0123456/getMe', 'AAabcdefghijklmnopqrstuvwxyz0123456'],
  ['connect to postgres://user:p4ssw0rd@db.example/x', 'p4ssw0rd'],
  ['GET https://api.example/v1?key=abcdef', 'abcdef'],
  ['GET https://api.example/v1?x=1&access_token=abcdef&y=2', 'abcdef'],
])('a log line does not repeat the secret in “%s”', (text, secret) => {
  for (const line of [written({}, text), written({ err: new Error(text) }), written({ deep: { detail: [text] } })]) {
    expect(line).toContain('[redacted]');
    expect(line).not.toContain(secret);
  }
});

test.each([
  'authorization',
  'cookie',
  'password',
  'passwordHash',
  'clientSecret',
  'secretEnv',
  'gatewayToken',
  'apiKey',
  'api_key',
  'privateKey',
  'deviceKey',
  'streamKey',
  'sealed',
  'env',
  'credential',
  'signature',
])('a log line redacts the field %s at any depth', (name) => {
  const line = written({ [name]: 'plain-value', a: { list: [{ [name]: { inner: 'plain-value' } }] } });
  expect(line).not.toContain('plain-value');
  expect(JSON.parse(line)[name]).toBe('[redacted]');
});

test('a log line keeps the other fields, and the message and the stack of an error', () => {
  const line = JSON.parse(written({ agentId: 'agent_1', tokens: undefined, err: new TypeError('bad') }));
  expect(line).toMatchObject({
    agentId: 'agent_1',
    err: { type: 'TypeError', message: 'bad', stack: expect.stringContaining('TypeError: bad') },
  });
});

test.each([
  ['the internal key', own.INTERNAL_API_KEY],
  ['the assertion secret', own.ASSERTION_SECRET],
  ['the encryption key', own.ENCRYPTION_KEYS.slice(2)],
  ['the metrics token', own.METRICS_TOKEN],
  ['the database’s password', 'database-pass-1'],
  ['the mail server’s password', 'mail-pass-1'],
  // Providers put the key into the path; an error of viem contains the whole address.
  ['the key in a chain node’s address', '/v2/provider-key-1'],
])('a log line does not repeat %s of the installation', (_name, secret) => {
  expect(written({ detail: `x${secret}y` }, `z${secret}`)).not.toContain(secret);
});
