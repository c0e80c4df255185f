import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';

/** A refusal of S3. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export class BucketError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

const MAX_SKEW_MS = 15 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest();
/** Percent-encodes as RFC 3986 does: only letters, digits and `-._~` stay. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function headerOf({ headers }: IncomingMessage, name: string): string {
  return [headers[name] ?? ''].flat().join(',').trim().replace(/ +/g, ' ');
}

/**
 * Checks the signature of a request, version 4.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @throws BucketError
 */
export function checkSignature(request: IncomingMessage, url: URL, { accessKeyId, secretAccessKey, region }: Credentials): void {
  const authorization = request.headers.authorization;
  if (!authorization) throw new BucketError(403, 'AccessDenied', 'Access Denied');
  const [, id, day = '', usedRegion = '', signedHeaders = '', signature = ''] = AUTHORIZATION.exec(authorization) ?? [];
  if (!id) throw new BucketError(400, 'AuthorizationHeaderMalformed', 'The authorization header that you provided is not valid.');
  if (id !== accessKeyId) {
    throw new BucketError(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  }
  if (usedRegion !== region) {
    throw new BucketError(400, 'AuthorizationHeaderMalformed', `The region '${usedRegion}' is wrong; expecting '${region}'`);
  }
  const date = headerOf(request, 'x-amz-date');
  const [, year, month, dayOfMonth, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const signedAt = Date.parse(`${year}-${month}-${dayOfMonth}T${hour}:${minute}:${second}Z`);
  if (!(Math.abs(Date.now() - signedAt) <= MAX_SKEW_MS)) {
    throw new BucketError(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.');
  }
  const names = signedHeaders.split(';');
  if (!names.includes('host'))
    throw new BucketError(403, 'AccessDenied', 'There were headers present in the request which were not signed');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const path = decodeURIComponent(url.pathname).split('/').map(encode).join('/');
  const canonical = [
    request.method,
    path,
    query,
    ...names.map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signedHeaders,
    headerOf(request, 'x-amz-content-sha256'),
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
  const right = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'));
  if (!timingSafeEqual(right, Buffer.from(signature, 'hex'))) {
    const message = 'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
    throw new BucketError(403, 'SignatureDoesNotMatch', message);
  }
}

/** Removes the frames of `aws-chunked`. @returns the content, and the headers after it */
function readChunks(body: Buffer): { content: Buffer; trailer: Record<string, string> } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.subarray(at, end).toString(), 16);
    at = end + 2;
    if (!size) break;
    parts.push(body.subarray(at, at + size));
    at += size + 2;
  }
  const lines = body.subarray(at).toString().split('\r\n').filter(Boolean);
  const trailer = Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  return { content: Buffer.concat(parts), trailer };
}

const checksums: Record<string, (content: Buffer) => Buffer> = {
  'x-amz-checksum-crc32': (content) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(content));
    return sum;
  },
  'x-amz-checksum-sha1': (content) => createHash('sha1').update(content).digest(),
  'x-amz-checksum-sha256': (content) => createHash('sha256').update(content).digest(),
  'content-md5': (content) => createHash('md5').update(content).digest(),
};

/**
 * The content of a request, checked against the checksums in its headers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @throws BucketError
 */
export function checkContent(request: IncomingMessage, body: Buffer): Buffer {
  const hash = headerOf(request, 'x-amz-content-sha256');
  if (!hash) throw new BucketError(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  const isStreaming = hash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  if (!isStreaming && hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) {
    throw new BucketError(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  const { content, trailer } = isStreaming ? readChunks(body) : { content: body, trailer: {} };
  for (const [name, value] of Object.entries({ ...request.headers, ...trailer })) {
    const sum = checksums[name];
    if (sum && sum(content).toString('base64') !== value) {
      throw new BucketError(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
  }
  return content;
}
