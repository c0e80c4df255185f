import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApiError, createClient } from './client.ts';

interface Call {
  line: string;
  type: string | undefined;
  authorization: string | undefined;
  body: string;
}
let calls: Call[] = [];
let answer: { status: number; body: string };
const server = createServer(async (request: IncomingMessage, response) => {
  const { method, url, headers } = request;
  calls.push({ line: `${method} ${url}`, type: headers['content-type'], authorization: headers.authorization, body: await text(request) });
  response.writeHead(answer.status).end(answer.body);
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  calls = [];
  answer = { status: 200, body: '{"ok":true}' };
});
afterAll(() => {
  server.close();
});

// Addresses of the contract, by hand.
const addresses = () =>
  ({
    getAgent: { method: 'GET', path: '/api/agents/:id' },
    listMessages: { method: 'GET', path: '/api/agents/:id/messages' },
    restoreBackup: { method: 'POST', path: '/api/agents/:id/backups/:backupId/restore' },
    createAgent: { method: 'POST', path: '/api/agents' },
  }) as const;
const client = (options = {}) => createClient('backend', addresses, { baseUrl, ...options });

test('createClient fills every path parameter, encoded', async () => {
  expect(await client()('restoreBackup', { params: { id: 'a/b', backupId: 'bk 1' } } as never)).toEqual({ ok: true });
  expect(calls).toEqual([{ line: 'POST /api/agents/a%2Fb/backups/bk%201/restore', type: undefined, authorization: undefined, body: '' }]);
});

test('createClient sends the query without undefined values, and no question mark without a query', async () => {
  await client()('listMessages', { params: { id: 'x' }, query: { limit: 2, cursor: undefined, search: 'a b' } } as never);
  await client()('listMessages', { params: { id: 'x' }, query: { limit: undefined } } as never);
  expect(calls.map(({ line }) => line)).toEqual(['GET /api/agents/x/messages?limit=2&search=a+b', 'GET /api/agents/x/messages']);
});

test('createClient sends a body as JSON, and the headers of the moment', async () => {
  let token = 'one';
  const call = client({ headers: () => ({ authorization: `Bearer ${token}` }) });
  await call('createAgent', { body: { name: 'x' } } as never);
  token = 'two';
  await call('getAgent', { params: { id: 'x' } });
  expect(calls).toEqual([
    { line: 'POST /api/agents', type: 'application/json', authorization: 'Bearer one', body: '{"name":"x"}' },
    { line: 'GET /api/agents/x', type: undefined, authorization: 'Bearer two', body: '' },
  ]);
});

test.each([
  [
    'its sentence',
    404,
    '{"error":"Agent not found","code":"AGENT_NOT_FOUND"}',
    'Agent not found',
    { error: 'Agent not found', code: 'AGENT_NOT_FOUND' },
  ],
  ['its status, without a sentence', 502, '{}', 'The server answered 502', {}],
  ['its status, with a sentence that is no text', 500, '{"error":5}', 'The server answered 500', { error: 5 }],
  ['its status, without JSON', 503, '<html>', 'The server answered 503', {}],
])('createClient throws an ApiError with %s', async (_case, status, body, message, fields) => {
  answer = { status, body };
  const error: unknown = await client()('getAgent', { params: { id: 'x' } }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ name: 'ApiError', message, status, body: fields });
});

test('createClient refuses an operation that the side does not offer, without a call', async () => {
  await expect(createClient('web', addresses, { baseUrl })('deleteAgent', { params: { id: 'x' } })).rejects.toThrow(
    'deleteAgent is not offered by the web',
  );
  expect(calls).toEqual([]);
});

test('createClient without a base URL asks its own origin, through the given fetch', async () => {
  const asked: unknown[] = [];
  const call = createClient('web', addresses, { fetch: async (url) => Response.json({ asked: asked.push(url) }) });
  expect(await call('getAgent', { params: { id: 'x' } })).toEqual({ asked: 1 });
  expect(asked).toEqual(['/api/agents/x']);
});
