import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let user: string;

beforeAll(async () => {
  backend = await startBackend();
  user = await backend.account();
});
afterAll(() => backend.stop());

/** Opens a connection, sends `begin`, then one byte per second until the server closes it. @returns the time to the close and the response */
async function drip(port: number, begin: string): Promise<{ ms: number; answer: string }> {
  const began = Date.now();
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await once(socket, 'connect');
  socket.write(begin);
  const dripping = setInterval(() => socket.write('x'), 1_000);
  // Not `once` of node:events, which fails when the server resets the connection.
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(dripping);
  return { ms: Date.now() - began, answer };
}

test('the server closes 200 connections that drip a request, and serves other clients meanwhile', async () => {
  const token = await assertion(user);
  const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n{"name":"`;
  const slow = [
    ...Array.from({ length: 100 }, () => drip(backend.port, 'GET /health HTTP/1.1\r\nHost: x\r\nX-')),
    ...Array.from({ length: 80 }, () => drip(backend.gatewayPort, 'GET / HTTP/1.1\r\nHost: x\r\nX-')),
    ...Array.from({ length: 20 }, () => drip(backend.port, `POST /api/keys HTTP/1.1\r\n${head}`)),
  ];
  const served: number[] = [];
  for (let i = 0; i < 10; i++) {
    const began = Date.now();
    expect((await backend.as(user, 'GET', '/api/me')).status).toBe(200);
    served.push(Date.now() - began);
  }
  // A busy machine adds to the server's limits. Node's defaults are 1 minute for headers and 5 for a request.
  expect(Math.max(...served)).toBeLessThan(30_000);
  const ends = await Promise.all(slow);
  expect(Math.max(...ends.slice(0, 180).map(({ ms }) => ms))).toBeLessThan(55_000);
  expect(Math.max(...ends.map(({ ms }) => ms))).toBeLessThan(150_000);
  expect((await backend.as(user, 'GET', '/api/keys')).body.keys).toEqual([]);
});

test('the server refuses oversized headers with 431 and oversized bodies with 413', async () => {
  const big = await fetch(`${backend.url}/health`, { headers: { 'x-big': 'x'.repeat(20_000) } }).catch((error) => error);
  expect(big.status).toBe(431);
  expect(await backend.as(user, 'POST', '/api/keys', { name: 'x'.repeat(1_100_000) })).toMatchObject({ status: 413 });
});

test('GET /health carries the security headers for browsers', async () => {
  const { headers } = await backend.call('GET', '/health');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('strict-transport-security')).toContain('max-age=');
  expect([headers.get('x-content-type-options'), headers.get('x-frame-options'), headers.get('x-powered-by')]).toEqual([
    'nosniff',
    'SAMEORIGIN',
    null,
  ]);
});

test('no answer of the API is stored by a proxy or a browser, neither a success nor an error', async () => {
  const answers = [await backend.as(user, 'GET', '/api/me'), await backend.call('GET', '/api/me'), await backend.call('GET', '/health')];
  expect(answers.map(({ status, headers }) => [status, headers.get('cache-control')])).toEqual([
    [200, 'no-store'],
    [401, 'no-store'],
    [200, 'no-store'],
  ]);
});

test('CORS allows another origin only when CORS_ORIGINS names it', async () => {
  const from = (origin: string, on: TestBackend) =>
    fetch(`${on.url}/api/agents`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  expect((await from('https://console.example', backend)).headers.get('access-control-allow-origin')).toBeNull();
  const open = await startBackend({ CORS_ORIGINS: 'https://console.example' });
  try {
    expect((await from('https://console.example', open)).headers.get('access-control-allow-origin')).toBe('https://console.example');
    expect((await from('https://evil.example', open)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await from('https://console.example', open)).headers.get('access-control-allow-credentials')).toBeNull();
  } finally {
    await open.stop();
  }
});

test('with SHARE_PORTS a second backend takes over from the first one, and no request on an open connection fails', async () => {
  const first = await startBackend({ SHARE_PORTS: 'true' });
  const second = await startBackend({ SHARE_PORTS: 'true', BACKEND_PORT: String(first.port), GATEWAY_PORT: String(first.gatewayPort) });
  const agent = new Agent({ keepAlive: true });
  const ask = () =>
    new Promise<[status: number | undefined, connection: string | undefined]>((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port: first.port, path: '/health', agent }, (response) => {
        response.resume().once('end', () => resolve([response.statusCode, response.headers.connection]));
      });
      request.once('error', reject);
    });
  try {
    // The kernel shares them out: all twenty go to one backend once in half a million times.
    const open = await Promise.all(Array.from({ length: 20 }, ask));
    expect(open).toEqual(open.map(() => [200, 'keep-alive']));
    const stopped = first.stop();
    await sleep(300);
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.map(([status]) => status)).toEqual(answers.map(() => 200));
    // Those of the first backend were answered, and end.
    expect(answers.some(([, connection]) => connection === 'close')).toBe(true);
    await stopped;
    expect((await Promise.all(Array.from({ length: 20 }, ask))).map(([, connection]) => connection)).not.toContain('close');
  } finally {
    agent.destroy();
    await second.stop();
  }
});
