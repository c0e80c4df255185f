import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a faulty engine does with a call: it answers after a second (`slow`), not at all (`hang`), sends half of the body and
 * then nothing (`stall`), or sends half of the body and closes the connection (`cut`).
 */
export type EngineFault = 'slow' | 'hang' | 'stall' | 'cut';
const SLOW_MS = 1_000;

/**
 * A proxy in front of the machine's Docker Engine that injects faults and records calls.
 * @param fails matching calls get a 500
 * @param oldest the minimum API version; as with newer engines, a call with an older version is refused
 */
export async function startEngineProxy(fails: RegExp | null, dockerHost = 'unix:///var/run/docker.sock', oldest = '1.41') {
  const socketPath = new URL(dockerHost).pathname;
  const calls: string[] = [];
  const open = new Set<{ call: string }>();
  let isDown = false;
  let fault: { pattern: RegExp; kind: EngineFault } | undefined;

  /** Sends the first half of an answer that has a body of known or unknown length. */
  async function sendHalf(answer: IncomingMessage, outgoing: ServerResponse, isCut: boolean): Promise<void> {
    const body = await buffer(answer);
    outgoing.writeHead(answer.statusCode ?? 502, {
      'content-type': answer.headers['content-type'] ?? 'application/json',
      'content-length': String(body.length),
    });
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => {
      if (isCut) outgoing.destroy();
    });
  }

  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`;
    calls.push(call);
    if (isDown) return outgoing.destroy();
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
    // The machine's engine may not support that version; the same call with 1.41 works.
    const path = spoken === oldest ? `/v1.41${incoming.url?.slice(prefix.length)}` : incoming.url;
    const openCall = { call };
    open.add(openCall);
    const kind = fault?.pattern.test(call) ? fault.kind : undefined;
    const upstream = request({ socketPath, method: incoming.method, path, headers: incoming.headers }, async (answer) => {
      if (kind === 'hang') return;
      if (kind === 'cut' || kind === 'stall') return sendHalf(answer, outgoing, kind === 'cut').catch(() => outgoing.destroy());
      if (kind === 'slow') await sleep(SLOW_MS);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.flushHeaders();
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      open.delete(openCall);
      upstream.destroy();
    });
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dockerHost: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The calls so far that match. */
    calls: (pattern: RegExp) => calls.filter((call) => pattern.test(call)),
    /** The number of matching calls that are in flight. */
    open: (pattern: RegExp) => [...open].filter(({ call }) => pattern.test(call)).length,
    /** Makes the engine treat matching calls in this way; without arguments it is sound again. */
    setFault(kind?: EngineFault, pattern = /./) {
      fault = kind && { pattern, kind };
    },
    /** Stops the engine, or starts it again. */
    setAway(value: boolean) {
      isDown = value;
      if (isDown) server.closeAllConnections();
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
