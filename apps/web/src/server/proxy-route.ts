import { type ErrorCode, errorTable, type LiveStats, pathParams, type Route, type RouteId, routes, statusOf } from '@agentbot/contracts';
import { callBackend } from './backend.ts';
import { clientAddressOf } from './client-address.ts';
import { lastSeenStats, rememberStats } from './last-seen-stats.ts';
import { log } from './log.ts';
import { readBody } from './read-body.ts';
import { requestIdOf } from './request-id.ts';
import { isSameOrigin } from './same-origin.ts';
import { currentUser } from './session.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
/** Headers of a browser that mean something to an operation; the backend unpacks a compressed body. */
const passedOn = ['idempotency-key', 'last-event-id', 'user-agent', 'content-encoding'];
const passedBack = [
  'idempotency-replayed',
  'content-type',
  'content-disposition',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'link',
  'content-disposition',
  'payment-required',
  'www-authenticate',
];

type Params = Record<string, string>;
type Handler = (request: Request, context: { params: Promise<Params> }) => Promise<Response>;

function failure(route: Route, code: ErrorCode): Response {
  const { sentence } = errorTable[code];
  const shape = route.web?.errorShape === 'lifecycle' ? { success: false, status: 'error', error: sentence } : { error: sentence };
  return Response.json(shape, { status: statusOf(code, 'web'), headers: { 'cache-control': 'no-store' } });
}

/** The backend's path with the web path's values, or nothing when one of them would leave its segment. */
function backendPath(route: Route, params: Params): string | undefined {
  const values = pathParams(route.web?.path ?? '').map((name) => params[name] ?? '');
  if (values.some((value) => /^\.{0,2}$/.test(value))) return undefined;
  return route.backend.path.replace(/:[A-Za-z]+/g, () => encodeURIComponent(values.shift() ?? ''));
}

/** Aborts with the browser, and when the answer does not begin (a stream, a file) or end (anything else) in time. */
function deadline(route: Route, request: Request) {
  const timeoutMs = route.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (!route.stream && !route.download)
    return { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]), begun: () => undefined };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  return { signal: AbortSignal.any([request.signal, late.signal]), begun: () => clearTimeout(timer) };
}

/** What a browser gets while the backend cannot be reached. */
function unreachable(route: Route, userId: string | undefined, params: Params): Response {
  if (route.web?.whenUnreachable !== 'lastSeenStats' || !userId) return failure(route, 'BACKEND_UNAVAILABLE');
  return Response.json(lastSeenStats(userId, params.id ?? ''), { headers: { 'cache-control': 'no-store' } });
}

async function pass(route: Route, request: Request, params: Params, requestId: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD' && !isSameOrigin(request)) return failure(route, 'FORBIDDEN');
  const user = await currentUser();
  if (!user && (route.auth === 'caller' || route.auth === 'admin')) return failure(route, 'UNAUTHORIZED');
  const path = backendPath(route, params);
  if (!path) return failure(route, 'NOT_FOUND');
  const body = await readBody(request);
  if (body === 'too large') return failure(route, 'PAYLOAD_TOO_LARGE');

  const { signal, begun } = deadline(route, request);
  const answer = await callBackend(path + new URL(request.url).search, route.auth === 'web' ? undefined : (user ?? undefined), {
    method: route.method,
    body,
    contentType: body && (request.headers.get('content-type') ?? undefined),
    client: clientAddressOf(request.headers),
    headers: {
      'x-request-id': requestId,
      ...Object.fromEntries(passedOn.flatMap((name) => (request.headers.has(name) ? [[name, request.headers.get(name) ?? '']] : []))),
    },
    signal,
  }).catch(() => undefined);
  // A proxy in between that cannot reach the backend says so with these.
  if (!answer || answer.status === 502 || answer.status === 504) return unreachable(route, user?.id, params);
  begun();
  const headers = new Headers({ 'cache-control': 'no-store' });
  for (const name of passedBack) if (answer.headers.has(name)) headers.set(name, answer.headers.get(name) as string);
  if (!route.web?.whenUnreachable || !answer.ok || !user) return new Response(answer.body, { status: answer.status, headers });
  const live = (await answer.json()) as LiveStats;
  rememberStats(user.id, params.id ?? '', live);
  return Response.json(live, { headers });
}

/** A browser that left while it was being answered is nothing to look into. */
const levelOf = (request: Request, status: number) => (status >= 500 && !request.signal.aborted ? 'error' : 'debug');

/**
 * The route handler of one operation: checks origin and session, then passes the request on to the backend, which
 * already answers in the web's shape. An unreachable backend is 502; whatever else goes wrong here is a JSON 500.
 */
export function proxyRoute(id: RouteId): Handler {
  const route: Route = routes[id];
  return async (request, context) => {
    const requestId = requestIdOf(request.headers);
    const from = performance.now();
    let response: Response;
    try {
      response = await pass(route, request, await context.params, requestId);
    } catch (error) {
      log()[levelOf(request, 500)]({ err: error, operation: id, requestId }, 'request failed');
      response = failure(route, 'INTERNAL');
    }
    response.headers.set('x-request-id', requestId);
    const { status } = response;
    const took = { operation: id, requestId, status, ms: Math.round(performance.now() - from) };
    log()[levelOf(request, status)](took, 'request answered');
    return response;
  };
}
