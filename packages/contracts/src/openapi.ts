import { z } from 'zod';
import {
  errorTable,
  type Facade,
  isIdempotent,
  isScoped,
  maxBodyBytes,
  neededScope,
  pathParams,
  type Route,
  type RouteId,
  routes,
  statusOf,
} from './index.ts';

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  return rest;
};
const content = (route: Route, schema: unknown) =>
  route.download
    ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    : { [route.stream ? 'text/event-stream' : 'application/json']: { schema } };
const json = (schema: unknown) => ({ 'application/json': { schema } });

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query', names?: string[]) {
  if (!schema) return [];
  return Object.entries(schema.shape).map(([key, field], index) => ({
    name: names?.[index] ?? key,
    in: place,
    required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: jsonSchema(field as z.ZodType, 'input'),
  }));
}

/** The scope that an API key needs; OpenAPI 3.1 allows scope names with the `http` scheme. */
function security(route: Route) {
  if (!isScoped(route)) return route.auth === 'public' ? { security: [] } : {};
  const bearer = { bearer: [neededScope(route)] };
  return { security: route.auth === 'optional' ? [{}, bearer] : [bearer] };
}

const keyErrors = ['IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_KEY_REUSED'] as const;
const scopeErrors = ['INSUFFICIENT_SCOPE'] as const;
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repeated request with the same key and body gets the first one’s answer; kept for 24 hours',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const preconditions = [
  ['If-Match', 'The `ETag` of the version that the request changes; `*` for any'],
  ['If-None-Match', '`*` for a resource that must not exist yet'],
].map(([name, description]) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } }));

function errorResponses(route: Route, facade: Facade) {
  const byStatus = new Map<number, string[]>();
  const implied = [...(isIdempotent(route) ? keyErrors : []), ...(isScoped(route) && facade === 'backend' ? scopeErrors : [])];
  for (const code of [...route.errors, ...implied, 'INTERNAL'] as const) {
    const status = statusOf(code, route[facade]);
    const sentence = code === 'INTERNAL' ? route.failure : errorTable[code].sentence;
    byStatus.set(status, [...(byStatus.get(status) ?? []), sentence]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, sentences]) => [
      status,
      { description: sentences.join('; '), content: json({ $ref: '#/components/schemas/Error' }) },
    ]),
  );
}

/**
 * The OpenAPI 3.1 document of one side of the API, from the route table.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument(facade: Facade) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, route] of Object.entries(routes) as [RouteId, Route][]) {
    const side = route[facade];
    if (!side) continue;
    const path = side.path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = {
      operationId: id,
      summary: route.summary,
      tags: [path.split('/')[2] ?? 'health'],
      ...security(route),
      parameters: [
        ...parameters(route.params, 'path', pathParams(side.path)),
        ...parameters(route.query, 'query'),
        ...(isIdempotent(route) ? [idempotencyKey] : []),
        ...(route.conditional ? preconditions : []),
      ],
      ...(route.body && {
        requestBody: {
          required: true,
          description: `At most ${maxBodyBytes(id) / 1024} KiB`,
          content: json(jsonSchema(route.body, 'input')),
        },
      }),
      responses: {
        [route.status]: { description: 'Success', content: content(route, jsonSchema(side.response, 'output')) },
        ...(route.alsoStatus && {
          [route.alsoStatus]: { description: 'Done already', content: json(jsonSchema(side.response, 'output')) },
        }),
        ...errorResponses(route, facade),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Agentbot', version: '1.0.0', description: 'Create, manage, and interact with agents.' },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: { error: { type: 'string' }, code: { type: 'string' }, requestId: { type: 'string' } },
        },
      },
    },
  };
}
