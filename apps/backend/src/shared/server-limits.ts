import type { ServerOptions } from 'node:http';

/**
 * How long and how much a client may take to say what it wants, so that nobody holds a connection by dripping bytes. The
 * answer may take as long as it takes.
 */
export const serverLimits = {
  /** Milliseconds for the headers, and for the whole request with its body. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How often both are looked at. */
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 65_000,
  /** Bytes. */
  maxHeaderSize: 16 * 1024,
} satisfies ServerOptions;
