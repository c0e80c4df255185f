import { findInClear } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend, unreachableProviders } from './backend.ts';
import { containersOn } from './containers.ts';

/** The demo model, from agents in their own containers. */

const { container } = containersOn();
let backend: TestBackend;
let owner: string;
beforeAll(async () => {
  backend = await startBackendWithDocker('demo', unreachableProviders);
  owner = await backend.account();
});
afterAll(() => backend?.stop());

test.each(['2026.3.13', '2026.9.6'])('an agent with OpenClaw %s runs in its container and talks without any key', async (version) => {
  const config = { openclawVersion: version };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Demo', model: 'demo', plan: 'solo', config });
  const { id } = body.agent;
  await backend.settled(id);
  const inspected = await container(id).inspect();
  expect(inspected.State.Running).toBe(true);
  expect(findInClear({ inspect: JSON.stringify(inspected) })).toEqual([]);
  const say = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id })).body.reply;
  expect((await say('Good morning')).split('\n\n')[0]).toBe('You said: Good morning');
  expect(await say('And good night')).toBe('You said: And good night');
  const { models } = (await backend.as(owner, 'GET', `/api/agents/${id}/usage`)).body;
  expect(models).toEqual([expect.objectContaining({ provider: 'demo', model: 'echo', costUsd: 0, unpricedRequests: 0 })]);
});
