import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The fault of the double: `down` closes every connection, `loses` creates a stream but drops the response, `late` drops it
 * and creates the stream at `catchUp`, `fails` answers every request with 500.
 */
type Fault = 'down' | 'loses' | 'late' | 'fails';

interface Stream {
  id: string;
  stream_key: string;
  playback_ids: { id: string; policy: string }[];
  passthrough?: string;
  status: 'idle';
}

/** Mux's API to create, list and delete live streams. */
export async function startMux({ tokenId, tokenSecret }: { tokenId: string; tokenSecret: string }) {
  const streams = new Map<string, Stream>();
  const late: Stream[] = [];
  const asked: Record<string, unknown>[] = [];
  let fault: Fault | undefined;
  let created = 0;
  const authorization = `Basic ${Buffer.from(`${tokenId}:${tokenSecret}`).toString('base64')}`;

  const server = createServer(async (request, response) => {
    if (fault === 'down') return request.socket.destroy();
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url ?? '/', 'http://mux');
    const send = (status: number, answer?: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer === undefined ? undefined : JSON.stringify(answer));
    if (request.headers.authorization !== authorization) return send(401, { error: { type: 'unauthorized', messages: ['Unauthorized'] } });
    if (fault === 'fails') return send(500, { error: { type: 'internal_error', messages: ['Internal error'] } });
    const id = /^\/video\/v1\/live-streams\/(\w+)$/.exec(url.pathname)?.[1];
    if (request.method === 'POST' && url.pathname === '/video/v1/live-streams') {
      const wanted = JSON.parse(body);
      asked.push(wanted);
      const number = ++created;
      const policy = wanted.playback_policies[0];
      const stream: Stream = {
        id: `stream${number}`,
        stream_key: `mux-stream-key-canary-${number}`,
        playback_ids: [{ id: `playback${number}`, policy }],
        passthrough: wanted.passthrough,
        status: 'idle',
      };
      if (fault === 'late') {
        late.push(stream);
        return request.socket.destroy();
      }
      streams.set(stream.id, stream);
      if (fault === 'loses') return request.socket.destroy();
      return send(201, { data: stream });
    }
    if (request.method === 'GET' && url.pathname === '/video/v1/live-streams') {
      const page = Number(url.searchParams.get('page') ?? 1);
      const limit = Number(url.searchParams.get('limit') ?? 25);
      return send(200, { data: [...streams.values()].slice((page - 1) * limit, page * limit) });
    }
    if (request.method === 'DELETE' && id) {
      if (!streams.delete(id)) return send(404, { error: { type: 'not_found', messages: ['Not found'] } });
      return send(204);
    }
    send(404, { error: { type: 'not_found', messages: ['Not found'] } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    /** The bodies of the requests to create a stream. */
    asked,
    setFault(value: Fault | undefined) {
      fault = value;
    },
    /** Creates the streams that were requested during the fault `late`. */
    catchUp() {
      for (const stream of late.splice(0)) streams.set(stream.id, stream);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
