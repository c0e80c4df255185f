import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { allowedCall } from './allowed-calls.ts';
import { containerFault, labelledFault } from './container-request.ts';

const checks: Record<string, (body: unknown) => string | undefined> = {
  '/containers/create': containerFault,
  '/volumes/create': labelledFault,
  '/networks/create': labelledFault,
};
const MOST_BYTES = 1024 * 1024;

interface Options {
  /** The engine's own socket. */
  socketPath: string;
  onCall?: (method: string, url: string, allowed: boolean) => void;
}

/**
 * Stands between the backend and the engine's socket, and lets through the calls that the backend makes: by method and
 * path, and for what is made also by what it asks for, since whoever may make any container is root on the host.
 */
export function createEngineProxy({ socketPath, onCall }: Options): Server {
  const refuse = (response: ServerResponse, reason: string) =>
    response.writeHead(403, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ message: reason }));

  function pass(incoming: IncomingMessage, outgoing: ServerResponse, body?: string) {
    const headers = { ...incoming.headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) };
    if (body !== undefined) delete headers['transfer-encoding'];
    const upstream = request({ socketPath, method: incoming.method, path: incoming.url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.flushHeaders();
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    if (body === undefined) incoming.pipe(upstream);
    else upstream.end(body);
  }

  return createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const allowed = allowedCall(method, url);
    const check = checks[url.replace(/^\/v1\.\d+(?=\/)/, '').replace(/\?.*/, '')];
    const length = Number(incoming.headers['content-length'] ?? 0);
    // What was read is what is sent on: the engine never sees bytes that were not checked.
    const body = allowed && check && length <= MOST_BYTES ? await json(incoming).catch(() => undefined) : undefined;
    const fault = check && allowed ? (body === undefined ? 'the body' : check(body)) : undefined;
    onCall?.(method, url, Boolean(allowed) && !fault);
    if (!allowed) return void refuse(outgoing, `${method} ${url.replace(/\?.*/, '')} is not among the backend's calls`);
    if (fault) return void refuse(outgoing, `${fault} is not as the backend makes it`);
    pass(incoming, outgoing, body === undefined ? undefined : JSON.stringify(body));
  });
}
