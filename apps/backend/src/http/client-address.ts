import { isIP } from 'node:net';
import type { Request } from 'express';

/**
 * The address a request came from, as far as trusted proxies vouch for it. What they pass on may be no address at all;
 * then it is the proxy's own.
 */
export const clientAddress = ({ ip = '', socket }: Request): string => (isIP(ip) ? ip : (socket.remoteAddress ?? ''));

/** What a client calls itself, as far as that is worth keeping. */
export const userAgentOf = (request: Request): string | undefined => request.get('user-agent')?.slice(0, 200);
