import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

/** A backend that is being replaced: it closes the first connections with a request that it has read. */
const seen: string[] = [];
let closes = 0;
const backend = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  if (seen.length <= closes) request.socket.destroy();
  else response.end('answered');
});
let callBackend: typeof import('./backend.ts').callBackend;

beforeAll(async () => {
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const secret = 'a-test-of-the-connection-to-the-backend-0123';
  Object.assign(process.env, {
    BACKEND_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
    ASSERTION_SECRET: secret,
    NEXTAUTH_SECRET: secret,
  });
  ({ callBackend } = await import('./backend.ts'));
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => void backend.close());

const send = (method: string, signal = AbortSignal.timeout(5_000)) => callBackend('/api/agents', undefined, { method, signal });

test('a read is sent again, once, when its connection was closed', async () => {
  closes = 1;
  expect(await (await send('GET')).text()).toBe('answered');
  expect(seen).toEqual(['GET /api/agents', 'GET /api/agents']);
  seen.length = 0;
  closes = 2;
  await expect(send('GET')).rejects.toThrow('fetch failed');
  expect(seen).toHaveLength(2);
});

test('a change is sent once, whatever happens: it may have been made', async () => {
  closes = 1;
  await expect(send('POST')).rejects.toThrow('fetch failed');
  expect(seen).toEqual(['POST /api/agents']);
});

test('a read that its caller has given up is not sent again', async () => {
  closes = 1;
  const aborted = AbortSignal.abort(new Error('gone'));
  await expect(send('GET', aborted)).rejects.toThrow('gone');
  expect(seen).toEqual([]);
});
