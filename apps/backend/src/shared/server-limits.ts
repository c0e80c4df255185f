import type { ServerOptions } from 'node:http';

/**
 * Limits for receiving a request, so that a slow client cannot hold a connection open. The response has no time limit.
 */
export const serverLimits = {
  /** Milliseconds until all headers must have arrived. */
  headersTimeout: 10_000,
  /** Milliseconds until the whole request with its body must have arrived. */
  requestTimeout: 30_000,
  /** How often both timeouts are checked, in milliseconds. */
  connectionsCheckingInterval: 2_000,
  /** Milliseconds that an idle connection is kept open. */
  keepAliveTimeout: 65_000,
  /** In bytes. */
  maxHeaderSize: 16 * 1024,
} satisfies ServerOptions;
