import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

declare module 'node:http' {
  interface IncomingMessage {
    /** The id of the request, which its answer carries as `X-Request-Id`. */
    id: string;
    log: Logger;
  }
}

const requestIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

/** Gives each request an id, and logs its end: an answer of 500 or more as an error, every other one for debugging. */
export function createRequestLog(log: Logger): RequestHandler {
  return function logRequest(request, response, next) {
    const header = request.headers['x-request-id'];
    const id = typeof header === 'string' && requestIdPattern.test(header) ? header : randomUUID();
    request.id = id;
    request.log = log;
    response.setHeader('X-Request-Id', id);
    const begun = performance.now();
    response.once('close', () => {
      const { statusCode, writableFinished } = response;
      const level = statusCode >= 500 ? 'error' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      const { method, originalUrl } = request;
      const outcome = writableFinished ? (statusCode >= 500 ? 'request errored' : 'request completed') : 'request aborted';
      log[level](
        {
          req: { id, method, url: originalUrl.split('?')[0] },
          requestId: id,
          res: { statusCode },
          responseTime: Math.round(performance.now() - begun),
        },
        outcome,
      );
    });
    next();
  };
}
