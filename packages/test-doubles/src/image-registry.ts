import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

interface Options {
  /** The address of the token service; by default the registry's own. */
  realm?: (registry: string) => string;
}
interface Pushed {
  /** The compressed size of a further layer, which the manifest declares and nobody can download. */
  declaredBytes?: number;
  /** The formats of manifests. Default: Docker's. */
  format?: 'docker' | 'oci';
  /** Whether the tag names a list of manifests per platform. */
  list?: boolean;
}

const TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    list: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    list: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
};
const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/**
 * A container registry that the engine pulls from. Like Docker's own it gives a manifest only to a client that accepts its
 * format, and only with a token for that repository.
 * @see https://distribution.github.io/distribution/spec/api/
 */
export async function startImageRegistry({ realm = (registry) => `http://${registry}/token` }: Options = {}) {
  /** Every received request, such as `GET /v2/acme/openclaw/manifests/1`. */
  const calls: string[] = [];
  const content = new Map<string, { type: string; body: Buffer }>();
  const tokens = new Map<string, string>();

  const fail = (response: ServerResponse, status: number, code: string) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ code }] }));

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${request.headers.host}`);
    calls.push(`${request.method} ${pathname}`);
    if (pathname === '/token') {
      const issued = randomBytes(8).toString('hex');
      tokens.set(issued, searchParams.get('scope') ?? '');
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token: issued }));
    }
    const [, repository, kind] = /^\/v2\/(.+)\/(manifests|blobs)\/[^/]+$/.exec(pathname) ?? [];
    const scope = tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (repository ? scope !== `repository:${repository}:pull` : scope === undefined) {
      const parameters = `realm="${realm(request.headers.host ?? '')}",service="double"`;
      const wanted = repository ? `,scope="repository:${repository}:pull"` : '';
      response.setHeader('www-authenticate', `Bearer ${parameters}${wanted}`);
      return fail(response, 401, 'UNAUTHORIZED');
    }
    if (pathname === '/v2/') return response.writeHead(200).end('{}');
    const found = content.get(pathname);
    const isAccepted = kind === 'blobs' || (request.headers.accept ?? '').split(/,\s*/).includes(found?.type ?? '');
    if (!found || !isAccepted) return fail(response, 404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN');
    response.writeHead(200, {
      'content-type': found.type,
      'content-length': found.body.length,
      'docker-content-digest': digestOf(found.body),
    });
    return response.end(request.method === 'HEAD' ? undefined : found.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    /** The address for the name of an image: `127.0.0.1:5000`. */
    address,
    calls,
    /** Stores an image with one small file. @returns the number of bytes that its manifest declares */
    async push(repository: string, tag: string, { declaredBytes, format = 'docker', list = false }: Pushed = {}): Promise<number> {
      const type = TYPES[format];
      const tar = pack();
      tar.entry({ name: 'file' }, randomBytes(1000).toString('hex'));
      tar.finalize();
      const files = await buffer(tar as unknown as NodeJS.ReadableStream);
      const layer = gzipSync(files);
      const config = Buffer.from(
        JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(files)] } }),
      );
      const store = (kind: string, body: Buffer, mediaType: string, name = digestOf(body)) => {
        content.set(`/v2/${repository}/${kind}/${name}`, { type: mediaType, body });
        return { mediaType, size: body.length, digest: digestOf(body) };
      };
      const layers = [store('blobs', layer, type.layer)];
      if (declaredBytes !== undefined) layers.push({ mediaType: type.layer, size: declaredBytes, digest: digestOf(randomBytes(8)) });
      const own = { schemaVersion: 2, mediaType: type.manifest, config: store('blobs', config, type.config), layers };
      const body = Buffer.from(JSON.stringify(own));
      const described = store('manifests', body, type.manifest);
      if (list) {
        const foreign = { ...described, digest: digestOf(randomBytes(8)), platform: { os: 'linux', architecture: 'riscv64' } };
        const manifests = [foreign, { ...described, platform: { os: 'linux', architecture } }];
        store('manifests', Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type.list, manifests })), type.list, tag);
      } else store('manifests', body, type.manifest, tag);
      return config.length + layers.reduce((sum, { size }) => sum + size, 0);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
