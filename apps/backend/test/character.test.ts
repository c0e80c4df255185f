import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

/** An agent's name and instructions, without a container. */

const KEY = canary('sk-character-');
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;
beforeAll(async () => {
  model = await startModelProvider({ apiKey: KEY });
  backend = await startBackend();
  owner = await backend.account();
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const provision = (more: object) => {
  const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: KEY };
  return backend.as(owner, 'POST', '/api/agents/provision', { name: 'Keeper', model: 'custom', config, ...more });
};

test('the model gets the owner’s instructions', async () => {
  const { body } = await provision({ instructions: '  You are a lighthouse keeper.  ' });
  await backend.settled(body.agent.id);
  await backend.as(owner, 'POST', '/api/chat', { message: 'Who are you?', agentId: body.agent.id });
  expect(model.requests.at(-1)?.body).toMatchObject({
    messages: [{ role: 'system', content: 'You are a lighthouse keeper.' }, { role: 'user' }],
  });
});

test.each([
  ['x'.repeat(16_001), 'instructions must be at most 16000 characters'],
  ['  ', 'instructions must not be empty'],
  ['a\0b', 'instructions must not contain NUL'],
])('instructions that cannot be stored are refused', async (instructions, error) => {
  expect(await provision({ instructions })).toMatchObject({ status: 400, body: { error } });
});

test('an agent is renamed, by its owner alone', async () => {
  const { id } = (await provision({})).body.agent;
  const stranger = await backend.account();
  const rename = (as: string, name: string) => backend.as(as, 'PUT', `/api/agents/${id}`, { name });
  expect((await rename(stranger, 'Mine')).status).toBe(404);
  expect((await rename(owner, '  Warden ')).status).toBe(200);
  expect((await backend.as(owner, 'GET', `/api/agents/${id}/overview`)).body.agent.name).toBe('Warden');
});
