import { AppError, type Facade, type Route, type RouteId, routes } from '@agentbot/contracts';
import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import type { Actor } from './actor.ts';
import type { Authenticate } from './authenticate.ts';
import { type RequestState, sendError } from './error-handler.ts';

type Routes = typeof routes;
type Parsed<R, K extends string> = R extends { [key in K]: infer S extends z.ZodType } ? z.output<S> : undefined;
type CallerFor<A> = A extends 'public' | 'optional' ? Actor | null : Actor;

/** What a handler is given: validated input and the caller. */
export interface Call<Id extends RouteId> {
  actor: CallerFor<Routes[Id]['auth']>;
  params: Parsed<Routes[Id], 'params'>;
  query: Parsed<Routes[Id], 'query'>;
  body: Parsed<Routes[Id], 'body'>;
  facade: Facade;
  requestId: string;
  ip: string;
  /** Sets a header of the answer. */
  header: (name: string, value: string) => void;
}

/** One handler per operation. It answers in the shape of the caller's side; the contract checks it. */
export type Handlers = { [Id in RouteId]: (call: Call<Id>) => Promise<unknown> };

interface Dependencies {
  authenticate: Authenticate;
  isAdmin: (userId: string) => Promise<boolean>;
  limit: (key: string, response: Response) => Promise<void>;
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const sentence = issue?.message ?? 'Invalid request';
  // Zod's own sentences do not say where; those of the contract do.
  throw new AppError(
    'INVALID_REQUEST',
    sentence.startsWith('Invalid input') ? `Invalid ${issue?.path.join('.') || 'request body'}` : sentence,
  );
}

async function admit(route: Route, actor: Actor | null, isAdmin: Dependencies['isAdmin']): Promise<void> {
  if (route.auth === 'public' || route.auth === 'optional') return;
  if (!actor) throw new AppError('UNAUTHORIZED');
  if (route.auth === 'web') {
    if (actor.kind === 'user') throw new AppError('UNAUTHORIZED');
    return;
  }
  if (actor.kind === 'web') throw new AppError('UNAUTHORIZED');
  if (route.auth === 'admin' && actor.kind === 'user' && !(await isAdmin(actor.userId))) throw new AppError('FORBIDDEN');
}

/** Mounts every operation of the contract: authenticate, limit, validate, act, present. */
export function mountRoutes(app: Express, handlers: Handlers, { authenticate, isAdmin, limit }: Dependencies): void {
  async function answer(id: RouteId, route: Route, state: RequestState, request: Request, response: Response) {
    const actor = await authenticate({
      authorization: request.get('authorization'),
      userId: request.get('x-user-id'),
      mutating: route.method !== 'GET',
    });
    state.facade = actor?.facade ?? 'backend';
    if (route.backend.path.startsWith('/api/')) {
      await limit(actor?.kind === 'user' && actor.facade === 'web' ? `user:${actor.userId}` : `ip:${request.ip}`, response);
    }
    await admit(route, actor, isAdmin);
    if (route.body && request.body === undefined) {
      const typed = request.get('content-type');
      if (typed && !request.is('json')) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
    }
    const call = {
      actor,
      params: parse(route.params, request.params),
      query: parse(route.query, request.query),
      body: parse(route.body, request.body ?? {}),
      facade: state.facade,
      requestId: String(request.id),
      ip: request.ip ?? '',
      header: (name: string, value: string) => response.setHeader(name, value),
    };
    const result = await (handlers[id] as (call: unknown) => Promise<unknown>)(call);
    const side = route[state.facade] ?? route.backend;
    response.status(route.status).json(side.response.parse(result));
  }

  for (const [id, route] of Object.entries(routes) as [RouteId, Route][]) {
    const method = route.method.toLowerCase() as Lowercase<Route['method']>;
    app[method](route.backend.path, async (request, response) => {
      const state: RequestState = { facade: 'backend', route };
      await answer(id, route, state, request, response).catch((error) => sendError(request, response, state, error));
    });
  }
}
