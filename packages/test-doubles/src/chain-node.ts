import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Request {
  id: number;
  method: string;
}
interface RpcError {
  code: number;
  message: string;
}

/** A proxy in front of a chain's node that can go down: then it closes every connection. */
export async function startChainNode(firstUrl: string) {
  let url = firstUrl;
  const hooks = new Map<string, () => Promise<void>>();
  let down = false;
  let refusal: RpcError | undefined;
  const server = createServer(async (request, response) => {
    if (down) return request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const calls: Request | Request[] = JSON.parse(body.toString());
    if (refusal && [calls].flat().some(({ method }) => method === 'eth_call')) {
      const refuse = ({ id }: Request) => ({ jsonrpc: '2.0', id, error: refusal });
      const answer = Array.isArray(calls) ? calls.map(refuse) : refuse(calls);
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const content = Buffer.from(await answer.arrayBuffer());
    for (const { method } of [calls].flat()) {
      const hook = hooks.get(method);
      hooks.delete(method);
      await hook?.();
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setDown(value: boolean) {
      down = value;
    },
    /** Makes the node refuse `eth_call` with status 200 and an error in the body, as real nodes do. */
    setRefusal(error: RpcError | undefined) {
      refusal = error;
    },
    /** Leads to another chain. */
    follow(other: string) {
      url = other;
    },
    /** Runs an action after the node has read the next call of a method, and before it answers. */
    once: (method: string, action: () => Promise<void>) => void hooks.set(method, action),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
