import { AppError, type Facade, type Route, statusOf } from '@agentbot/contracts';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Answer } from '../infra/idempotency/idempotency.ts';
import type { Actor } from '../shared/actor.ts';

/** The state of a request, filled in step by step while it is handled. */
export interface RequestState {
  facade: Facade;
  route?: Route;
  actor?: Actor | null;
  /** The input that is validated so far. */
  input?: { params?: unknown; query?: unknown; body?: unknown };
  /** The agent, when the handler found it and the request does not name it. */
  agentId?: string;
  /** The handler's description of the affected resource. */
  target?: string;
  /** The id of the pending entry in the audit journal. */
  pendingEntryId?: string;
}

const bodyParserCodes: Record<string, AppError> = {
  'entity.parse.failed': new AppError('INVALID_REQUEST', 'Malformed JSON in request body'),
  'entity.too.large': new AppError('PAYLOAD_TOO_LARGE'),
  'encoding.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported content encoding'),
  'charset.unsupported': new AppError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported charset'),
  'request.size.invalid': new AppError('INVALID_REQUEST', 'Request size did not match Content-Length'),
  'request.aborted': new AppError('INVALID_REQUEST', 'Request aborted'),
};

/** Whether an error is a decompression error of zlib: the body parser adds the status 400 to it, but no type. */
const isUndecodable = (error: unknown) => error instanceof Error && 'status' in error && error.status === 400 && !('type' in error);

function toAppError(error: unknown, route: Route | undefined): AppError {
  if (error instanceof AppError) return error;
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  if (bodyParserCodes[type]) return bodyParserCodes[type];
  if (error instanceof URIError) return new AppError('NOT_FOUND');
  if (isUndecodable(error)) return new AppError('INVALID_REQUEST', 'Request body does not fit its Content-Encoding', { cause: error });
  return new AppError('INTERNAL', route?.failure, { cause: error });
}

/** The status and body for an error, in the shape of the caller's facade. A 500 reveals no internals. */
export function errorAnswer(request: Request, state: RequestState, thrown: unknown): Answer {
  const error = toAppError(thrown, state.route);
  const side = state.route?.[state.facade];
  const foreign = error.code === 'AGENT_NOT_FOUND' && side?.foreignIs !== undefined;
  const status = statusOf(error.code, side);
  if (status >= 500) request.log.error({ err: error.cause ?? error, code: error.code, requestId: request.id }, 'request failed');
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

/** Sends an error, or cuts the connection when the response has already started. */
export function sendError(response: Response, { status, body }: Answer): void {
  if (response.headersSent) response.destroy();
  else response.status(status).json(body);
}

/** Handles errors outside the routes: body parsing, malformed URLs. */
export const errorHandler: ErrorRequestHandler = (error, request, response, _next) => {
  sendError(response, errorAnswer(request, { facade: 'backend' }, error));
};
