/** The body of an error. @see https://docs.stripe.com/api/errors */
interface ErrorBody {
  type: 'api_error' | 'idempotency_error' | 'invalid_request_error';
  code?: string | undefined;
  message: string;
  param?: string | undefined;
}

/** An answer of Stripe that refuses a request. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: { error: ErrorBody };
  readonly headers: Record<string, string>;
  /** Whether the idempotency layer keeps this answer: an endpoint that had started to execute gave it. */
  readonly executed: boolean;

  constructor(status: number, error: ErrorBody, { headers = {}, executed = false } = {}) {
    super(error.message);
    this.status = status;
    this.body = { error };
    this.headers = headers;
    this.executed = executed;
  }
}

/** A request that is wrong in itself. */
export const invalid = (message: string, code?: string, param?: string, status = 400) =>
  new Refusal(status, { type: 'invalid_request_error', code, message, param });

/** A missing object: 404 when the path names it, 400 when a parameter does. */
export const missing = (kind: string, id: string, param: string, status: 400 | 404, hint = '') =>
  invalid(`No such ${kind}: '${id}'${hint}`, 'resource_missing', param, status);
