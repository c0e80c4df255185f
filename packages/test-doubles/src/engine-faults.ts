import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The machine's engine behind a port of our own that answers 500 to calls matching `fails`: faults on demand. */
export async function startEngineProxy(fails: RegExp, dockerHost = 'unix:///var/run/docker.sock') {
  const socketPath = new URL(dockerHost).pathname;
  const server = createServer((incoming, outgoing) => {
    if (fails.test(`${incoming.method} ${incoming.url}`)) {
      outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"a fault on demand"}');
      return;
    }
    const upstream = request({ socketPath, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.flushHeaders();
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dockerHost: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
