import { createServer, type Agent as HttpAgent, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { idsOfLabel, PROVISIONED_PREFIX } from '../../domain/agents/addresses.ts';
import type { Context } from '../../domain/context.ts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { createCountLimit } from '../../shared/count-limit.ts';
import { clientBlock } from '../../shared/ip-address.ts';
import { serverLimits } from '../../shared/server-limits.ts';
import { sha256 } from '../../shared/sha256.ts';

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

interface Domains {
  AGENTS_DOMAIN: string;
  PROVISION_DOMAIN: string;
}

interface AgentAddress {
  /** The ids that it may mean, in lower case, the likelier one first. */
  ids: string[];
  /** The rest of the path, with the query. */
  url: string;
  /** Whether the path names the agent: the origin is then shared by all agents. */
  isSharedOrigin: boolean;
}

/**
 * Finds the agent that a request addresses: by host name `<id>.<AGENTS_DOMAIN>` or `dj-<id>.<PROVISION_DOMAIN>`, or by path
 * `/agent/<id>`. @returns null for any other address
 */
export function parseAgentAddress(host: string | undefined, url: string, domains: Domains): AgentAddress | null {
  const hostname = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const labelIn = (domain: string) => (hostname.endsWith(`.${domain}`) ? hostname.slice(0, -domain.length - 1) : '');
  const provisioned = labelIn(domains.PROVISION_DOMAIN);
  const label = provisioned.startsWith(PROVISIONED_PREFIX) ? provisioned.slice(PROVISIONED_PREFIX.length) : labelIn(domains.AGENTS_DOMAIN);
  if (idPattern.test(label)) return { ids: idsOfLabel(label), url, isSharedOrigin: false };
  const [, agentId, rest = ''] = /^\/agent\/([^/?]+)(.*)$/.exec(url) ?? [];
  if (!agentId || !idPattern.test(agentId)) return null;
  return { ids: [agentId.toLowerCase()], url: rest.startsWith('/') ? rest : `/${rest}`, isSharedOrigin: true };
}

/**
 * Request headers that no agent gets. Cookies know no ports: the dashboard's session cookie would reach the container, which
 * runs its owner's code. OpenClaw 2026.8 and later answers 403 to headers that proxies add about the client.
 */
const REFUSED_REQUEST_HEADER = /^(cookie|forwarded|x-real-ip|x-forwarded-.*|tailscale-.*)$/;

/**
 * The response headers of an agent that pass: they describe the response alone. Others act on the whole site, which agents share
 * under the path form (`Clear-Site-Data`, `Service-Worker-Allowed`, `Alt-Svc`), on the dashboard's host (`Set-Cookie`,
 * `Strict-Transport-Security`), or on a proxy in front (`X-Accel-Redirect`).
 */
const PASSED_RESPONSE_HEADER = new RegExp(
  `^(${[
    'accept-ranges|age|allow|cache-control|connection|content-(disposition|encoding|language|length|location|range|type)|date|etag',
    'expires|keep-alive|last-modified|location|retry-after|transfer-encoding|upgrade|vary|www-authenticate',
    'access-control-.*|content-security-policy(-report-only)?|cross-origin-.*|permissions-policy|referrer-policy',
    'sec-websocket-.*|x-content-type-options|x-frame-options|x-openclaw-.*|x-request-id|x-robots-tag',
  ].join('|')})$`,
);

function keepHeaders({ headers }: IncomingMessage, isKept: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) if (!isKept(name)) delete headers[name];
}
const filterResponse = (response: IncomingMessage) => keepHeaders(response, (name) => PASSED_RESPONSE_HEADER.test(name));

/** The file of the control UI that names OpenClaw's exact version. Gateways of 2026.3 give it to everybody. */
function isUiConfig(url: string): boolean {
  const decoded = url.replaceAll(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return /control-ui-config\.json/i.test(decoded);
}

interface Refusal {
  status: 401 | 403 | 404 | 429 | 503;
  error: string;
}

/**
 * The gateway port: forwards HTTP and WebSocket requests to the agent that their address names. Each gateway authenticates
 * its clients by its token. Responds 404 to an address that names no agent, 503 for an agent that is not running, 429 above
 * STREAM_LIMIT WebSockets of one client to one agent.
 * @param addressOf the IP address of a request's client
 */
export function createGatewayRouter(
  { config, database, envelope, host, log }: Context,
  addressOf: (request: IncomingMessage) => string,
): Server {
  const proxy = createProxyServer();
  proxy.on('proxyRes', filterResponse);
  proxy.on('proxyReqWs', (upgrade) => upgrade.once('upgrade', filterResponse).once('response', filterResponse));
  // Authorised sockets count as well: the token is inside the first message.
  const claimSocket = createCountLimit(config.STREAM_LIMIT);

  /** Whether the request has the agent's gateway token. */
  async function hasToken(agentId: string, { headers }: IncomingMessage): Promise<boolean> {
    const [, given] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!given) return false;
    const { gatewayToken } = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId, ['gatewayToken']));
    return Boolean(gatewayToken) && sha256(given) === sha256(gatewayToken as string);
  }

  async function targetOf(request: IncomingMessage): Promise<Refusal | { agentId: string; target: string; agent?: HttpAgent }> {
    const address = parseAgentAddress(request.headers.host, request.url ?? '/', config);
    const [row] = address
      ? await database.as(
          'service',
          (tx) => tx.$queryRaw<Pick<Agent, 'id' | 'state' | 'runtime' | 'containerSpec'>[]>`
            SELECT id, state, runtime, container_spec AS "containerSpec" FROM agents
            WHERE lower(id) = ANY (${address.ids}) ORDER BY array_position(${address.ids}, lower(id)) LIMIT 1`,
        )
      : [];
    if (!address || !row) return { status: 404, error: 'No agent has this address' };
    // Its scope could be `/agent/`, and then it would answer for other agents.
    if (address.isSharedOrigin && request.headers['service-worker']) {
      return { status: 403, error: 'Use the agent’s host name for a service worker' };
    }
    const { id } = row;
    const spec = row.state === 'running' && row.runtime === 'container' ? readContainerSpec(row) : null;
    if (!spec) return { status: 503, error: 'The agent is not running' };
    request.url = address.url;
    if (isUiConfig(address.url) && !(await hasToken(id, request))) {
      return { status: 401, error: 'This file needs the token of the agent’s gateway' };
    }
    keepHeaders(request, (name) => !REFUSED_REQUEST_HEADER.test(name));
    const agent = host.transportTo(spec.names.container);
    return { agentId: id, target: `http://${spec.bind.address}:${spec.bind.gateway}`, ...(agent && { agent }) };
  }

  const refuse = (response: ServerResponse, { status, error }: Refusal) => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  };
  const refuseSocket = (socket: Duplex, { status, error }: Refusal) => {
    const body = JSON.stringify({ error });
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  };
  const noAnswer: Refusal = { status: 503, error: 'The agent does not answer' };

  const { headersTimeout, connectionsCheckingInterval, maxHeaderSize } = serverLimits;
  // No timeout for the body: the gateway limits its own requests.
  const options = { headersTimeout, connectionsCheckingInterval, maxHeaderSize, requestTimeout: 0 };
  const server = createServer(options, async (request, response) => {
    try {
      const result = await targetOf(request);
      if ('error' in result) return refuse(response, result);
      const { agentId: _, ...target } = result;
      await proxy.web(request, response, target);
    } catch (error) {
      log.warn({ err: error }, 'the gateway port could not reach an agent');
      refuse(response, noAnswer);
    }
  });
  server.on('upgrade', async (request: IncomingMessage, socket: import('node:net').Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      const client = clientBlock(addressOf(request));
      const result = await targetOf(request);
      if ('error' in result) return refuseSocket(socket, result);
      const release = claimSocket(`${result.agentId} ${client}`);
      if (!release)
        return refuseSocket(socket, { status: 429, error: 'Too many open connections to this agent: close one, then try again' });
      socket.once('close', release);
      if (socket.destroyed) return release();
      const { agentId: _, ...target } = result;
      await proxy.ws(request, socket, target, head);
    } catch (error) {
      log.warn({ err: error }, 'the gateway port could not reach an agent');
      if (!socket.destroyed) refuseSocket(socket, noAnswer);
    }
  });
  return server;
}
