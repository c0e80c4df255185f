import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBucket } from '../src/bucket.ts';

/** The double of S3, with Amazon's client, which signs each request and sends checksums. */

const KEY = { accessKeyId: 'AKIADOUBLE', secretAccessKey: 'the secret/of+the=double' };
const PART_BYTES = 5 * 1024 * 1024;
let bucket: Awaited<ReturnType<typeof startBucket>>;
let client: S3Client;

const clientWith = (credentials: object = {}, settings: object = {}) =>
  new S3Client({
    region: 'us-east-1',
    endpoint: bucket.url,
    forcePathStyle: true,
    credentials: { ...KEY, ...credentials },
    maxAttempts: 1,
    ...settings,
  });
const object = (Key: string) => ({ Bucket: 'kept', Key });
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'it was accepted',
    (error) => [error.$metadata?.httpStatusCode, error.name],
  );
const md5 = (...contents: Buffer[]) => {
  const hash = createHash('md5');
  for (const content of contents) hash.update(content);
  return hash.digest();
};

beforeAll(async () => {
  bucket = await startBucket(KEY);
  client = clientWith();
});
afterAll(() => bucket.close());

test.each(['WHEN_SUPPORTED', 'WHEN_REQUIRED'])(
  'an object is stored, read and deleted with checksums %s',
  async (requestChecksumCalculation) => {
    const own = clientWith({}, { requestChecksumCalculation });
    const Body = Buffer.from('some words');
    const { ETag } = await own.send(
      new PutObjectCommand({ ...object("a folder/it's (é) 1+1.txt"), Body, Metadata: { note: 'two  spaces' } }),
    );
    expect(ETag).toBe(`"${md5(Body).toString('hex')}"`);
    expect([...bucket.objects.keys()]).toEqual(["/kept/a folder/it's (é) 1+1.txt"]);
    const { Body: stored } = await own.send(new GetObjectCommand(object("a folder/it's (é) 1+1.txt")));
    expect(await stored?.transformToString()).toBe('some words');
    await own.send(new DeleteObjectCommand(object("a folder/it's (é) 1+1.txt")));
    await own.send(new DeleteObjectCommand(object("a folder/it's (é) 1+1.txt")));
    expect(await refusal(own.send(new GetObjectCommand(object("a folder/it's (é) 1+1.txt"))))).toEqual([404, 'NoSuchKey']);
  },
);

test('a stream is stored without the frames of its encoding', async () => {
  const Body = Readable.from([Buffer.from('some '), Buffer.from('words')]);
  await client.send(new PutObjectCommand({ ...object('stream'), Body, ContentLength: 10 }));
  expect(bucket.objects.get('/kept/stream')?.toString()).toBe('some words');
});

test.each<[string, object, object, number, string]>([
  ['another secret', { secretAccessKey: 'wrong' }, {}, 403, 'SignatureDoesNotMatch'],
  ['an unknown key', { accessKeyId: 'AKIAOTHER' }, {}, 403, 'InvalidAccessKeyId'],
  ['another region', {}, { region: 'eu-west-1' }, 400, 'AuthorizationHeaderMalformed'],
  ['a clock that is an hour late', {}, { systemClockOffset: -3_600_000 }, 403, 'RequestTimeTooSkewed'],
])('a request with %s is refused', async (_, credentials, settings, status, code) => {
  const put = clientWith(credentials, settings).send(new PutObjectCommand({ ...object('refused'), Body: 'x' }));
  expect(await refusal(put)).toEqual([status, code]);
  expect(bucket.objects.has('/kept/refused')).toBe(false);
});

test('a request without a signature, for another bucket, or with a wrong checksum is refused', async () => {
  expect((await fetch(`${bucket.url}/kept/stream`)).status).toBe(403);
  expect(await refusal(client.send(new GetObjectCommand({ Bucket: 'other', Key: 'stream' })))).toEqual([404, 'NoSuchBucket']);
  const put = new PutObjectCommand({ ...object('refused'), Body: 'x', ChecksumSHA256: createHash('sha256').update('y').digest('base64') });
  expect(await refusal(client.send(put))).toEqual([400, 'BadDigest']);
});

test('a body that was changed on its way is refused', async () => {
  const changed = clientWith();
  changed.middlewareStack.addRelativeTo(
    ((next: (args: unknown) => unknown) => (args: { request: { body: unknown } }) => {
      args.request.body = Buffer.from('y');
      return next(args);
    }) as never,
    { relation: 'after', toMiddleware: 'httpSigningMiddleware', name: 'change' },
  );
  expect(await refusal(changed.send(new PutObjectCommand({ ...object('refused'), Body: 'x' })))).toEqual([
    400,
    'XAmzContentSHA256Mismatch',
  ]);
});

test('a multipart upload is made of the listed parts, in their order', async () => {
  const parts = [Buffer.alloc(PART_BYTES, 'a'), Buffer.alloc(PART_BYTES, 'b'), Buffer.from('c')];
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object('large')));
  const upload = { ...object('large'), UploadId };
  const tags = await Promise.all(
    parts.map(async (Body, at) => {
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: at + 1, Body }));
      return { PartNumber: at + 1, ETag };
    }),
  );
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
    client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  const [first, second, third] = tags as [(typeof tags)[0], (typeof tags)[0], (typeof tags)[0]];
  expect(await refusal(complete([second, first]))).toEqual([400, 'InvalidPartOrder']);
  expect(await refusal(complete([first, { PartNumber: 2, ETag: first.ETag }]))).toEqual([400, 'InvalidPart']);
  expect(await refusal(complete([first, { PartNumber: 9, ETag: third.ETag }]))).toEqual([400, 'InvalidPart']);
  const ended = await complete([first, third]);
  expect(ended.ETag).toBe(`"${md5(md5(parts[0] as Buffer), md5(parts[2] as Buffer)).toString('hex')}-2"`);
  expect(bucket.objects.get('/kept/large')?.equals(Buffer.concat([parts[0] as Buffer, parts[2] as Buffer]))).toBe(true);
  expect(await refusal(complete([first]))).toEqual([404, 'NoSuchUpload']);
});

test('a small part before the last one is refused, and an aborted upload is gone', async () => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object('small')));
  const upload = { ...object('small'), UploadId };
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const PartNumber of [1, 2]) {
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: 'x' }));
    Parts.push({ PartNumber, ETag });
  }
  const complete = () => client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  expect(await refusal(complete())).toEqual([400, 'EntityTooSmall']);
  expect(await refusal(client.send(new UploadPartCommand({ ...upload, PartNumber: 10_001, Body: 'x' })))).toEqual([400, 'InvalidArgument']);
  expect(bucket.openUploads()).toBe(1);
  await client.send(new AbortMultipartUploadCommand(upload));
  expect([bucket.openUploads(), await refusal(complete())]).toEqual([0, [404, 'NoSuchUpload']]);
});
