import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** A rolled-back container calls its own provider and must not get the key of a newer one. */

const image = (name: string) => `agentbot/openclaw-test:stand-in-key-${name}`;
const docker = new Docker();
const removals: (() => Promise<void>)[] = [];
let backend: TestBackend;

beforeAll(async () => {
  removals.push(await makeStandIn('agentbot/openclaw:2026.3.13', image('good')));
  removals.push(await makeStandIn('agentbot/openclaw:2026.3.13', image('dies'), 'dies'));
  backend = await startBackendWithDocker('key-rollback', {
    OPENCLAW_IMAGE: image('good'),
  });
});
afterAll(async () => {
  await backend?.stop();
  for (const remove of removals) await remove();
});

const call = (method: string, path: string, body?: unknown) => backend.machine(undefined, method, path, body);
async function keyInContainer(id: string): Promise<string | undefined> {
  const { Config } = await docker.getContainer(`openclaw-${id}`).inspect();
  return Config.Env.find((entry) => entry.startsWith('AGENT_MODEL_API_KEY='))?.split('=')[1];
}

test.each([
  ['a current container spec', false],
  ['a container spec without keyRecipient', true],
])('the rollback of an update does not give the old container the key of a newer provider (%s)', async (_case, old) => {
  const id = `key-rollback-${old}`;
  const [first, second] = [canary('first-'), canary('second-')];
  const config = { plan: 'network', aiProvider: 'groq', apiKey: first, telegramToken: canary('1:') };
  expect((await call('POST', '/api/deployments', { agentId: id, config })).status).toBe(201);
  if (old) {
    const { database } = backend.context;
    await database.as(
      'service',
      (tx) => tx.$executeRaw`UPDATE agents SET container_spec = container_spec - 'keyRecipient' WHERE id = ${id}`,
    );
  }
  expect(await keyInContainer(id)).toBe(first);
  // Without a change of the provider the rollback keeps the key.
  expect((await call('POST', `/api/agents/${id}/update`, { image: image('dies') })).status).toBe(500);
  expect(await keyInContainer(id)).toBe(first);

  expect((await call('PUT', `/api/agents/${id}/config`, { aiProvider: 'openai', apiKey: second })).status).toBe(200);
  const { status, body } = await call('POST', `/api/agents/${id}/update`, { image: image('dies') });
  expect([status, body.error]).toEqual([500, expect.stringContaining(`the agent is back on ${image('good')}`)]);
  expect(await keyInContainer(id)).toBe('none');
  expect((await call('POST', `/api/agents/${id}/repair`)).status).toBe(200);
  expect(await keyInContainer(id)).toBe(second);
  await call('DELETE', `/api/agents/${id}`);
});
