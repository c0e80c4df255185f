import {
  type ErrorCode,
  errorTable,
  type LiveStats,
  maxBodyBytes,
  pathParams,
  type Route,
  type RouteId,
  routes,
  statusOf,
} from '@agentbot/contracts';
import { callBackend } from './backend.ts';
import { clientAddressOf } from './client-address.ts';
import { lastSeenStats, rememberStats } from './last-seen-stats.ts';
import { log } from './log.ts';
import { readBody } from './read-body.ts';
import { requestIdOf } from './request-id.ts';
import { isSameOrigin } from './same-origin.ts';
import { currentUser } from './session.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
/** The request headers that reach the backend. The backend decompresses the body, so it needs `content-encoding`. */
const forwardedRequestHeaders = ['idempotency-key', 'if-match', 'if-none-match', 'last-event-id', 'user-agent', 'content-encoding'];
const forwardedResponseHeaders = [
  'idempotency-replayed',
  'content-type',
  'content-disposition',
  'etag',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'link',
  'payment-required',
  'www-authenticate',
];

type Params = Record<string, string>;
type Handler = (request: Request, context: { params: Promise<Params> }) => Promise<Response>;

function failure(route: Route, code: ErrorCode): Response {
  const { sentence } = errorTable[code];
  const shape = route.web?.errorShape === 'lifecycle' ? { success: false, status: 'error', error: sentence } : { error: sentence };
  return Response.json(shape, { status: statusOf(code, route.web), headers: { 'cache-control': 'no-store' } });
}

/** Fills the web path's values into the backend's path. Undefined when a value is empty, `.` or `..`: it would change the path. */
function backendPath(route: Route, params: Params): string | undefined {
  const values = pathParams(route.web?.path ?? '').map((name) => params[name] ?? '');
  if (values.some((value) => /^\.{0,2}$/.test(value))) return undefined;
  return route.backend.path.replace(/:[A-Za-z]+/g, () => encodeURIComponent(values.shift() ?? ''));
}

/**
 * Aborts when the browser disconnects or the timeout passes. For streams and files the timeout ends with the response's
 * headers (`started`); for other routes it covers the whole response.
 */
function deadline(route: Route, request: Request) {
  const timeoutMs = route.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (!route.stream && !route.download)
    return { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]), started: () => undefined };
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  return { signal: AbortSignal.any([request.signal, timeout.signal]), started: () => clearTimeout(timer) };
}

/** The response while the backend cannot be reached. */
function unreachable(route: Route, userId: string | undefined, params: Params): Response {
  if (route.web?.whenUnreachable !== 'lastSeenStats' || !userId) return failure(route, 'BACKEND_UNAVAILABLE');
  return Response.json(lastSeenStats(userId, params.id ?? ''), { headers: { 'cache-control': 'no-store' } });
}

async function forward(id: RouteId, request: Request, params: Params, requestId: string): Promise<Response> {
  const route: Route = routes[id];
  if (request.method !== 'GET' && request.method !== 'HEAD' && !isSameOrigin(request)) return failure(route, 'FORBIDDEN');
  const user = await currentUser();
  if (!user && (route.auth === 'caller' || route.auth === 'admin')) return failure(route, 'UNAUTHORIZED');
  const path = backendPath(route, params);
  if (!path) return failure(route, 'NOT_FOUND');
  const body = await readBody(request, maxBodyBytes(id));
  if (body === 'too large') return failure(route, 'PAYLOAD_TOO_LARGE');

  const { signal, started } = deadline(route, request);
  const response = await callBackend(path + new URL(request.url).search, route.auth === 'web' ? undefined : (user ?? undefined), {
    method: route.method,
    body,
    contentType: body && (request.headers.get('content-type') ?? undefined),
    client: clientAddressOf(request.headers),
    headers: {
      'x-request-id': requestId,
      ...Object.fromEntries(
        forwardedRequestHeaders.flatMap((name) => (request.headers.has(name) ? [[name, request.headers.get(name) ?? '']] : [])),
      ),
    },
    signal,
  }).catch(() => undefined);
  // A reverse proxy between web and backend answers 502 or 504 when it cannot reach the backend.
  if (!response || response.status === 502 || response.status === 504) return unreachable(route, user?.id, params);
  started();
  const headers = new Headers({ 'cache-control': 'no-store' });
  for (const name of forwardedResponseHeaders) if (response.headers.has(name)) headers.set(name, response.headers.get(name) as string);
  if (!route.web?.whenUnreachable || !response.ok || !user) return new Response(response.body, { status: response.status, headers });
  const live = (await response.json()) as LiveStats;
  rememberStats(user.id, params.id ?? '', live);
  return Response.json(live, { headers });
}

/** A failure after the browser disconnected is expected and not logged as an error. */
const levelOf = (request: Request, status: number) => (status >= 500 && !request.signal.aborted ? 'error' : 'debug');

/**
 * Creates the route handler of an operation. It checks origin and session, then forwards the request to the backend, which
 * responds in the web's shape. An unreachable backend is 502; any other failure is a JSON 500.
 */
export function proxyRoute(id: RouteId): Handler {
  const route: Route = routes[id];
  return async (request, context) => {
    const requestId = requestIdOf(request.headers);
    const startedAt = performance.now();
    let response: Response;
    try {
      response = await forward(id, request, await context.params, requestId);
    } catch (error) {
      log()[levelOf(request, 500)]({ err: error, operation: id, requestId }, 'request failed');
      response = failure(route, 'INTERNAL');
    }
    response.headers.set('x-request-id', requestId);
    const { status } = response;
    const entry = { operation: id, requestId, status, ms: Math.round(performance.now() - startedAt) };
    log()[levelOf(request, status)](entry, 'request answered');
    return response;
  };
}
