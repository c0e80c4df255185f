import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type AllowedCall, allowedCall } from './allowed-calls.ts';
import { findViolation } from './creation-bodies.ts';

const MAX_BYTES = 1024 * 1024;

interface Options {
  /** The engine's own socket. */
  socketPath: string;
  /** The /16 that agents' networks are cut from. */
  agentSubnet: string;
  onCall?: (method: string, url: string, allowed: boolean) => void;
  /** Told of each connection to the engine that fails. */
  onUnreachable?: (error: Error) => void;
}

/** What of a request's body is sent on: nothing, its bytes, or what was read in it and found good. */
async function bodyOf(
  incoming: IncomingMessage,
  { body }: AllowedCall,
  agentSubnet: string,
): Promise<{ text?: string } | { fault: string }> {
  if (!body || body === 'bytes') return {};
  const length = Number(incoming.headers['content-length']);
  if (!(length <= MAX_BYTES)) return { fault: 'the body' };
  const schema = typeof body === 'function' ? body(agentSubnet) : body;
  const read = schema.safeParse(await json(incoming).catch(() => undefined));
  return read.success ? { text: JSON.stringify(read.data) } : { fault: findViolation(read.error) };
}

/** Whether a container, which a call names by its id, is that of the agent whose container's name it is to get. */
async function mayRename(socketPath: string, address: string): Promise<boolean> {
  const [path = '', query] = address.split('?');
  const asking = request({ socketPath, path: path.replace(/rename$/, 'json') }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const { Config } = (await json(answer)) as { Config?: { Labels?: Record<string, string> } };
  const { 'agentbot.installation': installation, 'agentbot.agent': agentId } = Config?.Labels ?? {};
  return Boolean(installation && agentId) && new URLSearchParams(query).get('name') === `openclaw-${agentId}`;
}

/**
 * Stands between the backend and the engine's socket, and lets through the calls that the backend makes: by method and
 * address, and for what is made also by what it asks for, since whoever may make any container is root on the host.
 * What is sent on is made anew from what was understood; nothing else of a request comes to the engine, no header either.
 */
export function createEngineProxy({ socketPath, agentSubnet, onCall, onUnreachable }: Options): Server {
  const refuse = (response: ServerResponse, reason: string) =>
    response.writeHead(403, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ message: reason }));

  function pass(incoming: IncomingMessage, outgoing: ServerResponse, path: string, body: AllowedCall['body'], text = '') {
    const headers = {
      ...(body && { 'content-type': body === 'bytes' ? 'application/x-tar' : 'application/json' }),
      ...(body !== 'bytes' && { 'content-length': String(Buffer.byteLength(text)) }),
    };
    const upstream = request({ socketPath, method: incoming.method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.flushHeaders();
    });
    upstream.on('error', (error) => {
      if (!outgoing.destroyed) onUnreachable?.(error);
      outgoing.destroy();
    });
    outgoing.on('close', () => upstream.destroy());
    if (body === 'bytes') return void incoming.pipe(upstream);
    incoming.resume();
    upstream.end(text);
  }

  return createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const found = allowedCall(method, url);
    const body = found && (await bodyOf(incoming, found.call, agentSubnet));
    const foreign = found?.call.ownName && !(await mayRename(socketPath, found.address).catch(() => false));
    const fault = foreign ? 'the container' : body && 'fault' in body ? body.fault : undefined;
    onCall?.(method, url, Boolean(found) && !fault);
    if (!found) return void refuse(outgoing, `${method} ${url.replace(/\?.*/, '')} is not among the backend's calls`);
    if (fault) return void refuse(outgoing, `${fault} is not as the backend makes it`);
    pass(incoming, outgoing, found.address, found.call.body, body && 'text' in body ? body.text : undefined);
  });
}
