import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request, Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Credentials } from './credentials.ts';

/** Where a service of the swarm listens, and the name that its certificate must have. */
export interface ServiceAddress {
  host: string;
  port: number;
  name: string;
}

/** The path of a node's call that brings an image from another node. */
export const FETCH_IMAGE = '/agentbot/images/fetch';

const CONNECT_TIMEOUT_MS = 10_000;
const TLS = { minVersion: 'TLSv1.3' } as const;

/** An agent for HTTPS calls with mutual TLS; each new connection uses the present credentials. */
export function createTlsAgent({ name }: Pick<ServiceAddress, 'name'>, credentials: () => Credentials): TlsAgent {
  const agent = new TlsAgent({ keepAlive: true, servername: name, ...TLS });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => connect({ ...options, ...credentials(), servername: name, ...TLS }, callback);
  return agent;
}

/**
 * Opens a connection through a service of the swarm with an HTTP CONNECT.
 * @param target what the service connects to; its meaning is the service's
 * @throws Error when the service is unreachable, has no valid certificate, or refuses
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export async function openTunnel(
  { host, port, name }: ServiceAddress,
  credentials: () => Credentials,
  target: string,
  headers: Record<string, string> = {},
): Promise<Duplex> {
  const options = { host, port, method: 'CONNECT', path: target, headers, agent: false, timeout: CONNECT_TIMEOUT_MS } as const;
  const asked = request({ ...options, ...credentials(), servername: name, ...TLS });
  asked.once('timeout', () => asked.destroy(new Error(`${name} does not answer`)));
  asked.once('response', (response) => asked.destroy(new Error(`${name} refuses with ${response.statusCode}`)));
  asked.end();
  const [response, socket, head] = (await once(asked, 'connect')) as [IncomingMessage, Duplex & { setTimeout(ms: number): void }, Buffer];
  socket.setTimeout(0);
  if (response.statusCode !== 200) {
    socket.destroy();
    throw new Error(`${name} refuses with ${response.statusCode}`);
  }
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** An agent for HTTP and WebSocket connections, each through a tunnel that `open` opens to the port of its address. */
export function createTunnelAgent(open: (port: number) => Promise<Duplex>): HttpAgent {
  const agent = new HttpAgent({ keepAlive: true });
  agent.createConnection = ({ port }, callback) => {
    open(Number(port)).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}
