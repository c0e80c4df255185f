import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProxyServer } from 'httpxy';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello';
import { allowedDomains, allowedPort, hasAllowedDomains } from '../../domain/containers/allowed-domains.ts';
import type { Context } from '../../domain/context.ts';
import type { Agent } from '../../generated/prisma/client.ts';
import { restrictedSlot } from '../../infra/docker/slots.ts';
import { addressesOf, isThisMachine, mayReach } from '../../infra/openclaw/model-endpoint.ts';
import { modelTarget } from '../../infra/openclaw/providers.ts';

/** How long an agent may take to say whom it wants, and a server to be reached. */
const TIMEOUT_MS = 10_000;
/** A connection without a byte for so long is given up. */
const IDLE_MS = 15 * 60_000;
/** How long what an agent may reach is taken for known. */
const KNOWN_MS = 2_000;
/** So many connections an agent may hold at once. */
const MAX_CONNECTIONS = 256;
const TLS_HANDSHAKE = 22;

type Slice = Pick<Context, 'config' | 'database' | 'log'>;
interface Limits {
  agentId: string;
  /** Undefined when its list was emptied since its container was made. */
  patterns: string[] | undefined;
  /** Its model's. */
  endpoint: URL;
}

const plain = (host: string) => host.toLowerCase().replace(/\.$/, '');

/**
 * The way out of agents that may reach certain domains only: the packet filter sends all their connections here, and each is
 * passed on to the server that it names, in TLS by its server name, in HTTP by its Host. Nothing is decrypted. Names are
 * resolved here, so an address that the agent made up counts for nothing.
 * @see https://www.rfc-editor.org/rfc/rfc6066#section-3
 */
export function createEgressProxy({ config, database, log }: Slice): Server {
  /** An agent that tries again and again does not fill the log. */
  const told = new RateLimiterMemory({ points: 10, duration: 60 });
  const known = new Map<number, { at: number; limits: Promise<Limits | null> }>();

  async function readLimits(slot: number): Promise<Limits | null> {
    return database.as('service', async (tx) => {
      const agent = await tx.agent.findUnique({ where: { slot } });
      if (!agent) return null;
      const names = await tx.agentSecret.findMany({ where: { agentId: agent.id }, select: { name: true } });
      const patterns = patternsOf(agent, new Set(names.map(({ name }) => name)));
      return { agentId: agent.id, patterns, endpoint: new URL(modelTarget(agent, config).baseUrl) };
    });
  }
  const patternsOf = (agent: Agent, secrets: Set<string>) =>
    hasAllowedDomains(agent) ? allowedDomains(agent, secrets, config) : undefined;

  function limitsOf(slot: number): Promise<Limits | null> {
    const found = known.get(slot);
    if (found && Date.now() - found.at < KNOWN_MS) return found.limits;
    const limits = readLimits(slot);
    known.set(slot, { at: Date.now(), limits });
    limits.catch(() => known.delete(slot));
    return limits;
  }

  /** @returns where to connect to, or undefined when the agent may not */
  async function destination(slot: number, host: string, usual: number, asked?: number) {
    const limits = await limitsOf(slot);
    if (!limits) return undefined;
    const { agentId, patterns, endpoint } = limits;
    const port = patterns ? allowedPort(patterns, host, usual, asked) : (asked ?? usual);
    const [address] = port === undefined ? [] : await reachable(host, isAt(endpoint, host, port));
    if (port === undefined || !address) {
      const reason = port === undefined ? 'not allowed' : 'no address that may be reached';
      await told.consume(agentId).then(
        () => log.info({ agentId, host, reason }, 'an agent was kept from a host'),
        () => undefined,
      );
      return undefined;
    }
    return { address, port };
  }

  const isAt = ({ hostname, port, protocol }: URL, host: string, at: number) =>
    host === hostname && at === Number(port || (protocol === 'https:' ? 443 : 80));

  /** This machine is closed to agents here as by the packet filter, but for a model that its owner runs on it. */
  async function reachable(host: string, isModel: boolean): Promise<string[]> {
    const may = (address: string) => mayReach(address, config.ALLOW_PRIVATE_MODEL_ENDPOINTS) && (isModel || !isThisMachine(address));
    return (await addressesOf(host)).filter(may);
  }

  async function passTls(socket: Socket, slot: number): Promise<void> {
    const hello = await Promise.race([readTlsClientHello(socket), once(socket, 'close').then(() => undefined)]);
    const name = hello && getExtensionData(hello, 'sni')?.serverName;
    const target = name ? await destination(slot, plain(name), 443) : undefined;
    if (!target || socket.destroyed) return void socket.destroy();
    const server = connect({ host: target.address, port: target.port });
    const late = setTimeout(() => server.destroy(), TIMEOUT_MS);
    server.once('connect', () => clearTimeout(late));
    server.once('close', () => clearTimeout(late));
    server.setTimeout(IDLE_MS, () => server.destroy());
    pipeline(socket, server, socket, () => undefined);
  }

  const proxy = createProxyServer({ timeout: IDLE_MS, proxyTimeout: IDLE_MS });
  const slots = new WeakMap<Socket, number>();
  async function serverOf({ headers, socket }: IncomingMessage) {
    const { hostname, port } = URL.parse(`http://${headers.host}`) ?? {};
    const slot = slots.get(socket);
    if (!hostname || slot === undefined) return undefined;
    const target = await destination(slot, plain(hostname), 80, Number(port || 80));
    return target && `http://${isIP(target.address) === 6 ? `[${target.address}]` : target.address}:${target.port}`;
  }
  const refuse = (response: ServerResponse, status: number, error: string) => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  };
  const http = createHttpServer({ requestTimeout: 0, headersTimeout: TIMEOUT_MS }, async (request, response) => {
    try {
      const target = await serverOf(request);
      if (!target) return refuse(response, 403, 'This agent may not reach this host');
      await proxy.web(request, response, { target });
    } catch {
      refuse(response, 502, 'The host does not answer');
    }
  });
  http.on('upgrade', async (request: IncomingMessage, socket: Socket, head: Buffer) => {
    try {
      const target = await serverOf(request);
      if (!target) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      await proxy.ws(request, socket, { target }, head);
    } catch {
      socket.destroy();
    }
  });

  const open = new Map<number, number>();
  return createServer(async (socket) => {
    socket.on('error', () => socket.destroy());
    const slot = restrictedSlot(config.AGENT_SUBNET, socket.remoteAddress ?? '');
    // Whoever else comes: the port is open on all addresses.
    if (slot === undefined) return void socket.destroy();
    const held = (open.get(slot) ?? 0) + 1;
    if (held > MAX_CONNECTIONS) return void socket.destroy();
    open.set(slot, held);
    socket.once('close', () => open.set(slot, (open.get(slot) ?? 1) - 1));
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    try {
      const begun = await Promise.race([once(socket, 'readable').then(() => true), sleep(TIMEOUT_MS, false, { ref: false })]);
      const first: Buffer | null = begun ? socket.read() : null;
      if (!first) return void socket.destroy();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) return await passTls(socket, slot);
      slots.set(socket, slot);
      http.emit('connection', socket);
    } catch (error) {
      log.debug({ err: error }, 'a connection of an agent could not be read');
      socket.destroy();
    }
  });
}
