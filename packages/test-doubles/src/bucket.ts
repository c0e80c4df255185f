import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { BucketError, checkContent, checkSignature } from './bucket-signature.ts';

interface Answer {
  status: number;
  content?: string | Buffer;
  headers?: Record<string, string>;
}

/** The minimum size of each part except the last one. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

const md5 = (content: Buffer) => createHash('md5').update(content).digest();
const etag = (content: Buffer) => `"${md5(content).toString('hex')}"`;
const xml = (name: string, fields: Record<string, string>) =>
  `<?xml version="1.0" encoding="UTF-8"?><${name}>${Object.entries(fields)
    .map(([key, value]) => `<${key}>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${key}>`)
    .join('')}</${name}>`;

/** The part numbers and ETags in the body of CompleteMultipartUpload. */
function readParts(body: string): { number: number; tag: string }[] {
  return [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    tag: (/<ETag>(.*?)<\/ETag>/s.exec(part)?.[1] ?? '').replaceAll('&quot;', '"').replace(/^"?([^"]*)"?$/, '"$1"'),
  }));
}

interface Options {
  accessKeyId: string;
  secretAccessKey: string;
  region?: string;
  /** The only bucket. */
  bucket?: string;
}

/**
 * An object store with the S3 calls to put, get and delete objects, including multipart uploads. It checks signatures,
 * checksums and the list of parts.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export async function startBucket({ accessKeyId, secretAccessKey, region = 'us-east-1', bucket = 'kept' }: Options) {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, { key: string; parts: Map<number, Buffer> }>();
  let refusesDeletes = false;

  function uploadOf(id: string, key: string): Map<number, Buffer> {
    const upload = uploads.get(id);
    if (upload?.key !== key) throw new BucketError(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
    return upload.parts;
  }

  function complete(id: string, key: string, body: string): Answer {
    const stored = uploadOf(id, key);
    const listed = readParts(body);
    if (listed.length === 0) throw new BucketError(400, 'MalformedXML', 'The XML you provided was not well-formed');
    const isAscending = listed.every(({ number }, at) => at === 0 || number > (listed[at - 1]?.number ?? 0));
    if (!isAscending) throw new BucketError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
    const parts = listed.map(({ number, tag }) => {
      const part = stored.get(number);
      if (!part || etag(part) !== tag) throw new BucketError(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
      return part;
    });
    if (parts.slice(0, -1).some(({ length }) => length < MIN_PART_BYTES)) {
      throw new BucketError(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    objects.set(key, Buffer.concat(parts));
    uploads.delete(id);
    const tag = `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}"`;
    return { status: 200, content: xml('CompleteMultipartUploadResult', { Bucket: bucket, Key: key, ETag: tag }) };
  }

  /** Stores an object or a part. */
  function put(key: string, search: URLSearchParams, content: Buffer): Answer {
    const uploadId = search.get('uploadId');
    const number = Number(search.get('partNumber'));
    if (!uploadId) objects.set(key, content);
    else {
      if (!(number >= 1 && number <= MAX_PARTS)) {
        throw new BucketError(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      }
      uploadOf(uploadId, key).set(number, content);
    }
    return { status: 200, headers: { etag: etag(content) } };
  }

  function remove(key: string, search: URLSearchParams): Answer {
    const uploadId = search.get('uploadId');
    if (uploadId) {
      uploadOf(uploadId, key);
      uploads.delete(uploadId);
      return { status: 204 };
    }
    if (refusesDeletes) throw new BucketError(403, 'AccessDenied', 'Access Denied');
    objects.delete(key);
    return { status: 204 };
  }

  async function answer(request: IncomingMessage, url: URL): Promise<Answer> {
    const body = await buffer(request);
    checkSignature(request, url, { accessKeyId, secretAccessKey, region });
    const content = checkContent(request, body);
    const key = decodeURIComponent(url.pathname);
    const [, usedBucket, name] = /^\/([^/]+)\/(.+)$/.exec(key) ?? [];
    if (usedBucket !== bucket) throw new BucketError(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (!name) throw new BucketError(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
    const { searchParams: search } = url;
    switch (request.method) {
      case 'POST': {
        if (search.has('uploadId')) return complete(search.get('uploadId') as string, key, content.toString());
        if (!search.has('uploads'))
          throw new BucketError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
        const id = randomUUID();
        uploads.set(id, { key, parts: new Map() });
        return { status: 200, content: xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: name, UploadId: id }) };
      }
      case 'PUT':
        return put(key, search, content);
      case 'GET': {
        const object = objects.get(key);
        if (!object) throw new BucketError(404, 'NoSuchKey', 'The specified key does not exist.');
        return { status: 200, content: object, headers: { etag: etag(object), 'content-length': String(object.length) } };
      }
      case 'DELETE':
        return remove(key, search);
      default:
        throw new BucketError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  }

  const server = createServer(async (request, response) => {
    try {
      const { status, content, headers = {} } = await answer(request, new URL(request.url ?? '/', 'http://bucket'));
      response.writeHead(status, headers).end(content);
    } catch (error) {
      if (!(error instanceof BucketError)) return response.destroy();
      const { status, code, message } = error;
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(xml('Error', { Code: code, Message: message, RequestId: randomUUID() }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The stored objects, by `/bucket/key`. */
    objects,
    /** The number of multipart uploads that are neither complete nor aborted. */
    openUploads: () => uploads.size,
    /** Makes every delete fail with 403, or succeed again. */
    keepAll: (refuses: boolean) => {
      refusesDeletes = refuses;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
