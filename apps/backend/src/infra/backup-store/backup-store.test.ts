import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { startBucket } from '@agentbot/test-doubles/bucket';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBackupStore } from './backup-store.ts';

const KEY = { accessKeyId: 'AKIADOUBLE', secretAccessKey: 'a secret' };
let bucket: Awaited<ReturnType<typeof startBucket>>;
let folder: string;

const storeWith = (changes: object = {}) =>
  createBackupStore({
    BACKUP_DIR: folder,
    BACKUP_S3_BUCKET: 'kept',
    BACKUP_S3_ENDPOINT: bucket.url,
    BACKUP_S3_REGION: 'us-east-1',
    BACKUP_S3_ACCESS_KEY_ID: KEY.accessKeyId,
    BACKUP_S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    ...changes,
  });
async function draft(content: Buffer): Promise<string> {
  const file = path.join(folder, 'draft');
  await writeFile(file, content);
  return file;
}
const never = () => new AbortController().signal;

beforeAll(async () => {
  bucket = await startBucket(KEY);
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-store-'));
});
afterAll(async () => {
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
});

test('an archive of several parts is kept in the bucket, read back and removed, and its draft is gone', async () => {
  const store = await storeWith();
  const content = randomBytes(11 * 1024 * 1024);
  const file = await draft(content);
  await store.keep(file, 'a.tar.gz', never());
  expect([[...bucket.objects.keys()], existsSync(file)]).toEqual([['/kept/a.tar.gz'], false]);
  expect((await buffer(await store.read('a.tar.gz'))).equals(content)).toBe(true);
  expect(store.address('a.tar.gz')).toBe('s3://kept/a.tar.gz');
  await store.remove('a.tar.gz');
  await store.remove('a.tar.gz');
  expect(bucket.objects.size).toBe(0);
  await expect(store.read('a.tar.gz')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

test.each([
  ['a wrong secret', { BACKUP_S3_SECRET_ACCESS_KEY: 'another' }, 'SignatureDoesNotMatch'],
  ['an unknown key', { BACKUP_S3_ACCESS_KEY_ID: 'AKIAOTHER' }, 'InvalidAccessKeyId'],
  ['an unknown bucket', { BACKUP_S3_BUCKET: 'other' }, 'NoSuchBucket'],
])('a store with %s keeps nothing, and the draft stays', async (_, changes, name) => {
  const file = await draft(Buffer.from('words'));
  await expect((await storeWith(changes)).keep(file, 'a.tar.gz', never())).rejects.toMatchObject({ name });
  expect([bucket.objects.size, existsSync(file)]).toEqual([0, true]);
});

test('an interrupted upload leaves no archive and no parts', async () => {
  const store = await storeWith();
  const interruption = new AbortController();
  const kept = store.keep(await draft(randomBytes(30 * 1024 * 1024)), 'a.tar.gz', interruption.signal);
  while (bucket.openUploads() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  interruption.abort();
  await expect(kept).rejects.toThrow();
  expect(bucket.objects.size).toBe(0);
  await pollUntil('no part is left', () => bucket.openUploads() === 0, { everyMs: 20 });
});
