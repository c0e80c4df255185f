import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpecAt } from './stored-spec.ts';

/** An agent with a container spec of the oldest shape. It has no plan, so the backend cannot know which size was paid for. */

let backend: TestBackend;
/** A gateway that would answer 200 if the router used the unreadable spec. */
let gateway: Server;
let id: string;

beforeAll(async () => {
  gateway = createServer((_request, response) => response.end('reached'));
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  const { port } = gateway.address() as AddressInfo;
  backend = await startBackend();
  id = (await backend.machine(undefined, 'POST', '/api/agents', { name: 'Old' })).body.id;
  const { plan: _, version: _version, ...containerSpec } = { ...storedSpecAt(port), agentId: id };
  const data = { containerSpec, state: 'running' as const, runtime: 'container' as const };
  await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data }));
});
afterAll(async () => {
  gateway.close();
  await backend.stop();
});

const ask = (method: string, path: string) => backend.machine(undefined, method, path, method === 'POST' ? {} : undefined);

test('is in lists and on its page, so that its owner can request a repair', async () => {
  expect((await ask('GET', '/api/agents')).body).toEqual([expect.objectContaining({ id })]);
  const { status, body } = await ask('GET', `/api/agents/${id}/overview`);
  expect([status, body.agent]).toEqual([200, expect.objectContaining({ id, status: 'running', resources: null, current: null })]);
});

test('is repaired without its spec: only the missing engine stops the repair', async () => {
  expect(await ask('POST', `/api/agents/${id}/repair`)).toMatchObject({ status: 500, body: { code: 'DOCKER_UNAVAILABLE' } });
});

test('does not start: the answer is the sentence of the route and nothing of the column', async () => {
  const { status, body } = await ask('POST', `/api/agents/${id}/start`);
  // A guessed plan would lead to DOCKER_UNAVAILABLE.
  expect([status, body.error, body.code]).toEqual([500, 'Failed to start agent', undefined]);
  expect(JSON.stringify(body)).not.toMatch(/containerSpec|plan/);
});

test('is not reached at its address', async () => {
  const response = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${id}`);
  expect([response.status, await response.text()]).toEqual([503, JSON.stringify({ error: 'The agent does not answer' })]);
});
