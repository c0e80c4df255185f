import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { requireConfig } from '../config.ts';
import { observeClientAddresses } from './client-address.ts';

/** Timeouts in milliseconds for the headers and for the whole request. The backend has the same. */
const limits = { headersTimeout: 10_000, requestTimeout: 30_000 } satisfies Partial<Server>;

/**
 * Protects against slow-client attacks (Slowloris). Next creates its server itself and has no option for timeouts, so the
 * first request sets them; until then Node's defaults apply (60 s and 300 s). Node enforces them every 30 seconds.
 * @see https://nodejs.org/api/diagnostics_channel.html#http http.server.request.start
 */
function limitSlowClients(): void {
  function limit(message: unknown) {
    unsubscribe('http.server.request.start', limit);
    Object.assign((message as { server: Server }).server, limits);
  }
  subscribe('http.server.request.start', limit);
}

/** Prepares the server before its first request. @see instrumentation.ts */
export function start(): void {
  requireConfig();
  limitSlowClients();
  observeClientAddresses();
}
