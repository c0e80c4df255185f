import { expect, test } from '@jest/globals';
import { openApiDocument } from './openapi.ts';

// The form of a document: https://spec.openapis.org/oas/v3.1.1 . Its content: the contract, by hand for some operations.

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document is read here as JSON
const backend = openApiDocument('backend') as any;
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document is read here as JSON
const web = openApiDocument('web') as any;
const namesOf = (parameters: { name: string; in: string; required: boolean }[]) =>
  parameters.map(({ name, in: place, required }) => `${place} ${name}${required ? '' : '?'}`);

test('the document has its version, title, default security and the shape of errors', () => {
  const { paths: _paths, ...rest } = backend;
  expect(rest).toEqual({
    openapi: '3.1.0',
    info: { title: 'Agentbot', version: '1.0.0', description: 'Create, manage, and interact with agents.' },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
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
  });
});

test('an operation has its id, summary, tag, scope, parameters and body', () => {
  const start = backend.paths['/api/agents/{id}/start'].post;
  expect(start).toMatchObject({ operationId: 'startAgent', tags: ['agents'], security: [{ bearer: ['agents:write'] }] });
  expect(start.summary).toMatch(/\w+ \w+/);
  expect(namesOf(start.parameters)).toEqual(['path id', 'header Idempotency-Key?']);
  expect(start).not.toHaveProperty('requestBody');

  const create = backend.paths['/api/agents'].post;
  expect(create.requestBody).toMatchObject({ required: true, description: 'At most 64 KiB' });
  expect(backend.paths['/api/chat'].post.requestBody.description).toBe('At most 3072 KiB');
  expect(create.requestBody.content['application/json'].schema).toMatchObject({ type: 'object', required: ['name'] });
  expect(create.requestBody.content['application/json'].schema).not.toHaveProperty('$schema');
  expect(Object.keys(create.responses)).toContain('201');
  expect(create.responses['201']).toMatchObject({ description: 'Success', content: { 'application/json': {} } });

  const list = backend.paths['/api/agents'].get;
  expect(namesOf(list.parameters)).toEqual(['query limit?', 'query cursor?']);
  // Without a caller the list is empty, as the contract says.
  expect(list.security).toEqual([{}, { bearer: ['agents:read'] }]);
  expect(list).not.toHaveProperty('requestBody');
});

test('the idempotency header is described where it is honoured', () => {
  const [, header] = backend.paths['/api/agents/{id}/start'].post.parameters;
  expect(header).toEqual({
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'A repeated request with the same key and body gets the first one’s answer; kept for 24 hours',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  });
});

test('the preconditions are described where they are honoured', () => {
  const { get, put } = backend.paths['/api/agents/{id}/files/{name}'];
  expect(namesOf(put.parameters)).toEqual(['path id', 'path name', 'header If-Match?', 'header If-None-Match?']);
  expect(namesOf(get.parameters)).toEqual(['path id', 'path name']);
  expect(Object.keys(put.responses)).toEqual(expect.arrayContaining(['409', '412', '413', '422', '503']));
});

test('path parameters have the names of their side', () => {
  expect(backend.paths['/api/openclaw/instances/{id}/stats'].get.parameters[0]).toMatchObject({ name: 'id', in: 'path', required: true });
  const [first] = web.paths['/api/instance/{userId}/stop'].post.parameters;
  expect(first).toMatchObject({ name: 'userId', in: 'path', required: true });
  for (const document of [backend, web]) {
    for (const [path, methods] of Object.entries<Record<string, { parameters: { name: string; in: string }[] }>>(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
      }
    }
  }
});

test('security lists the scope of callers and administrators, and is empty for public operations', () => {
  expect(backend.paths['/health'].get.security).toEqual([]);
  const admin = Object.entries<Record<string, { security?: { bearer?: string[] }[] }>>(backend.paths).filter(([path]) =>
    path.startsWith('/api/admin/'),
  );
  expect(admin.length).toBeGreaterThan(2);
  for (const [, methods] of admin) for (const { security } of Object.values(methods)) expect(security).toEqual([{ bearer: ['admin:*'] }]);
  const optional = Object.values<Record<string, { security?: object[] }>>(backend.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ security }) => security?.length === 2);
  for (const { security } of optional) expect(security?.[0]).toEqual({});
  expect(optional.length).toBeGreaterThan(0);
});

test('errors are grouped by status, with the sentences of their codes', () => {
  const start = backend.paths['/api/agents/{id}/start'].post.responses;
  expect(start['404'].description).toBe('Agent not found');
  expect(start['403'].description).toBe('This API key does not allow this request');
  expect(start['422'].description).toBe('This Idempotency-Key was already used for a different request');
  expect(start['409'].description.split('; ').sort()).toEqual([
    'A request with this Idempotency-Key is still being processed',
    'Another operation is running on this agent',
  ]);
  expect(start['500'].description).toContain('Failed to start agent');
  expect(start['401'].content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/Error' } } });
  // The web answers 403 for another user's agent where the contract says so, and has no scopes.
  const stop = web.paths['/api/instance/{userId}/stop'].post.responses;
  expect(stop['403'].description).toBe('Agent not found');
  expect(stop).not.toHaveProperty('404');
});

test('streams and files have their content types, and a second success its status', () => {
  const contents = Object.values<Record<string, { responses: Record<string, { description: string; content: object }> }>>(backend.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses));
  expect(backend.paths['/api/overview/stream'].get.responses['200'].content).toHaveProperty('text/event-stream');
  const files = contents.filter(([, { content }]) => 'application/octet-stream' in content);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
    expect(file).toEqual(['200', { description: 'Success', content }]);
  }
  const deploy = backend.paths['/api/deployments'].post.responses;
  expect([deploy['201'].description, deploy['200'].description]).toEqual(['Success', 'Done already']);
});
