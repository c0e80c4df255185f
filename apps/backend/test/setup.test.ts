import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startBucket } from '@agentbot/test-doubles/bucket';
import { canary } from '@agentbot/test-doubles/canaries';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testSetup } from '../src/domain/overview/test-setup.ts';
import { startBackend, type TestBackend, unreachableProviders } from './backend.ts';

/** The checklist of a new installation: what the administrator's health says of it, and the tests of its parts. */

let backend: TestBackend;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;
let folder: string;
let admin: string;
beforeAll(async () => {
  mailbox = await startMailbox();
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-setup-'));
  backend = await startBackend({ ...unreachableProviders, SMTP_URL: mailbox.url, BACKUP_DIR: path.join(folder, 'backups') });
  admin = await backend.account('admin@example.com');
});
afterAll(async () => {
  await backend.stop();
  await mailbox.close();
  await rm(folder, { recursive: true, force: true });
});

const health = async (at = backend, as = admin) => (await at.as(as, 'GET', '/api/admin/health')).body.health;
const tryPart = (part: string, at = backend, as = admin) => at.as(as, 'POST', `/api/admin/setup/${part}/test`);
/** Tries a part with other settings. */
const tryWith = (part: 'mail' | 'backups' | 'domain', settings: Partial<TestBackend['config']>) =>
  testSetup({ ...backend.context, config: { ...backend.config, ...settings } }, { kind: 'service', facade: 'backend' }, part);

test('getInstallationHealth says what is set up, and what is wrong with engine and image', async () => {
  expect(await health()).toMatchObject({
    readiness: { database: 'ok', engine: expect.stringMatching(/^The Docker Engine does not answer/), image: 'ok', queue: 'ok' },
    setup: {
      sharedKeys: 0,
      accountKeys: 0,
      mail: true,
      agentsDomain: 'agents.localhost',
      dashboardUrl: 'http://localhost:3000',
      local: true,
      backups: { kind: 'folder', address: path.join(folder, 'backups') },
    },
  });
  await backend.as(admin, 'PUT', '/api/provider-keys/openai', { apiKey: canary('sk-provider-') });
  expect((await health()).setup).toMatchObject({ sharedKeys: 0, accountKeys: 1 });
});

test('addresses of other machines are not local', async () => {
  const settings = {
    AGENTS_DOMAIN: 'agents.example.com',
    DASHBOARD_URL: 'https://agentbot.example.com',
    GATEWAY_PUBLIC_URL: 'https://agents.example.com',
  };
  const elsewhere = await startBackend(settings);
  const first = await elsewhere.account();
  expect((await health(elsewhere, first)).setup).toMatchObject({ local: false, mail: false, agentsDomain: 'agents.example.com' });
  await elsewhere.stop();
});

describe('a test of the mail server', () => {
  test('mails the administrator who asks', async () => {
    expect(await tryPart('mail')).toMatchObject({ status: 200, body: { part: 'mail', ok: true, error: null, ms: expect.any(Number) } });
    expect(mailbox.mails.at(-1)).toMatchObject({ to: ['admin@example.com'], text: expect.stringContaining('can send mail') });
  });

  test('says that no server is set, or that it cannot be reached', async () => {
    expect(await tryWith('mail', { SMTP_URL: undefined })).toMatchObject({ ok: false, error: 'No mail server is set: set SMTP_URL' });
    const wrong = `smtp://someone:${canary('mail-password-')}@127.0.0.1:1`;
    expect(await tryWith('mail', { SMTP_URL: wrong })).toMatchObject({ ok: false, error: 'The mail server in SMTP_URL cannot be reached' });
  });

  test('says that the server refuses the user', async () => {
    const wrong = mailbox.url.replace('smtp://', `smtp://someone:${canary('mail-password-')}@`);
    expect(await tryWith('mail', { SMTP_URL: wrong })).toMatchObject({
      ok: false,
      error: 'The mail server refuses the user or the password in SMTP_URL',
    });
  });
});

describe('a test of the backup target', () => {
  test('stores a file, reads it back and leaves nothing', async () => {
    expect((await tryPart('backups')).body).toMatchObject({ ok: true, error: null });
    expect(await readdir(path.join(folder, 'backups'))).toEqual([]);
  });

  test('fails without the folder, and says where the error is', async () => {
    const file = path.join(folder, 'no-folder');
    await writeFile(file, '');
    const error = 'The test failed. The log of the backend has its error';
    expect(await tryWith('backups', { BACKUP_DIR: file })).toMatchObject({ ok: false, error });
  });
});

test('a test of a bucket passes with the right key, leaves nothing, and fails with a wrong one', async () => {
  const secretAccessKey = canary('secret-of-the-bucket-');
  const bucket = await startBucket({ accessKeyId: 'key-of-the-bucket', secretAccessKey });
  const settings = {
    BACKUP_DIR: folder,
    BACKUP_S3_BUCKET: 'kept',
    BACKUP_S3_ENDPOINT: bucket.url,
    BACKUP_S3_ACCESS_KEY_ID: 'key-of-the-bucket',
  };
  for (const [secret, ok] of [
    [secretAccessKey, true],
    [canary('another-secret-'), false],
  ] as const) {
    const withBucket = await startBackend({ ...settings, BACKUP_S3_SECRET_ACCESS_KEY: secret });
    const first = await withBucket.account();
    expect((await health(withBucket, first)).setup.backups).toEqual({ kind: 'bucket', address: 's3://kept/' });
    expect((await tryPart('backups', withBucket, first)).body.ok).toBe(ok);
    await withBucket.stop();
  }
  expect([...bucket.objects.keys()]).toEqual([]);
  await bucket.close();
});

describe('a test of the domain', () => {
  test('passes when the gateway router answers at the address of an agent', async () => {
    expect(await tryWith('domain', { GATEWAY_PUBLIC_URL: `http://localhost:${backend.gatewayPort}` })).toMatchObject({
      ok: true,
      error: null,
    });
  });

  test('names an address that nothing answers, and one that something else answers', async () => {
    expect((await tryWith('domain', { GATEWAY_PUBLIC_URL: 'http://localhost:1' })).error).toMatch(
      /^http:\/\/setup-test\.agents\.localhost:1 cannot be reached\. Check the DNS record \*\.agents\.localhost and the TLS proxy$/,
    );
    const stranger = createServer((_request, response) => response.end('Welcome')).listen(0, '127.0.0.1');
    await new Promise((resolve) => stranger.once('listening', resolve));
    const { port } = stranger.address() as AddressInfo;
    expect((await tryWith('domain', { GATEWAY_PUBLIC_URL: `http://localhost:${port}` })).error).toMatch(
      /is answered by something else \(status 200\)\. Point it at the gateway's port$/,
    );
    stranger.close();
  });
});

test('a part that does not exist is 400, and a user who is no administrator gets 403', async () => {
  expect((await tryPart('docker')).body.error).toBe('Invalid part: use mail, backups or domain');
  expect((await tryPart('mail', backend, await backend.account())).status).toBe(403);
});
