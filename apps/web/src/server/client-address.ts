import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { config } from '../config.ts';

/** This server sets the header on every request and overwrites a value sent by the client. */
const HEADER = 'x-agentbot-client-address';

/**
 * The client's address: the last one that a trusted proxy has seen.
 * @param forwardedFor the `X-Forwarded-For` header, to which each proxy appends its peer
 * @param trustedProxies number of trusted proxies in front of this server
 */
export function clientAddress(forwardedFor: string | undefined, peer: string, trustedProxies: number): string {
  const seen = [...(forwardedFor ?? '').split(',').flatMap((entry) => entry.trim() || []), peer];
  const address = seen[Math.max(0, seen.length - 1 - trustedProxies)] ?? peer;
  return isIP(address) ? address : peer;
}

/**
 * Writes the client's address into a header of each request, because Next hides the socket from route handlers.
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

/** Reads the client's address that `observeClientAddresses` wrote. */
export function clientAddressOf(headers: Headers | Record<string, string | undefined> | undefined): string | undefined {
  const value = headers instanceof Headers ? headers.get(HEADER) : headers?.[HEADER];
  return value || undefined;
}
