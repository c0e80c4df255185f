import { AppError, type Facade, type Route, statusOf } from '@agentbot/contracts';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Answer } from '../infra/idempotency/idempotency.ts';
import type { Actor } from '../shared/actor.ts';

/** What a request knows about itself once its route and caller are known. */
export interface RequestState {
  facade: Facade;
  route?: Route;
  actor?: Actor | null;
  /** Validated so far. */
  input?: { params?: unknown; query?: unknown; body?: unknown };
  /** The agent that the handler found to be meant. */
  about?: string;
  /** What it may be changing, in the journal of the audit log. */
  pending?: string;
}

const bodyParserCodes: Record<string, AppError> = {
  'entity.parse.failed': new AppError('INVALID_REQUEST', 'Malformed JSON in request body'),
  'entity.too.large': new AppError('PAYLOAD_TOO_LARGE'),
  'encoding.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported content encoding'),
  'charset.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported charset'),
  'request.size.invalid': new AppError('INVALID_REQUEST', 'Request size did not match Content-Length'),
  'request.aborted': new AppError('INVALID_REQUEST', 'Request aborted'),
};

/** The body parser passes on what zlib says of a compressed body: with a status, and without a type of its own. */
const isUndecodable = (error: unknown) => error instanceof Error && 'status' in error && error.status === 400 && !('type' in error);

function toAppError(error: unknown, route: Route | undefined): AppError {
  if (error instanceof AppError) return error;
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  if (bodyParserCodes[type]) return bodyParserCodes[type];
  if (error instanceof URIError) return new AppError('NOT_FOUND');
  if (isUndecodable(error)) return new AppError('INVALID_REQUEST', 'Request body does not fit its Content-Encoding', { cause: error });
  return new AppError('INTERNAL', route?.failure, { cause: error });
}

/** An error's status and body in the shape of its side; a 500 tells nothing of the inside. */
export function errorAnswer(request: Request, state: RequestState, thrown: unknown): Answer {
  const error = toAppError(thrown, state.route);
  const side = state.route?.[state.facade];
  const foreign = error.code === 'AGENT_NOT_FOUND' ? side?.foreignIs : undefined;
  const status = foreign ?? statusOf(error.code, state.facade);
  if (status >= 500) request.log.error({ err: error.cause ?? error, code: error.code }, 'request failed');
  return {
    status,
    body: {
      ...(side?.errorShape === 'lifecycle' ? { success: false, status: 'error' } : {}),
      error: foreign ? 'Forbidden' : error.message,
      ...(error.code === 'INVALID_REQUEST' || error.code === 'NOT_FOUND' || error.code === 'INTERNAL' ? {} : { code: error.code }),
      ...error.details,
      ...(status >= 500 ? { requestId: request.id } : {}),
    },
  };
}

/** Sends an error, or cuts the connection when an answer was begun already. */
export function sendError(response: Response, { status, body }: Answer): void {
  if (response.headersSent) response.destroy();
  else response.status(status).json(body);
}

/** Errors from outside the routes: body parsing, malformed URLs. */
export const errorHandler: ErrorRequestHandler = (error, request, response, _next) => {
  sendError(response, errorAnswer(request, { facade: 'backend' }, error));
};
