import { randomUUID } from 'node:crypto';

/** What the backend takes for an id as well. */
const pattern = /^[A-Za-z0-9_-]{8,64}$/;

/** The id under which a request stands in every log, here, on the backend and in its jobs: the client's own, or a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get('x-request-id') ?? '';
  return pattern.test(given) ? given : randomUUID();
}
