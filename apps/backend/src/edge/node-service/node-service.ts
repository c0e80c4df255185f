import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { type Credentials, nodeName } from '../../infra/swarm/credentials.ts';
import { createTlsAgent, FETCH_IMAGE } from '../../infra/swarm/node-connection.ts';
import { isForeignImage } from '../engine-proxy/allowed-calls.ts';
import { createEngineProxy, type EngineProxyOptions } from '../engine-proxy/engine-proxy.ts';
import { createSwarmServer } from './swarm-server.ts';

const EXPORT_IMAGE = /^\/v1\.\d\d\/images\/([^?]+)\/get$/;
const fetchSchema = z.strictObject({
  image: z.string().max(500).refine(isForeignImage),
  node: z.string().max(100),
  host: z.string().max(100),
});

interface Options extends EngineProxyOptions {
  credentials: () => Credentials;
  /** The first host port of agents: tunnels lead to these only. */
  agentPortBase: number;
  /** The port of the nodes' services. */
  port: number;
}

const refuse = (response: ServerResponse, status: number, message: string) => {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
};

/**
 * The service on each node of a swarm. A backend uses the node's engine through it, with the calls of the engine proxy, and connects
 * to the gateways of the node's agents. Another node may read images from it. Callers prove with a certificate who they are.
 */
export function createNodeService({ credentials, agentPortBase, port, ...engineOptions }: Options) {
  const { socketPath } = engineOptions;
  const engine = createEngineProxy(engineOptions);

  /** Sends a call to the engine, and its answer back. */
  function passOn(asked: ClientRequest, outgoing: ServerResponse): void {
    asked.once('response', (answer: IncomingMessage) => {
      outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'application/json' });
      pipeline(answer, outgoing, () => undefined);
    });
    asked.once('error', (error) => refuse(outgoing, 502, error.message));
    outgoing.once('close', () => asked.destroy());
  }

  function exportImage(url: string, outgoing: ServerResponse): void {
    const [, image = ''] = EXPORT_IMAGE.exec(url) ?? [];
    if (!isForeignImage(decodeURIComponent(image))) refuse(outgoing, 403, 'A node may read images only');
    else passOn(request({ socketPath, path: url }).end(), outgoing);
  }

  /** Loads an image from another node into this node's engine. */
  async function fetchImage(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const parsed = fetchSchema.safeParse(await json(incoming).catch(() => undefined));
    if (!parsed.success) return refuse(outgoing, 400, 'The body must name an image and the node that has it');
    const { image, node, host } = parsed.data;
    const name = nodeName(node);
    const path = `/v1.41/images/${encodeURIComponent(image)}/get`;
    const source = requestTls({ host, port, path, agent: createTlsAgent({ name }, credentials) });
    source.once('error', (error) => refuse(outgoing, 502, `The image could not be read from the node: ${error.message}`));
    source.once('response', (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        return refuse(outgoing, 502, `The other node answers with ${answer.statusCode}`);
      }
      const headers = { 'content-type': 'application/x-tar' };
      const loading = request({ socketPath, method: 'POST', path: '/v1.41/images/load?quiet=true', headers });
      passOn(loading, outgoing);
      pipeline(answer, loading, () => undefined);
    });
    source.end();
  }

  function connectToAgent(target: string, socket: Duplex, head: Buffer): void {
    const [, agentPort = ''] = /^127\.0\.0\.1:(\d{1,5})$/.exec(target) ?? [];
    if (Number(agentPort) < agentPortBase || Number(agentPort) > 65_535) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const gateway = connect({ host: '127.0.0.1', port: Number(agentPort) });
    gateway.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    gateway.once('connect', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      if (head.length > 0) gateway.write(head);
      pipeline(socket, gateway, socket, () => undefined);
    });
    socket.once('close', () => gateway.destroy());
  }

  return createSwarmServer(credentials, {
    request(peer, incoming, outgoing) {
      const { url = '' } = incoming;
      if (peer.kind === 'node') return exportImage(url, outgoing);
      if (incoming.method === 'POST' && url === FETCH_IMAGE) return void fetchImage(incoming, outgoing);
      engine.emit('request', incoming, outgoing);
    },
    connect(peer, incoming, socket, head) {
      if (peer.kind === 'backend') connectToAgent(incoming.url ?? '', socket, head);
      else socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    },
  });
}
