import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Scope } from './scopes.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Who may call: `public` anybody; `optional` a caller is used when there is one; `caller` a signed-in user, an API key
 * or the internal key; `admin` an administrator's session, an administrator's API key with the scope `admin:*`, or the internal
 * key; `web` the web app itself, for no user.
 */
export type Auth = 'public' | 'optional' | 'caller' | 'admin' | 'web';

/** One side of an operation: where it stands and what it answers on success. */
export interface Side {
  path: `/${string}`;
  response: z.ZodType;
  /** The web's error body: lifecycle calls keep the contract's `{success:false,status:"error"}`. */
  errorShape?: 'lifecycle';
  /** What the web answers instead of 502 while the backend cannot be reached. */
  whenUnreachable?: 'lastSeenStats';
  /** Lifecycle calls of the web answer 403 where data routes answer 404. */
  foreignIs?: 403;
  /** False when the web serves this path with code of its own instead of passing it on. */
  proxied?: false;
}

/** An operation of the API, once, as data. */
export interface Route {
  id: string;
  summary: string;
  method: Method;
  auth: Auth;
  /** What an API key must be allowed; by default reading for GET and writing for the rest. */
  scope?: Scope;
  /** The sentence with which an API key is refused, whatever its scopes. */
  refusesApiKeys?: string;
  /** Named no agent, it acts on those the caller may see: a key for one agent may call it all the same. */
  narrows?: true;
  /** A field of the body that may stand in the query instead. */
  queryIntoBody?: string;
  /** Answers server-sent events; the response schema is of one event's data. */
  stream?: true;
  /** Written into the audit log although it is a GET; everything else is. */
  audit?: true;
  /** Answers with a file; nothing is parsed. */
  download?: true;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Of a success; a handler may say another of `alsoStatus`. */
  status: 200 | 201;
  alsoStatus?: 200;
  /** The sentence of a 500. */
  failure: string;
  errors: readonly ErrorCode[];
  backend: Side;
  web?: Side;
  /** A limit of its own beside the general one, by name. */
  rateLimit?: 'deployments' | 'credentials';
  /** Milliseconds the web waits for the backend. */
  timeoutMs?: number;
}

/** Keeps the literal types of a route while checking it. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}

/** Parameter names in a path, in order: `/api/agents/:id/start` → `['id']`. */
export function pathParams(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] as string);
}

/** Whether a call is written into the audit log: whatever changes something, and what says so. */
export const isAudited = (route: Route): boolean => route.audit ?? route.method !== 'GET';

/** Whether an operation honours an `Idempotency-Key`: every POST of a caller. */
export const isIdempotent = (route: Route): boolean => route.method === 'POST' && route.auth === 'caller';
