import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { type AllowedCall, allowedCall } from './allowed-calls.ts';
import { type BodySettings, findViolation } from './creation-bodies.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface EngineProxyOptions extends BodySettings {
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

/** Asks the engine. @returns the parsed answer */
async function ask(socketPath: string, path: string): Promise<unknown> {
  const [response] = (await once(request({ socketPath, path }).end(), 'response')) as [IncomingMessage];
  return JSON.parse(await text(response));
}

/** Whether a node's new description differs from its present one in the availability alone. */
async function mayUpdateNode(socketPath: string, address: string, body: string): Promise<boolean> {
  const present = (await ask(socketPath, address.replace(/\/update\?.*$/, ''))) as { Spec: object };
  const wanted = JSON.parse(body) as { Availability: string };
  return isDeepStrictEqual(wanted, { ...present.Spec, Availability: wanted.Availability });
}

/** Whether a container, which the call names by its id, is the installation's, and its new name that of the agent in its labels. */
async function mayRename(socketPath: string, address: string, installation: string): Promise<boolean> {
  const [path = '', query] = address.split('?');
  const { Config } = (await ask(socketPath, path.replace(/rename$/, 'json'))) as { Config?: { Labels?: Record<string, string> } };
  const { 'agentbot.installation': owner, 'agentbot.agent': agentId } = Config?.Labels ?? {};
  return owner === installation && Boolean(agentId) && new URLSearchParams(query).get('name') === `openclaw-${agentId}`;
}

/**
 * A proxy between the backend and the engine's socket that allows only the calls that the backend makes. It checks method and
 * address, and the body of each call that creates an object: a client that can create any container is root on the host.
 * The proxy builds the forwarded request from the parsed values; no other part of the request, no header, reaches the engine.
 */
export function createEngineProxy({ socketPath, onCall, onUnreachable, ...settings }: EngineProxyOptions): Server {
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
    const allowed = allowedCall(method, url, settings.isSwarm);
    const body = allowed && (await checkBody(incoming, allowed.call, settings));
    const isForeign = allowed?.call.checksName && !(await mayRename(socketPath, allowed.address, settings.installation).catch(() => false));
    const checkedText = body && 'text' in body ? body.text : undefined;
    const changesNode =
      allowed?.call.checksNode && checkedText && !(await mayUpdateNode(socketPath, allowed.address, checkedText).catch(() => false));
    const fault = changesNode
      ? 'the description of the node'
      : isForeign
        ? 'the container'
        : body && 'fault' in body
          ? body.fault
          : undefined;
    onCall?.(method, url, Boolean(allowed) && !fault);
    if (!allowed) return void refuse(outgoing, `${method} ${url.replace(/\?.*/, '')} is not an allowed call`);
    if (fault) return void refuse(outgoing, `${fault} is not an allowed value`);
    forward(incoming, outgoing, allowed.address, allowed.call.body, checkedText);
  });
}
