import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let user: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: 'model-key' });
  backend = await startBackend();
  user = await backend.account();
});
afterAll(async () => {
  await backend.stop();
  await model.close();
});

const provision = (apiKey: string) =>
  backend.as(user, 'POST', '/api/agents/provision', {
    name: 'Containerless',
    model: 'custom',
    config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey },
  });

describe('without a Docker Engine', () => {
  test('health says so', async () => {
    const { body } = await backend.call('GET', '/health');
    expect(body).toMatchObject({ status: 'ok', docker: 'unavailable', provisioning: 'enabled' });
  });

  test('an agent is provisioned all the same and answers through its model provider, with the session so far', async () => {
    const { status, body } = await provision('model-key');
    expect(status).toBe(201);
    expect(body.agent.status).toBe('running');
    const { id } = body.agent;
    const operations = await backend.as(user, 'GET', `/api/agents/${id}/operations`);
    expect(operations.body.operations[0]).toMatchObject({
      kind: 'provision',
      state: 'succeeded',
      steps: [{ name: 'image', state: 'skipped' }],
    });

    const first = await backend.as(user, 'POST', '/api/chat', { message: 'Good morning', agentId: id });
    expect(first).toMatchObject({ status: 200, body: { status: 'sent', reply: 'You said: Good morning', topic: 'general' } });
    const { body: page } = await backend.as(user, 'GET', `/api/agents/${id}/messages?limit=1`);
    expect(page).toMatchObject({ total: 2, limit: 1, offset: 0, messages: [{ sender: 'agent', content: 'You said: Good morning' }] });
  });

  test("the provider's refusal reaches the user as a sentence", async () => {
    const { body } = await provision('a wrong key');
    expect(body.error).toBe('Tokens and keys are printable characters without spaces');
    const wrong = await provision('wrong-key');
    const chat = await backend.as(user, 'POST', '/api/chat', { message: 'Hello', agentId: wrong.body.agent.id });
    expect(chat).toMatchObject({ status: 500, body: { error: 'The model provider failed (401: Incorrect API key provided)' } });
  });

  test('lifecycle calls answer 500 with a sentence that says so, and deletion works', async () => {
    const { body } = await provision('model-key');
    const { id } = body.agent;
    for (const action of ['start', 'stop', 'restart']) {
      const answer = await backend.as(user, 'POST', `/api/agents/${id}/${action}`);
      expect(answer).toMatchObject({
        status: 500,
        body: { success: false, status: 'error', error: expect.stringContaining('Docker is not available') },
      });
    }
    expect((await backend.as(user, 'DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
    expect((await backend.as(user, 'GET', `/api/agents/${id}`)).status).toBe(404);
  });
});
