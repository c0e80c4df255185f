import { isIP } from 'node:net';
import type { Request } from 'express';
import { unmapped } from '../shared/ip-address.ts';

/**
 * The client's IP address, as reported by trusted proxies. A proxy may forward a value that is not an IP address; the
 * address of the connection is used then. An IPv4-mapped address is given as IPv4.
 */
export const clientAddress = ({ ip = '', socket }: Request): string => unmapped(isIP(ip) ? ip : (socket.remoteAddress ?? ''));

/** The User-Agent header, cut to 200 characters. */
export const userAgentOf = (request: Request): string | undefined => request.get('user-agent')?.slice(0, 200);
