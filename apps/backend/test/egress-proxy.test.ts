import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

/** The egress proxy's reading of host names. The agents' subnet is the loopback network, so that this process connects as an agent. */

const EGRESS_PORT = 22_394;
/** The first addresses of the slots of restricted agents. */
const addresses = { http: '127.0.128.26', tls: '127.0.128.34' };
let backend: TestBackend;
/** The address of the model of an agent; the agent's list has `example.com` only. */
let http: ReturnType<typeof createHttpServer>;
let tls: ReturnType<typeof createServer>;
const greeted: Socket[] = [];
const portOf = (server: { address: () => unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  http = createHttpServer((_request, response) => response.end('the model'));
  tls = createServer((socket) => greeted.push(socket.on('error', () => undefined)));
  for (const server of [http, tls]) await once(server.listen(0, '127.0.0.1'), 'listening');
  backend = await startBackend({ AGENT_SUBNET: '127.0.0.0/16', EGRESS_PORT: String(EGRESS_PORT) });
  const owner = await backend.account();
  for (const [slot, baseUrl] of [
    [3, `http://localhost:${portOf(http)}/v1`],
    [4, `https://localhost:${portOf(tls)}/v1`],
  ] as const) {
    const config = { baseUrl, model: 'm', apiKey: canary('k-'), allowedDomains: ['example.com'] };
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Limited', config })).body;
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { slot } }));
  }
});
afterAll(async () => {
  await backend.stop();
  for (const socket of greeted) socket.destroy();
  for (const server of [http, tls]) server.close();
});

test.each([
  ['localhost', 200],
  ['LocalHost', 200],
  ['localhost.', 200],
  ['LOCALHOST.', 200],
  ['localhost..', 403],
  ['xlocalhost', 403],
  ['local.host', 403],
])('a request with the Host header %s gets %i', async (host, status) => {
  const options = { host: '127.0.0.1', port: EGRESS_PORT, localAddress: addresses.http, headers: { host: `${host}:${portOf(http)}` } };
  const [answer] = await once(httpRequest(options).end(), 'response');
  expect([answer.statusCode, await text(answer)]).toEqual([
    status,
    status === 200 ? 'the model' : '{"error":"This agent may not reach this host"}',
  ]);
});

test.each([
  ['localhost', true],
  ['LocalHost', true],
  ['localhost.', true],
  ['xlocalhost', false],
  ['', false],
])('a TLS connection with the server name "%s" is passed on: %s', async (servername, isPassed) => {
  const before = greeted.length;
  // The types of `tls` lack `localAddress`, which it passes to `net`.
  const from = { localAddress: addresses.tls } as ConnectionOptions;
  const socket = connectTls({ ...from, host: '127.0.0.1', port: EGRESS_PORT, servername, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), once(tls, 'connection')]);
  expect(greeted.length - before).toBe(isPassed ? 1 : 0);
  socket.destroy();
});
