import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { config } from '../config.ts';

/** Set on every request by this server itself; what a browser sends under this name is overwritten. */
const HEADER = 'x-agentbot-client-address';

/**
 * The address a request came from: the last that our own proxies vouch for.
 * @param forwardedFor the `X-Forwarded-For` header: each proxy appended whom it saw
 * @param trustedProxies how many proxies of ours stand in front
 */
export function clientAddress(forwardedFor: string | undefined, peer: string, trustedProxies: number): string {
  const seen = [...(forwardedFor ?? '').split(',').flatMap((entry) => entry.trim() || []), peer];
  const address = seen[Math.max(0, seen.length - 1 - trustedProxies)] ?? peer;
  return isIP(address) ? address : peer;
}

/**
 * Writes the client's address into each request before Next sees it, which hides the socket from its handlers.
 * @see https://nodejs.org/api/diagnostics_channel.html#http http.server.request.start
 */
export function observeClientAddresses(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    const given = request.headers['x-forwarded-for'];
    const peer = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    request.headers[HEADER] = clientAddress(Array.isArray(given) ? given.join(',') : given, peer, config().TRUSTED_PROXIES);
  });
}

/** The address of the client of a request. */
export function clientAddressOf(headers: Headers | Record<string, string | undefined> | undefined): string | undefined {
  const value = headers instanceof Headers ? headers.get(HEADER) : headers?.[HEADER];
  return value || undefined;
}
