import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type AllowedCall, allowedCall } from './allowed-calls.ts';
import { type BodySettings, findViolation } from './creation-bodies.ts';

const MAX_BODY_BYTES = 1024 * 1024;

interface Options extends BodySettings {
  /** The engine's own socket. */
  socketPath: string;
  onCall?: (method: string, url: string, allowed: boolean) => void;
  /** Called for each failed connection to the engine. */
  onUnreachable?: (error: Error) => void;
}

/** Checks a request's body. @returns the parsed body as JSON text, or its fault; an empty object when no schema applies */
async function checkBody(
  incoming: IncomingMessage,
  { body }: AllowedCall,
  settings: BodySettings,
): Promise<{ text?: string } | { fault: string }> {
  if (!body || body === 'bytes') return {};
  const length = Number(incoming.headers['content-length']);
  if (!(length <= MAX_BODY_BYTES)) return { fault: 'the body' };
  const schema = typeof body === 'function' ? body(settings) : body;
  const parsed = schema.safeParse(await json(incoming).catch(() => undefined));
  return parsed.success ? { text: JSON.stringify(parsed.data) } : { fault: findViolation(parsed.error) };
}

/** Whether a container, which the call names by its id, is the installation's, and its new name that of the agent in its labels. */
async function mayRename(socketPath: string, address: string, installation: string): Promise<boolean> {
  const [path = '', query] = address.split('?');
  const inspection = request({ socketPath, path: path.replace(/rename$/, 'json') }).end();
  const [response] = (await once(inspection, 'response')) as [IncomingMessage];
  const { Config } = (await json(response)) as { Config?: { Labels?: Record<string, string> } };
  const { 'agentbot.installation': owner, 'agentbot.agent': agentId } = Config?.Labels ?? {};
  return owner === installation && Boolean(agentId) && new URLSearchParams(query).get('name') === `openclaw-${agentId}`;
}

/**
 * A proxy between the backend and the engine's socket that allows only the calls that the backend makes. It checks method and
 * address, and the body of each call that creates an object: a client that can create any container is root on the host.
 * The proxy builds the forwarded request from the parsed values; no other part of the request, no header, reaches the engine.
 */
export function createEngineProxy({ socketPath, onCall, onUnreachable, ...settings }: Options): Server {
  const refuse = (response: ServerResponse, reason: string) =>
    response.writeHead(403, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ message: reason }));

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, path: string, body: AllowedCall['body'], text = '') {
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
    const allowed = allowedCall(method, url);
    const body = allowed && (await checkBody(incoming, allowed.call, settings));
    const isForeign = allowed?.call.checksName && !(await mayRename(socketPath, allowed.address, settings.installation).catch(() => false));
    const fault = isForeign ? 'the container' : body && 'fault' in body ? body.fault : undefined;
    onCall?.(method, url, Boolean(allowed) && !fault);
    if (!allowed) return void refuse(outgoing, `${method} ${url.replace(/\?.*/, '')} is not an allowed call`);
    if (fault) return void refuse(outgoing, `${fault} is not an allowed value`);
    forward(incoming, outgoing, allowed.address, allowed.call.body, body && 'text' in body ? body.text : undefined);
  });
}
