import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { requireConfig } from '../config.ts';
import { observeClientAddresses } from './client-address.ts';

/** Milliseconds that a client may take over its headers, and over the whole request with its body; the backend's are the same. */
const limits = { headersTimeout: 10_000, requestTimeout: 30_000 } satisfies Partial<Server>;

/**
 * Lets nobody hold a connection by dripping bytes. Next makes its server itself and takes no limits, so they are set at the
 * first request; until then Node's own hold, of one minute and of five. Node looks at them every half minute.
 * @see https://nodejs.org/api/diagnostics_channel.html#http http.server.request.start
 */
function limitSlowClients(): void {
  function limit(message: unknown) {
    unsubscribe('http.server.request.start', limit);
    Object.assign((message as { server: Server }).server, limits);
  }
  subscribe('http.server.request.start', limit);
}

/** What the server does before its first request. */
export function start(): void {
  requireConfig();
  limitSlowClients();
  observeClientAddresses();
}
