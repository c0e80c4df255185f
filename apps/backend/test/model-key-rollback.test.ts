import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** The model keys of rolled-back containers. Those of earlier versions call their own provider, and must not get the key of a newer one. */

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

test('a container has the virtual key alone, also after a change of the provider and a rollback', async () => {
  const id = 'key-rollback-new';
  const config = { plan: 'network', aiProvider: 'groq', apiKey: canary('first-'), telegramToken: canary('1:') };
  expect((await call('POST', '/api/deployments', { agentId: id, config })).status).toBe(201);
  const key = virtualKey(id, (await call('GET', `/api/agents/${id}/token`)).body.token);
  expect(await keyInContainer(id)).toBe(key);
  expect((await call('PUT', `/api/agents/${id}/config`, { aiProvider: 'openai', apiKey: canary('second-') })).status).toBe(200);
  expect((await call('POST', `/api/agents/${id}/update`, { image: image('dies') })).status).toBe(500);
  expect(await keyInContainer(id)).toBe(key);
  await call('DELETE', `/api/agents/${id}`);
});

test.each([
  ['with keyRecipient', false],
  ['without keyRecipient', true],
])(
  'the rollback of an update does not give the old container the key of a newer provider (a spec of an earlier version %s)',
  async (_case, old) => {
    const id = `key-rollback-${old}`;
    const [first, second] = [canary('first-'), canary('second-')];
    const config = { plan: 'network', aiProvider: 'groq', apiKey: first, telegramToken: canary('1:') };
    expect((await call('POST', '/api/deployments', { agentId: id, config })).status).toBe(201);
    const { database } = backend.context;
    await database.as('service', async (tx) => {
      await tx.$executeRaw`UPDATE agents SET container_spec = jsonb_set(container_spec - 'models', '{secretEnv,AGENT_MODEL_API_KEY}', '"apiKey"') WHERE id = ${id}`;
      if (old) await tx.$executeRaw`UPDATE agents SET container_spec = container_spec - 'keyRecipient' WHERE id = ${id}`;
    });
    // Such a container calls its provider itself. Without a change of the provider the rollback keeps its key.
    expect((await call('POST', `/api/agents/${id}/update`, { image: image('dies') })).status).toBe(500);
    expect(await keyInContainer(id)).toBe(first);

    expect((await call('PUT', `/api/agents/${id}/config`, { aiProvider: 'openai', apiKey: second })).status).toBe(200);
    const { status, body } = await call('POST', `/api/agents/${id}/update`, { image: image('dies') });
    expect([status, body.error]).toEqual([500, expect.stringContaining(`the agent is back on ${image('good')}`)]);
    expect(await keyInContainer(id)).toBe('none');
    expect((await call('POST', `/api/agents/${id}/repair`)).status).toBe(200);
    expect(await keyInContainer(id)).toMatch(/^avk_/);
    await call('DELETE', `/api/agents/${id}`);
  },
);
