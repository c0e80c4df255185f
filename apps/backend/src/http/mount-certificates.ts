import { isIP } from 'node:net';
import { AppError } from '@agentbot/contracts';
import type { Express, Request } from 'express';
import { TEST_LABEL } from '../domain/agents/addresses.ts';
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
 * Serves `GET /tls/agent?domain=<host name>` to programs on this machine, so that a proxy asks before it gets a certificate: 200 when
 * an agent has that host name, or when it is the host of GATEWAY_PUBLIC_URL or the name that the test of the domain asks for; else 404.
 * @see https://caddyserver.com/docs/automatic-https#on-demand-tls
 */
export function mountCertificates(app: Express, { config, database }: Pick<Context, 'config' | 'database'>): void {
  const ofPlatform = [new URL(config.GATEWAY_PUBLIC_URL).hostname, `${TEST_LABEL}.${config.AGENTS_DOMAIN}`];
  app.get('/tls/agent', async (request, response) => {
    const { domain } = request.query;
    if (!isLocal(request) || typeof domain !== 'string') throw new AppError('NOT_FOUND');
    const ids = parseAgentAddress(domain, '/', config)?.ids ?? [];
    const findAgents = () =>
      database.as('service', (tx) => tx.$queryRaw<object[]>`SELECT 1 FROM agents WHERE lower(id) = ANY (${ids}) LIMIT 1`);
    const exists = ofPlatform.includes(domain) || (ids.length > 0 && (await findAgents()).length > 0);
    if (!exists) throw new AppError('NOT_FOUND');
    response.set('Cache-Control', 'no-store').end();
  });
}
