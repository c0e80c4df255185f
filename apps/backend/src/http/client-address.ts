import { isIP } from 'node:net';
import type { Request } from 'express';

/**
 * The client's IP address, as reported by trusted proxies. A proxy may forward a value that is not an IP address; the
 * address of the connection is used then.
 */
export const clientAddress = ({ ip = '', socket }: Request): string => (isIP(ip) ? ip : (socket.remoteAddress ?? ''));

/** The User-Agent header, cut to 200 characters. */
export const userAgentOf = (request: Request): string | undefined => request.get('user-agent')?.slice(0, 200);
