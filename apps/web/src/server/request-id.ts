import { randomUUID } from 'node:crypto';

/** The backend accepts the same format. */
const pattern = /^[A-Za-z0-9_-]{8,64}$/;

/** The request's id in the logs of the web, the backend and its jobs: the client's own if it is valid, or a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get('x-request-id') ?? '';
  return pattern.test(given) ? given : randomUUID();
}
