import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A hostile container registry: it has no image, and sends every client to an address of its choice for a token.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function startRegistry() {
  /** Every received request, such as `GET /v2/`. */
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    if (request.url?.startsWith('/token')) {
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token: 'stolen' }));
    }
    const realm = `http://${request.headers.host}/token`;
    return response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    /** The address for the name of an image: `127.0.0.1:5000`. */
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
