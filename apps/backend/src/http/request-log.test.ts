import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { createRequestLog } from './request-log.ts';

let server: Server;
let url: string;
let lines: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

beforeAll(async () => {
  const app = express();
  app.use(createRequestLog(log));
  app.get('/hang', () => undefined);
  app.get('/:status', (request, response) => void response.status(Number(request.params.status)).json({ id: request.id }));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  lines = [];
  log.level = 'debug';
});

async function nextLine() {
  for (let tries = 0; tries < 200 && lines.length === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  return lines[0];
}

test('the end of a request is logged with its id, method, path without the query, and status', async () => {
  const response = await fetch(`${url}/200?token=secret`, { headers: { 'x-request-id': 'request-12345' } });
  expect(response.headers.get('x-request-id')).toBe('request-12345');
  expect(await response.json()).toEqual({ id: 'request-12345' });
  expect(await nextLine()).toMatchObject({
    level: 20,
    req: { id: 'request-12345', method: 'GET', url: '/200' },
    requestId: 'request-12345',
    res: { statusCode: 200 },
    msg: 'request completed',
  });
});

test.each(['short', 'with space', 'x'.repeat(65)])('the request id %j of a client is replaced by an own one', async (id) => {
  const response = await fetch(`${url}/200`, { headers: { 'x-request-id': id } });
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});

test('an answer of 500 is logged as an error, and a lost client as aborted', async () => {
  await fetch(`${url}/500`);
  expect(await nextLine()).toMatchObject({ level: 50, res: { statusCode: 500 }, msg: 'request errored' });
  lines = [];
  await fetch(`${url}/hang`, { signal: AbortSignal.timeout(100) }).catch(() => undefined);
  expect(await nextLine()).toMatchObject({ level: 20, req: { url: '/hang' }, msg: 'request aborted' });
});

test('a request is not logged below the level of the log, and an answer of 500 still is', async () => {
  log.level = 'info';
  await fetch(`${url}/200`);
  await fetch(`${url}/503`);
  expect(await nextLine()).toMatchObject({ res: { statusCode: 503 } });
  expect(lines).toHaveLength(1);
});
