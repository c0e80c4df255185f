import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpec } from './stored-spec.ts';

/** An agent whose row holds a container spec of the first day: without a plan, so that nobody knows what was paid for. */

let backend: TestBackend;
let id: string;

beforeAll(async () => {
  backend = await startBackend();
  id = (await backend.machine(undefined, 'POST', '/api/agents', { name: 'Old' })).body.id;
  const { plan: _, version: _version, ...containerSpec } = storedSpec({ agentId: id });
  const data = { containerSpec, state: 'running' as const, runtime: 'container' as const };
  await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data }));
});
afterAll(() => backend.stop());

const ask = (method: string, path: string) => backend.machine(undefined, method, path, method === 'POST' ? {} : undefined);

test('lists and the agent page show it, so that its owner can ask for a repair', async () => {
  expect((await ask('GET', '/api/agents')).body).toEqual([expect.objectContaining({ id })]);
  const { status, body } = await ask('GET', `/api/agents/${id}/overview`);
  expect([status, body.agent]).toEqual([200, expect.objectContaining({ id, status: 'running', resources: null, current: null })]);
});

test('a repair, which does not read it, goes as far as for any other agent', async () => {
  expect(await ask('POST', `/api/agents/${id}/repair`)).toMatchObject({ status: 500, body: { code: 'DOCKER_UNAVAILABLE' } });
});

test('a start is refused with an answer that says nothing of the inside', async () => {
  const { status, body } = await ask('POST', `/api/agents/${id}/start`);
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toMatch(/containerSpec|plan/);
});

test('its address answers that the agent does not answer', async () => {
  expect((await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${id}`)).status).toBe(503);
});
