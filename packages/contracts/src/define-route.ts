import type { z } from 'zod';
import { type ErrorCode, errorTable } from './errors.ts';
import type { Scope } from './scopes.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * The permitted callers. `public`: no authentication. `optional`: the caller is authenticated if there is one. `caller`: a
 * signed-in user, an API key or the internal key. `admin`: an administrator's session, an administrator's API key with the
 * scope `admin:*`, or the internal key. `web`: the web app itself, for no user.
 */
export type Auth = 'public' | 'optional' | 'caller' | 'admin' | 'web';

/** One side of an operation: its path and its response on success. */
export interface Side {
  path: `/${string}`;
  response: z.ZodType;
  /** The web's error body: lifecycle calls keep the contract's `{success:false,status:"error"}`. */
  errorShape?: 'lifecycle';
  /** The web's response instead of 502 while the backend is unreachable. */
  whenUnreachable?: 'lastSeenStats';
  /** Another user's agent is 403 for the web's lifecycle calls; data routes answer 404. */
  foreignIs?: 403;
  /** The web's status at an agent limit; 402 elsewhere. */
  limitIs?: 429;
  /** False when the web handles this path itself instead of proxying it. */
  proxied?: false;
}

/** An operation of the API, once, as data. */
export interface Route {
  id: string;
  summary: string;
  method: Method;
  auth: Auth;
  /** The scope that an API key needs; by default `agents:read` for GET and `agents:write` for other methods. */
  scope?: Scope;
  /** The error sentence for every API key, regardless of its scopes. */
  refusesApiKeys?: string;
  /** Without a named agent, the operation is limited to the agents that the caller may see: a key for one agent may call it. */
  narrows?: true;
  /** A field of the body that the query may contain instead. */
  queryIntoBody?: string;
  /** The response is a stream of server-sent events; the response schema describes the data of one event. */
  stream?: true;
  /** The request may have a precondition on the resource's `ETag`: `If-Match`, `If-None-Match`. */
  conditional?: true;
  /** Whether the audit log includes the call. Default: all methods but GET. */
  audit?: boolean;
  /** The response is a file and is not parsed. */
  download?: true;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The status of a success; a handler may choose `alsoStatus`. */
  status: 200 | 201;
  alsoStatus?: 200;
  /** The sentence of a 500. */
  failure: string;
  errors: readonly ErrorCode[];
  backend: Side;
  web?: Side;
  /** The name of an additional rate limit. */
  rateLimit?: 'deployments' | 'credentials' | 'signInChallenges' | 'modelTests';
  /** The web's timeout for the backend's response, in milliseconds. */
  timeoutMs?: number;
}

/** Keeps the literal types of a route while checking it. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}

/** The HTTP status of an error code on one side of an operation, or outside of all operations. */
export function statusOf(code: ErrorCode, side?: Side): number {
  if (code === 'AGENT_NOT_FOUND' && side?.foreignIs) return side.foreignIs;
  if (code === 'AGENT_LIMIT_REACHED' && side?.limitIs) return side.limitIs;
  return errorTable[code].status;
}

/** Parameter names in a path, in order: `/api/agents/:id/start` → `['id']`. */
export function pathParams(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] as string);
}

/** Whether calls are written to the audit log: every method but GET, unless the route says otherwise. */
export const isAudited = (route: Route): boolean => route.audit ?? route.method !== 'GET';

/** Whether an operation honours an `Idempotency-Key`: every POST of a caller. */
export const isIdempotent = (route: Route): boolean => route.method === 'POST' && route.auth === 'caller';
