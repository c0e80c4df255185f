import type { Server } from 'node:https';
import { createServer as createTcpServer, type Server as NetServer } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { slotOfAddress } from '../../infra/docker/slots.ts';
import { BACKEND_NAME, type Credentials } from '../../infra/swarm/credentials.ts';
import { openTunnel } from '../../infra/swarm/node-connection.ts';
import { unmapped } from '../../shared/ip-address.ts';
import { createSwarmServer } from './swarm-server.ts';

/** The traffic of agents that the backend serves: calls of models, and connections of agents with a list of domains. */
export type TrafficKind = 'models' | 'egress';
const AGENT_ADDRESS = 'agentbot-agent-address';

interface ForwarderOptions {
  kind: TrafficKind;
  /** The addresses of the backends, `host:port`, tried in order. */
  backends: string[];
  credentials: () => Credentials;
  /** The /16 of agents' networks. */
  subnet: string;
}

/** A server on a node that passes the connections of its agents on to a backend. */
export function createForwarder({ kind, backends, credentials, subnet }: ForwarderOptions): NetServer {
  async function open(address: string): Promise<Duplex> {
    let failure: unknown;
    for (const backend of backends) {
      const colon = backend.lastIndexOf(':');
      const service = { host: backend.slice(0, colon), port: Number(backend.slice(colon + 1)), name: BACKEND_NAME };
      try {
        return await openTunnel(service, credentials, `${kind}:0`, { [AGENT_ADDRESS]: address });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
  return createTcpServer(async (socket) => {
    socket.on('error', () => socket.destroy());
    const address = unmapped(socket.remoteAddress ?? '');
    // The port is open on all addresses.
    if (slotOfAddress(subnet, address) === undefined) return void socket.destroy();
    try {
      const tunnel = await open(address);
      pipeline(socket, tunnel, socket, () => undefined);
    } catch {
      socket.destroy();
    }
  });
}

/** The backend's server for the nodes' forwarders: hands each connection to the server of its kind, as if the agent had made it. */
export function createTrafficServer(
  credentials: () => Credentials,
  subnet: string,
  servers: { [kind in TrafficKind]?: NetServer | undefined },
): Server {
  return createSwarmServer(credentials, {
    connect(peer, { url, headers }, socket, head) {
      const server = servers[url?.slice(0, url.indexOf(':')) as TrafficKind];
      const address = String(headers[AGENT_ADDRESS]);
      const isAgents = slotOfAddress(subnet, address) !== undefined;
      if (peer.kind !== 'node' || !server || !isAgents) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      if (head.length > 0) socket.unshift(head);
      // The servers tell agents apart by this address.
      Object.defineProperty(socket, 'remoteAddress', { value: address });
      server.emit('connection', socket);
    },
  });
}
