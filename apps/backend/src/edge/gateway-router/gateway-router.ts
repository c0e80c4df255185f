import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { PROVISIONED_PREFIX } from '../../domain/agents/addresses.ts';
import type { Context } from '../../domain/context.ts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { serverLimits } from '../../shared/server-limits.ts';

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

interface Domains {
  AGENTS_DOMAIN: string;
  PROVISION_DOMAIN: string;
}

/**
 * Finds the agent that a request addresses: by host name `<id>.<AGENTS_DOMAIN>` or `dj-<id>.<PROVISION_DOMAIN>`, or by path
 * `/agent/<id>`. @returns the agent's id and the rest of the path, or null
 */
export function parseAgentAddress(host: string | undefined, url: string, domains: Domains): { agentId: string; url: string } | null {
  const hostname = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const labelIn = (domain: string) => (hostname.endsWith(`.${domain}`) ? hostname.slice(0, -domain.length - 1) : '');
  const provisioned = labelIn(domains.PROVISION_DOMAIN);
  const label = provisioned.startsWith(PROVISIONED_PREFIX) ? provisioned.slice(PROVISIONED_PREFIX.length) : labelIn(domains.AGENTS_DOMAIN);
  if (idPattern.test(label)) return { agentId: label, url };
  const [, agentId, rest = ''] = /^\/agent\/([^/?]+)(.*)$/.exec(url) ?? [];
  if (!agentId || !idPattern.test(agentId)) return null;
  return { agentId, url: rest.startsWith('/') ? rest : `/${rest}` };
}

/**
 * Removes cookies in both directions. Cookies are shared between ports: the dashboard's session cookie would reach the
 * container, which runs its owner's code, and the container could set cookies for the dashboard. Gateways use no cookies.
 */
function removeCookies({ headers }: IncomingMessage): void {
  delete headers.cookie;
  delete headers['set-cookie'];
}

/** Headers that proxies add about the client. OpenClaw 2026.8 and later refuses requests with these headers with 403. */
const FORWARDED = /^(forwarded|x-real-ip|x-forwarded-.*|tailscale-.*)$/;

function removeForwardingHeaders({ headers }: IncomingMessage): void {
  for (const name of Object.keys(headers)) if (FORWARDED.test(name)) delete headers[name];
}

/**
 * The gateway port: forwards HTTP and WebSocket requests to the agent that their address names. Each gateway authenticates
 * its clients by its token. Responds 404 to an address that names no agent, 503 for an agent that is not running.
 */
export function createGatewayRouter({ config, database, log }: Context): Server {
  const proxy = createProxyServer();
  proxy.on('proxyRes', removeCookies);
  proxy.on('proxyReqWs', (upgrade) => upgrade.once('upgrade', removeCookies).once('response', removeCookies));

  async function targetOf(request: IncomingMessage): Promise<{ status: number; error: string } | { target: string }> {
    const address = parseAgentAddress(request.headers.host, request.url ?? '/', config);
    const [agent] = address
      ? await database.as(
          'service',
          (tx) => tx.$queryRaw<Pick<Agent, 'id' | 'state' | 'runtime' | 'containerSpec'>[]>`
            SELECT id, state, runtime, container_spec AS "containerSpec" FROM agents WHERE lower(id) = lower(${address.agentId})`,
        )
      : [];
    if (!address || !agent) return { status: 404, error: 'No agent has this address' };
    const spec = agent.state === 'running' && agent.runtime === 'container' ? readContainerSpec(agent) : null;
    if (!spec) return { status: 503, error: 'The agent is not running' };
    request.url = address.url;
    removeCookies(request);
    removeForwardingHeaders(request);
    return { target: `http://${spec.bind.address}:${spec.bind.gateway}` };
  }

  const refuse = (response: ServerResponse, status: number, error: string) => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  };
  const refuseSocket = (socket: Duplex, status: number, error: string) => {
    const body = JSON.stringify({ error });
    const reason = status === 404 ? 'Not Found' : 'Service Unavailable';
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  };

  const { headersTimeout, connectionsCheckingInterval, maxHeaderSize } = serverLimits;
  // No timeout for the body: the gateway limits its own requests.
  const options = { headersTimeout, connectionsCheckingInterval, maxHeaderSize, requestTimeout: 0 };
  const server = createServer(options, async (request, response) => {
    try {
      const result = await targetOf(request);
      if ('error' in result) return refuse(response, result.status, result.error);
      await proxy.web(request, response, { target: result.target });
    } catch (error) {
      log.warn({ err: error }, 'the gateway port could not reach an agent');
      refuse(response, 503, 'The agent does not answer');
    }
  });
  server.on('upgrade', async (request: IncomingMessage, socket: import('node:net').Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      const result = await targetOf(request);
      if ('error' in result) return refuseSocket(socket, result.status, result.error);
      await proxy.ws(request, socket, { target: result.target }, head);
    } catch (error) {
      log.warn({ err: error }, 'the gateway port could not reach an agent');
      if (!socket.destroyed) refuseSocket(socket, 503, 'The agent does not answer');
    }
  });
  return server;
}
