import { AppError, type ErrorCode, type Facade, isIdempotent, maxBodyBytes, type Route, type RouteId, routes } from '@agentbot/contracts';
import express, { type Express, type Request, type Response } from 'express';
import type { z } from 'zod';
import type { Answer, Once } from '../infra/idempotency/idempotency.ts';
import type { Metrics } from '../infra/metrics/metrics.ts';
import type { Actor } from '../shared/actor.ts';
import type { createCountLimit } from '../shared/count-limit.ts';
import { clientBlock } from '../shared/ip-address.ts';
import type { Download, Subscribe } from '../shared/streams.ts';
import type { RequestAudit } from './audit-request.ts';
import { type Authenticate, claimedFacade } from './authenticate.ts';
import { authorize, refuseApiKey, requireAgentInScope } from './authorize.ts';
import { clientAddress, userAgentOf } from './client-address.ts';
import { sendDownload } from './download.ts';
import { errorAnswer, type RequestState, sendError } from './error-handler.ts';
import { openEventStream } from './event-stream.ts';
import type { GrantWatch } from './grant-watch.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { readPrecondition } from './precondition.ts';
import { requirePlainText, requireSmall } from './require-plain-data.ts';

type Routes = typeof routes;
type Parsed<R, K extends string> = R extends { [key in K]: infer S extends z.ZodType } ? z.output<S> : undefined;
type CallerFor<A> = A extends 'public' | 'optional' ? Actor | null : Actor;

/** The argument of a handler: the validated input, the caller, and ways to change the response. */
export interface Call<Id extends RouteId> {
  actor: CallerFor<Routes[Id]['auth']>;
  params: Parsed<Routes[Id], 'params'>;
  query: Parsed<Routes[Id], 'query'>;
  body: Parsed<Routes[Id], 'body'>;
  facade: Facade;
  requestId: string;
  ip: string;
  userAgent: string | undefined;
  /** Sets a response header. */
  header: (name: string, value: string) => void;
  /** Responds with the route's `alsoStatus` instead of its status. */
  status: (code: NonNullable<Route['alsoStatus']>) => void;
  /** With an Idempotency-Key: the random part of the new resource's id. A retried request gets the same one. */
  resourceName: string | undefined;
  /** `X-User-Email`: a contact address; it does not identify the caller. */
  contactEmail: string | undefined;
  /** The caller's precondition (`If-Match`, `If-None-Match`) on the `ETag` without its quotes; null for no resource. */
  precondition: (current: string | null) => boolean;
  /** Names the agent for the audit log, where the request does not name it. */
  auditAgent: (agentId: string) => void;
  /** Describes the affected resource for the audit log, in place of its id. */
  auditTarget: (target: string) => void;
}

/** One handler per route. It responds in the shape of the caller's facade; the contract checks the response. */
export type Handlers = { [Id in RouteId]: (call: Call<Id>) => Promise<unknown> };

interface Dependencies {
  authenticate: Authenticate;
  isAdmin: (userId: string) => Promise<boolean>;
  limits: Record<'api' | NonNullable<Route['rateLimit']>, (key: string, response: Response) => Promise<void>>;
  once: Once;
  requests: Metrics['requests'];
  audit: RequestAudit;
  watchGrant: GrantWatch;
  /** Counts a user's open streams and downloads. */
  claimStream: ReturnType<typeof createCountLimit>;
}

const TIMEOUT_MS = 60_000;

/** Errors of operations that have already begun: a retry must not begin another one. */
const begunErrors: ErrorCode[] = ['OPERATION_FAILED', 'OPERATION_STILL_RUNNING'];

/** Checks a body before it is parsed. @throws AppError UNSUPPORTED_MEDIA_TYPE for a charset other than UTF-8, INVALID_REQUEST */
function verifyBody(_request: unknown, _response: unknown, bytes: Buffer, charset: string): void {
  // RFC 8259, section 8.1: JSON is UTF-8. The check of the size reads bytes.
  if (charset !== 'utf-8') throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported charset');
  requireSmall(bytes);
}

/** A parser of bodies for each maximum size in bytes. */
const parsers = new Map<number, ReturnType<typeof express.json>>();
function parserOf(id: RouteId) {
  const limit = maxBodyBytes(id);
  const parser = parsers.get(limit) ?? express.json({ limit, strict: true, verify: verifyBody });
  parsers.set(limit, parser);
  return parser;
}

/** Reads the body after authentication, so that an error in the body has the shape of the caller's facade. */
function readBody(id: RouteId, request: Request, response: Response): Promise<void> {
  const parse = parserOf(id);
  return new Promise((resolve, reject) => parse(request, response, (error?: unknown) => (error ? reject(error) : resolve())));
}

/** The maximum number of unknown fields that an error names, and the maximum length of an error's sentence in characters. */
const MAX_NAMES = 5;
const MAX_SENTENCE = 300;

/** The sentence for a schema's issue. It contains names that the client sent, so its length is limited. */
function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  let sentence = issue?.message ?? 'Invalid request';
  // Zod's default messages do not name the field; the contract's messages do.
  if (issue && sentence.startsWith('Invalid input')) sentence = `Invalid ${issue.path.join('.') || 'request body'}`;
  if (issue?.code === 'unrecognized_keys' && issue.keys.length > MAX_NAMES) {
    const names = issue.keys.slice(0, MAX_NAMES).map((name) => `"${name.slice(0, 40)}"`);
    sentence = `Unrecognized keys: ${names.join(', ')} and ${issue.keys.length - MAX_NAMES} more`;
  }
  return sentence.length > MAX_SENTENCE ? `${sentence.slice(0, MAX_SENTENCE)}…` : sentence;
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) {
    requirePlainText(result.data);
    return result.data;
  }
  const { issues } = result.error;
  // An error of the whole input comes before an error of one field.
  const issue = issues.find(({ code, path }) => code === 'custom' && path.length === 0) ?? issues[0];
  throw new AppError('INVALID_REQUEST', sentenceOf(issue));
}

/** The body, together with the one field that a client may send in the query. */
function bodyOf({ queryIntoBody }: Route, { body = {}, query }: Request): unknown {
  if (!queryIntoBody || typeof query[queryIntoBody] !== 'string' || Array.isArray(body)) return body;
  return { [queryIntoBody]: query[queryIntoBody], ...body };
}

/** Mounts every route of the contract: authenticate, limit, authorize, validate, run once, respond. */
export function mountRoutes(
  app: Express,
  handlers: Handlers,
  { authenticate, isAdmin, limits, once, audit, requests, watchGrant, claimStream }: Dependencies,
): void {
  /** Authenticates the caller and counts the request against the caller's rate limit, or the IP address's for a bad credential. */
  async function identify(route: Route, request: Request, response: Response): Promise<Actor | null> {
    const limited = route.backend.path.startsWith('/api/');
    const consume = async (key: string) => {
      if (!limited) return;
      await limits.api(key, response);
      if (route.rateLimit) await limits[route.rateLimit](key, response);
    };
    const credentials = {
      authorization: request.get('authorization'),
      userId: request.get('x-user-id'),
      mutating: route.method !== 'GET',
    };
    const actor = await authenticate(credentials).catch(async (error) => {
      // Public routes ignore an invalid credential: a health probe must not fail because of it.
      if (route.auth === 'public') return null;
      await consume(`ip:${clientBlock(clientAddress(request))}`);
      throw error;
    });
    await consume(actor?.kind === 'user' && actor.facade === 'web' ? `user:${actor.userId}` : `ip:${clientBlock(clientAddress(request))}`);
    return actor;
  }

  /** Counts a long response of a user until it closes. @throws AppError RATE_LIMITED at the limit */
  function holdStream(actor: Actor | null, response: Response): void {
    if (actor?.kind !== 'user') return;
    const release = claimStream(actor.userId);
    if (!release) throw new AppError('RATE_LIMITED', 'Too many open streams: close one, then try again');
    // The client may have disconnected during authentication; `close` will not fire again.
    if (response.destroyed) release();
    else response.once('close', release);
  }

  async function answer(
    id: RouteId,
    route: Route,
    state: RequestState,
    request: Request,
    response: Response,
  ): Promise<Answer & { repeated?: boolean }> {
    const actor = await identify(route, request, response);
    state.actor = actor;
    state.facade = actor?.facade ?? 'backend';
    await authorize(route, actor, isAdmin);
    if (route.body) await readBody(id, request, response);
    if (route.body && request.body === undefined) {
      const contentType = request.get('content-type');
      if (contentType && !request.is('json')) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
    }
    const input: NonNullable<RequestState['input']> = {};
    state.input = input;
    input.params = parse(route.params, request.params);
    input.query = parse(route.query, request.query);
    input.body = parse(route.body, bodyOf(route, request));
    requireAgentInScope(route, actor, input);
    refuseApiKey(route, actor);
    const precondition = route.conditional ? readPrecondition(request.get('if-match'), request.get('if-none-match')) : () => true;
    const side = route[state.facade] ?? route.backend;
    const act = async (resourceName?: string): Promise<Answer> => {
      let status: number = route.status;
      if (route.stream || route.download) holdStream(actor, response);
      await audit.begin(request, state);
      const result = await (handlers[id] as (call: unknown) => Promise<unknown>)({
        ...input,
        actor,
        facade: state.facade,
        requestId: String(request.id),
        ip: clientAddress(request),
        userAgent: userAgentOf(request),
        header: (name: string, value: string) => response.setHeader(name, value),
        status: (code: number) => {
          status = code;
        },
        resourceName,
        precondition,
        contactEmail: request.get('x-user-email'),
        auditAgent: (agentId: string) => {
          state.agentId = agentId;
        },
        auditTarget: (target: string) => {
          state.target = target;
        },
      });
      return { status, body: route.stream || route.download ? result : side.response.parse(result) };
    };

    const key = isIdempotent(route) ? idempotencyKey(request.get('idempotency-key')) : undefined;
    if (!key || !actor) return act();
    const attempt = {
      actor,
      key,
      method: route.method,
      path: request.path,
      body: bodyOf(route, request),
      timeoutMs: route.timeoutMs ?? TIMEOUT_MS,
    };
    const result = await once(attempt, (resourceName) =>
      act(resourceName).catch((error) => {
        // The operation has begun. This error is the response that retries get, so that they do not begin a second one.
        if (error instanceof AppError && begunErrors.includes(error.code)) return errorAnswer(request, state, error);
        throw error;
      }),
    );
    if (result.repeated) response.setHeader('Idempotency-Replayed', 'true');
    return result;
  }

  for (const [id, route] of Object.entries(routes) as [RouteId, Route][]) {
    const method = route.method.toLowerCase() as Lowercase<Route['method']>;
    app[method](route.backend.path, async (request, response) => {
      const state: RequestState = { facade: claimedFacade(request.get('authorization')), route };
      response.setHeader('Cache-Control', 'no-store');
      const stopTimer = requests.startTimer({ operation: id });
      response.on('close', () => stopTimer({ status: response.statusCode }));
      try {
        const { status, body, repeated = false } = await answer(id, route, state, request, response);
        await audit.end(request, state, { status, body, repeated });
        const watchCaller = (onEnd: () => void) => watchGrant(state.actor ?? null, onEnd);
        if (route.stream) openEventStream(request, response, body as Subscribe, watchCaller);
        // An incomplete download must not look complete, so its connection is cut.
        else if (route.download) await sendDownload(response, body as Download).finally(watchCaller(() => response.destroy()));
        else response.status(status).json(body);
      } catch (error) {
        const refusal = errorAnswer(request, state, error);
        await audit.end(request, state, { status: refusal.status, error });
        sendError(response, refusal);
      }
    });
  }
}
