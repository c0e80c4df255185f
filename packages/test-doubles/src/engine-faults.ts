import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The machine's engine behind a port of our own: faults on demand, and a count of what is asked of it.
 * @param fails calls that match get a 500
 * @param oldest version of the API that it answers in, as later engines refuse what is older
 */
export async function startEngineProxy(fails: RegExp | null, dockerHost = 'unix:///var/run/docker.sock', oldest = '1.41') {
  const socketPath = new URL(dockerHost).pathname;
  const calls: string[] = [];
  const open = new Set<{ call: string }>();
  let away = false;
  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`;
    calls.push(call);
    if (away) return outgoing.destroy();
    if (fails?.test(call)) {
      outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"a fault on demand"}');
      return;
    }
    const [prefix = '', spoken = ''] = /^\/v(1\.\d+)/.exec(incoming.url ?? '') ?? [];
    if (Number(spoken.slice(2)) < Number(oldest.slice(2))) {
      const message = `client version ${spoken} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version`;
      outgoing.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
      return;
    }
    // The machine's own may not know that version yet; what is asked of it is the same.
    const path = spoken === oldest ? `/v1.41${incoming.url?.slice(prefix.length)}` : incoming.url;
    const going = { call };
    open.add(going);
    const upstream = request({ socketPath, method: incoming.method, path, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.flushHeaders();
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      open.delete(going);
      upstream.destroy();
    });
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dockerHost: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was asked of the engine so far. */
    calls: (pattern: RegExp) => calls.filter((call) => pattern.test(call)),
    /** Which of that still goes on. */
    open: (pattern: RegExp) => [...open].filter(({ call }) => pattern.test(call)).length,
    /** As an engine that stops, or is there again. */
    setAway(now: boolean) {
      away = now;
      if (away) server.closeAllConnections();
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
