import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { config } from '../config.ts';
import { signAssertion } from './assertion.ts';

interface BackendRequest {
  method: string;
  body?: ArrayBuffer | string | undefined;
  contentType?: string | undefined;
  /** The client's `X-Forwarded-For`, if any. */
  forwardedFor?: string | null | undefined;
  /** Aborts the call; there is always a deadline in it. */
  signal: AbortSignal;
}

/** The address that the nearest hop saw: what stands before it a client can make up. */
function clientAddress(forwardedFor: string | null | undefined): string | undefined {
  const nearest = forwardedFor?.split(',').at(-1)?.trim() ?? '';
  return isIP(nearest) ? nearest : undefined;
}

/** Calls the backend as `userId`, or as the web app itself. No other header of a browser goes along. */
export async function callBackend(path: string, userId: string | undefined, request: BackendRequest): Promise<Response> {
  const client = clientAddress(request.forwardedFor);
  return fetch(new URL(path, config().BACKEND_URL), {
    method: request.method,
    headers: {
      authorization: `Bearer ${await signAssertion(userId)}`,
      'x-request-id': randomUUID(),
      ...(request.contentType && { 'content-type': request.contentType }),
      ...(client && { 'x-forwarded-for': client }),
    },
    body: request.body ?? null,
    signal: request.signal,
    redirect: 'manual',
    cache: 'no-store',
  });
}
