import { isIP } from 'node:net';
import { AppError } from '@agentbot/contracts';
import { Agent as Connections, type Dispatcher, interceptors } from 'undici';
import { hostOf, mayReach, reachableLookup } from './model-endpoint.ts';
import type { ModelTarget } from './providers.ts';

const CONNECT_MS = 10_000;
/** A connection is kept this long for the next call. */
const IDLE_MS = 60_000;
/** A model may think this long before the first byte, and between two bytes. */
const SILENCE_MS = 10 * 60_000;

/** The connections to model providers, kept open between calls. */
export interface ModelConnections {
  /** To the known providers, whose addresses the operator may set. */
  known: Dispatcher;
  /** To owners' own endpoints, whose addresses are checked when they are called. */
  own: Dispatcher;
  close(): Promise<void>;
}

/** Opens connections when they are first needed. @param allowPrivate whether an owner's own endpoint may have a private address */
export function createModelConnections(allowPrivate: boolean): ModelConnections {
  const timeouts = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS, keepAliveTimeout: IDLE_MS };
  const pools = {
    known: new Connections({ ...timeouts, connect: { timeout: CONNECT_MS } }),
    own: new Connections({ ...timeouts, connect: { timeout: CONNECT_MS, lookup: reachableLookup(allowPrivate) } }),
  };
  return {
    known: pools.known.compose(interceptors.decompress()),
    own: pools.own.compose(interceptors.decompress()),
    close: async () => {
      await Promise.all([pools.known.destroy(), pools.own.destroy()]);
    },
  };
}

/** The connections for a call of a model. @throws AppError FORBIDDEN when an owner's own endpoint has an address that is not allowed */
export function connectionsFor(connections: ModelConnections, { provider }: ModelTarget, url: URL, allowPrivate: boolean): Dispatcher {
  if (provider !== 'custom') return connections.known;
  const host = hostOf(url);
  // An IP address skips the DNS lookup, so it is checked here.
  if (isIP(host) && !mayReach(host, allowPrivate)) throw new AppError('FORBIDDEN', `The address ${host} is not allowed`);
  return connections.own;
}
