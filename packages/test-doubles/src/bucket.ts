import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const xml = (name: string, fields: Record<string, string>) =>
  `<?xml version="1.0"?><${name}>${Object.entries(fields)
    .map(([key, value]) => `<${key}>${value}</${key}>`)
    .join('')}</${name}>`;

/**
 * An object store with the S3 calls to put, get and delete objects, including multipart uploads.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export async function startBucket({ accessKeyId }: { accessKeyId: string }) {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  let refusesDeletes = false;
  const etag = (content: Buffer) => `"${createHash('md5').update(content).digest('hex')}"`;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://bucket');
    const key = decodeURIComponent(url.pathname);
    const uploadId = url.searchParams.get('uploadId') ?? '';
    const body = await buffer(request);
    const answer = (status: number, content: string | Buffer = '', headers: Record<string, string> = {}) =>
      response.writeHead(status, headers).end(content);
    if (!request.headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${accessKeyId}/`)) {
      return answer(403, xml('Error', { Code: 'InvalidAccessKeyId', Message: 'Unknown key' }));
    }
    switch (request.method) {
      case 'POST': {
        const parts = uploads.get(uploadId);
        if (!parts) {
          const id = randomUUID();
          uploads.set(id, new Map());
          return answer(200, xml('InitiateMultipartUploadResult', { UploadId: id }));
        }
        objects.set(key, Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part)));
        uploads.delete(uploadId);
        return answer(200, xml('CompleteMultipartUploadResult', { Key: key, ETag: 'whole' }));
      }
      case 'PUT':
        if (uploadId) uploads.get(uploadId)?.set(Number(url.searchParams.get('partNumber')), body);
        else objects.set(key, body);
        return answer(200, '', { etag: etag(body) });
      case 'GET': {
        const object = objects.get(key);
        if (!object) return answer(404, xml('Error', { Code: 'NoSuchKey', Message: 'There is none' }));
        return answer(200, object, { etag: etag(object), 'content-length': String(object.length) });
      }
      case 'DELETE':
        if (refusesDeletes) return answer(403, xml('Error', { Code: 'AccessDenied', Message: 'Nothing is removed here' }));
        objects.delete(key);
        return answer(204);
      default:
        return answer(405);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The stored objects, by `/bucket/key`. */
    objects,
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
