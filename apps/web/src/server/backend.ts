import { randomUUID } from 'node:crypto';
import { config } from '../config.ts';
import { type Subject, signAssertion } from './assertion.ts';

interface BackendRequest {
  method: string;
  body?: ArrayBuffer | string | undefined;
  contentType?: string | undefined;
  /** The address of the client. */
  client?: string | undefined;
  /** Additional headers by name. */
  headers?: Record<string, string>;
  /** Aborts the call. Every caller includes a timeout. */
  signal: AbortSignal;
}

/** Calls the backend as `user`, or as the web app itself. Forwards no other header of the browser. */
export async function callBackend(path: string, user: Subject | undefined, request: BackendRequest): Promise<Response> {
  const url = new URL(path, config().BACKEND_URL);
  const init: RequestInit = {
    method: request.method,
    headers: {
      authorization: `Bearer ${await signAssertion(user)}`,
      'x-request-id': randomUUID(),
      ...(request.contentType && { 'content-type': request.contentType }),
      ...(request.client && { 'x-forwarded-for': request.client }),
      ...request.headers,
    },
    body: request.body ?? null,
    signal: request.signal,
    redirect: 'manual',
    cache: 'no-store',
  };
  if (request.method !== 'GET') return fetch(url, init);
  // A backend that is being replaced may close a connection while a request is on its way. A read can be sent again.
  return fetch(url, init).catch((error) => {
    if (request.signal.aborted) throw error;
    return fetch(url, init);
  });
}
