import type { z } from 'zod';
import type { Addresses } from './addresses.ts';
import { pathParams } from './define-route.ts';
import type { Facade, Route, RouteId, routes } from './index.ts';

type Routes = typeof routes;
type Field<R, K extends 'params' | 'query' | 'body'> = R extends { [key in K]: infer S extends z.ZodType } ? z.input<S> : undefined;
type SideOf<R extends Route, F extends Facade> = R extends { [key in F]: { response: infer S extends z.ZodType } } ? z.output<S> : never;

/** The input of a call of one operation. */
export type Input<Id extends RouteId> = {
  [K in 'params' | 'body' as Routes[Id] extends { [key in K]: z.ZodType } ? K : never]: Field<Routes[Id], K>;
} & (Routes[Id] extends { query: z.ZodType } ? { query?: Field<Routes[Id], 'query'> } : object) &
  (Routes[Id] extends { conditional: true } ? { headers?: Preconditions } : object) &
  (Routes[Id] extends { method: 'POST'; auth: 'caller' } ? { headers?: { 'idempotency-key'?: string } } : object);

interface Preconditions {
  'if-match'?: string;
  'if-none-match'?: string;
}

/** The response of one operation on one side. */
export type Output<Id extends RouteId, F extends Facade> = SideOf<Routes[Id], F>;

/** A response other than 2xx, with its status and the fields of its body. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body.error === 'string' ? body.error : `The server answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

interface ClientOptions {
  baseUrl?: string;
  headers?: () => Record<string, string>;
  fetch?: typeof fetch;
}

/**
 * A typed client of one side of the API: `createClient('web', addresses)('getAgent', { params: { id } })`. It does not
 * import the contract's schemas.
 * @param addresses of that side's operations, by `addressesOf`
 * @throws ApiError when the response is not 2xx
 */
export function createClient<F extends Facade>(facade: F, addresses: () => Addresses, options: ClientOptions = {}) {
  const send = options.fetch ?? fetch;
  return async <Id extends RouteId>(id: Id, input: Input<Id>): Promise<Output<Id, F>> => {
    const { method, path } = addresses()[id] ?? {};
    const {
      params,
      query: queryInput,
      body: requestBody,
      headers,
    } = input as { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown; headers?: Record<string, string> };
    if (!path) throw new Error(`${id} is not offered by the ${facade}`);
    let url = (options.baseUrl ?? '') + path;
    const values = Object.values(params ?? {});
    for (const [index, name] of pathParams(path).entries()) url = url.replace(`:${name}`, encodeURIComponent(values[index] ?? ''));
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(queryInput ?? {})) if (value !== undefined) query.set(key, String(value));
    const response = await send(query.size ? `${url}?${query}` : url, {
      method,
      headers: { ...options.headers?.(), ...headers, ...(requestBody === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(requestBody === undefined ? {} : { body: JSON.stringify(requestBody) }),
    });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, body as Record<string, unknown>);
    return body as Output<Id, F>;
  };
}
