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
import { restrictedSlot } from '../../infra/docker/slots.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { addressesOf, isThisMachine, mayReach } from '../../infra/openclaw/model-endpoint.ts';
import { modelTarget } from '../../infra/openclaw/providers.ts';
import { msAgo } from '../../shared/clock.ts';

/** Timeout for the first bytes of a connection, which name the host, and for the connection to that host. */
const TIMEOUT_MS = 10_000;
/** A connection that is idle for this long is closed. */
const IDLE_TIMEOUT_MS = 15 * 60_000;
/** How long the limits of an agent are cached. */
const CACHE_MS = 2_000;
/** The maximum number of open connections per agent. */
const MAX_CONNECTIONS = 256;
const TLS_HANDSHAKE = 22;

type Slice = Pick<Context, 'config' | 'database' | 'clock' | 'log'>;
interface Limits {
  agentId: string;
  /** Undefined when the owner emptied the list after the container was created. */
  patterns: string[] | undefined;
  /** The endpoint of the agent's model; undefined when its container calls it through the model gateway. */
  endpoint: URL | undefined;
}

/** The host in lower case, without a final dot. */
const normalize = (host: string) => host.toLowerCase().replace(/\.$/, '');

/**
 * The egress proxy of agents with a list of allowed domains. The packet filter redirects all their connections to it. The
 * proxy forwards each connection to the host that it names: in TLS by the server name, in HTTP by the Host header. It decrypts
 * nothing. It resolves the name itself, and ignores the address that the agent connected to.
 * @see https://www.rfc-editor.org/rfc/rfc6066#section-3
 */
export function createEgressProxy({ config, database, clock, log }: Slice): Server {
  /** Limits the log lines per agent: an agent that retries must not fill the log. */
  const logLimit = new RateLimiterMemory({ points: 10, duration: 60 });
  const cache = new Map<number, { at: Date; limits: Promise<Limits | null> }>();

  async function readLimits(slot: number): Promise<Limits | null> {
    return database.as('service', async (tx) => {
      const agent = await tx.agent.findUnique({ where: { slot } });
      if (!agent) return null;
      const names = await tx.agentSecret.findMany({ where: { agentId: agent.id }, select: { name: true } });
      const callsProviders = !readContainerSpec(agent)?.models;
      const patterns = hasAllowedDomains(agent)
        ? allowedDomains(agent, new Set(names.map(({ name }) => name)), config, callsProviders)
        : undefined;
      return { agentId: agent.id, patterns, endpoint: callsProviders ? new URL(modelTarget(agent, config).baseUrl) : undefined };
    });
  }
  function limitsOf(slot: number): Promise<Limits | null> {
    const cached = cache.get(slot);
    if (cached && cached.at > msAgo(clock, CACHE_MS)) return cached.limits;
    const limits = readLimits(slot);
    cache.set(slot, { at: clock.now(), limits });
    limits.catch(() => cache.delete(slot));
    return limits;
  }

  /** @returns the address and port to connect to, or undefined when the agent may not reach the host */
  async function destination(slot: number, host: string, defaultPort: number, requestedPort?: number) {
    const limits = await limitsOf(slot);
    if (!limits) return undefined;
    const { agentId, patterns, endpoint } = limits;
    const port = patterns ? allowedPort(patterns, host, defaultPort, requestedPort) : (requestedPort ?? defaultPort);
    const [address] = port === undefined ? [] : await reachable(host, endpoint !== undefined && isAt(endpoint, host, port));
    if (port === undefined || !address) {
      const reason = port === undefined ? 'not allowed' : 'no allowed address';
      await logLimit.consume(agentId).then(
        () => log.info({ agentId, host, reason }, 'a connection of an agent was refused'),
        () => undefined,
      );
      return undefined;
    }
    return { address, port };
  }

  /** Whether an endpoint has this host and port. */
  const isAt = ({ hostname, port, protocol }: URL, host: string, hostPort: number) =>
    host === hostname && hostPort === Number(port || (protocol === 'https:' ? 443 : 80));

  /** The allowed addresses of a host. This machine's addresses are allowed only for the agent's model endpoint. */
  async function reachable(host: string, isModel: boolean): Promise<string[]> {
    const isAllowed = (address: string) => mayReach(address, config.ALLOW_PRIVATE_MODEL_ENDPOINTS) && (isModel || !isThisMachine(address));
    return (await addressesOf(host)).filter(isAllowed);
  }

  async function passTls(socket: Socket, slot: number): Promise<void> {
    const hello = await Promise.race([readTlsClientHello(socket), once(socket, 'close').then(() => undefined)]);
    const name = hello && getExtensionData(hello, 'sni')?.serverName;
    const target = name ? await destination(slot, normalize(name), 443) : undefined;
    if (!target || socket.destroyed) return void socket.destroy();
    const server = connect({ host: target.address, port: target.port });
    const timeout = setTimeout(() => server.destroy(), TIMEOUT_MS);
    server.once('connect', () => clearTimeout(timeout));
    server.once('close', () => clearTimeout(timeout));
    server.setTimeout(IDLE_TIMEOUT_MS, () => server.destroy());
    pipeline(socket, server, socket, () => undefined);
  }

  const proxy = createProxyServer({ timeout: IDLE_TIMEOUT_MS, proxyTimeout: IDLE_TIMEOUT_MS });
  const slots = new WeakMap<Socket, number>();
  async function serverOf({ headers, socket }: IncomingMessage) {
    const { hostname, port } = URL.parse(`http://${headers.host}`) ?? {};
    const slot = slots.get(socket);
    if (!hostname || slot === undefined) return undefined;
    const target = await destination(slot, normalize(hostname), 80, Number(port || 80));
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
    // The port is open on all addresses, so other clients than restricted agents can connect.
    if (slot === undefined) return void socket.destroy();
    const count = (open.get(slot) ?? 0) + 1;
    if (count > MAX_CONNECTIONS) return void socket.destroy();
    open.set(slot, count);
    socket.once('close', () => open.set(slot, (open.get(slot) ?? 1) - 1));
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
    try {
      const hasData = await Promise.race([once(socket, 'readable').then(() => true), sleep(TIMEOUT_MS, false, { ref: false })]);
      const first: Buffer | null = hasData ? socket.read() : null;
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
