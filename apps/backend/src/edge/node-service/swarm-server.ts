import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Credentials, type Peer, peerOf } from '../../infra/swarm/credentials.ts';

const RENEWAL_MS = 60_000;

interface Handlers {
  request?: (peer: Peer, incoming: IncomingMessage, outgoing: ServerResponse) => void;
  connect: (peer: Peer, incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * A server for connections inside a swarm: mutual TLS 1.3, with certificates of the installation's own authority. A handler learns
 * who calls; a caller whose certificate names nobody is refused.
 */
export function createSwarmServer(credentials: () => Credentials, { request, connect }: Handlers): Server {
  const options = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const;
  // Streams may be silent for hours, and an image takes minutes.
  const server = createServer({ ...credentials(), ...options, requestTimeout: 0 }, (incoming, outgoing) => {
    const peer = peerOf((incoming.socket as TLSSocket).getPeerCertificate().subjectaltname);
    if (peer && request) return request(peer, incoming, outgoing);
    outgoing.writeHead(403).end();
  });
  server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const peer = peerOf((socket as TLSSocket).getPeerCertificate().subjectaltname);
    if (peer) connect(peer, incoming, socket, head);
    else socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const renewal = setInterval(() => server.setSecureContext({ ...credentials(), minVersion: 'TLSv1.3' }), RENEWAL_MS).unref();
  server.once('close', () => clearInterval(renewal));
  return server;
}
