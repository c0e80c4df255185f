import { isIP } from 'node:net';
import { AppError } from '@agentbot/contracts';
import type { Express, Request } from 'express';
import type { Context } from '../domain/context.ts';
import { parseAgentAddress } from '../edge/gateway-router/gateway-router.ts';
import { unmapped } from '../shared/ip-address.ts';

/** Whether a program on this machine asks for itself: a proxy that passes on another client's request adds these headers. */
function isLocal({ socket, headers }: Request): boolean {
  const address = unmapped(socket.remoteAddress ?? '');
  const isLoopback = address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
  return isLoopback && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
}

/**
 * Serves `GET /tls/agent?domain=<host name>` to programs on this machine: 200 when an agent has that host name, or when it is
 * the host of GATEWAY_PUBLIC_URL; else 404. A proxy asks before it gets a certificate for a name.
 * @see https://caddyserver.com/docs/automatic-https#on-demand-tls
 */
export function mountCertificates(app: Express, { config, database }: Pick<Context, 'config' | 'database'>): void {
  const gatewayHost = new URL(config.GATEWAY_PUBLIC_URL).hostname;
  app.get('/tls/agent', async (request, response) => {
    const { domain } = request.query;
    if (!isLocal(request) || typeof domain !== 'string') throw new AppError('NOT_FOUND');
    const ids = parseAgentAddress(domain, '/', config)?.ids ?? [];
    const findAgents = () =>
      database.as('service', (tx) => tx.$queryRaw<object[]>`SELECT 1 FROM agents WHERE lower(id) = ANY (${ids}) LIMIT 1`);
    const exists = domain === gatewayHost || (ids.length > 0 && (await findAgents()).length > 0);
    if (!exists) throw new AppError('NOT_FOUND');
    response.set('Cache-Control', 'no-store').end();
  });
}
