import { once } from 'node:events';
import { createServer } from 'node:http';
import { canary } from '@agentbot/test-doubles/canaries';
import { signInPage, startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';

let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let user: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: canary('model-key-') });
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
  test('GET /health answers docker: unavailable', async () => {
    const { body } = await backend.call('GET', '/health');
    expect(body).toMatchObject({ status: 'ok', docker: 'unavailable', provisioning: 'enabled' });
  });

  test('provision succeeds, and the agent replies through its model provider', async () => {
    const { status, body } = await provision(canary('model-key-'));
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

  test("POST /api/chat answers 500 with the provider's error and without the key", async () => {
    const { body } = await provision('a wrong key');
    expect(body.error).toBe('Tokens and keys are printable characters without spaces');
    const wrong = await provision(canary('wrong-key-'));
    const chat = (agentId: string) => backend.as(user, 'POST', '/api/chat', { message: 'Hello', agentId });
    // The provider repeats the key; the backend redacts it.
    const refused =
      "The model provider failed (401: Incorrect API key provided: [redacted]. You can find your API key at https://platform.openai.com/account/api-keys.). Check the agent's model key";
    expect(await chat(wrong.body.agent.id)).toMatchObject({ status: 500, body: { error: refused, kind: 'unauthorized' } });

    const { id } = (await provision(canary('model-key-'))).body.agent;
    model.setBehaviour({ failures: { '*': 503 } });
    const failed =
      'The model provider failed (503: That model is currently overloaded with other requests. (key [redacted])). Send the message again; if that fails too, check the model and its address';
    expect(await chat(id)).toMatchObject({ status: 500, body: { error: failed, kind: 'bad_response' } });
    model.setBehaviour({ failures: {}, instead: signInPage });
    const noStream =
      'The model provider failed (it answered with a web page: check its address). Send the message again; if that fails too, check the model and its address';
    expect(await chat(id)).toMatchObject({ status: 500, body: { error: noStream, kind: 'bad_response' } });
    model.setBehaviour({ instead: undefined });
  });

  test('POST /api/agents/:id/token replaces the token, unless an operation may be reading it', async () => {
    const { id } = (await provision(canary('model-key-'))).body.agent;
    const token = (method: string) => backend.machine(user, method, `/api/agents/${id}/token`);
    const former = (await token('GET')).body.token;
    const { status, body } = await token('POST');
    expect([status, body]).toEqual([200, { token: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(body.token).not.toBe(former);
    expect((await token('GET')).body).toEqual(body);
    const open = { id: 'op_open', agentId: id, ownerId: user, kind: 'provision', agentBefore: { keepsServing: true } };
    await backend.context.database.as('service', (tx) => tx.operation.create({ data: open }));
    expect(await token('POST')).toMatchObject({ status: 409, body: { code: 'OPERATION_IN_PROGRESS' } });
    await backend.context.database.as('service', (tx) => tx.operation.delete({ where: { id: open.id } }));
    expect((await token('GET')).body).toEqual(body);
  });

  test('a reply without end is cut off, with the reason', async () => {
    const { id } = (await provision(canary('model-key-'))).body.agent;
    const chat = () => backend.as(user, 'POST', '/api/chat', { message: 'For ever', agentId: id });
    model.setBehaviour({ reply: () => `${'x'.repeat(500_001)} ${'word '.repeat(200)}`, wordDelayMs: 100 });
    expect(await chat()).toMatchObject({
      status: 500,
      body: { kind: 'bad_response', error: expect.stringMatching(/^The reply is longer than 500,000 characters\. /) },
    });
    await pollUntil('the request to the model is aborted', () => model.requests.at(-1)?.abandoned === true, { seconds: 5 });
    model.setBehaviour({ wordDelayMs: 0 });
    const longest = `${'🎉'.repeat(1_000)}${'x'.repeat(498_000)}`;
    model.setBehaviour({ reply: () => longest });
    expect((await chat()).body.reply).toBe(longest);
    model.setBehaviour({ reply: (words) => `You said: ${words}` });
  });

  test('stop waits for a running request, and ends event streams at once', async () => {
    const other = await startBackend();
    const owner = await other.account();
    const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: canary('model-key-') };
    const { agent } = (await other.as(owner, 'POST', '/api/agents/provision', { name: 'Draining', model: 'custom', config })).body;
    const stream = await fetch(`${other.url}/api/overview/stream`, { headers: { authorization: `Bearer ${await assertion(owner)}` } });
    const ended = stream.text().then(() => Date.now());
    model.setBehaviour({ delayMs: 2_000 });
    const asked = model.requests.length;
    const reply = other.as(owner, 'POST', '/api/chat', { message: 'Nearly done', agentId: agent.id });
    await pollUntil('the model has the message', () => model.requests.length > asked, { everyMs: 10 });
    model.setBehaviour({ delayMs: 0 });
    const began = Date.now();
    const stopped = other.stop();
    expect((await reply).body.reply).toBe('You said: Nearly done');
    await stopped;
    expect([(await ended) - began < 1_000, Date.now() - began < 4_500]).toEqual([true, true]);
    await expect(fetch(`${other.url}/health`)).rejects.toThrow();
  });

  test('start, stop and restart answer 500 with the reason, and DELETE works', async () => {
    const { body } = await provision(canary('model-key-'));
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
    // The engine may have them: the garbage collector removes them when it is back.
    const orphans = await backend.context.database.as('service', (tx) => tx.orphan.findMany({ where: { name: { endsWith: id } } }));
    expect(orphans.map(({ kind, name, markedForRemoval }) => [kind, name, markedForRemoval]).sort()).toEqual([
      ['container', `openclaw-${id}`, true],
      ['network', `openclaw-net-${id}`, true],
      ['volume', `openclaw-data-${id}`, true],
    ]);
  });

  test("POST /api/chat does not call an endpoint that resolves or redirects to the platform's own network", async () => {
    const redirecting = createServer((_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${model.port}/v1/chat/completions` }).end(),
    ).listen(0, '127.0.0.1');
    await once(redirecting, 'listening');
    const guarded = await startBackend({ ALLOW_PRIVATE_MODEL_ENDPOINTS: 'false' });
    try {
      const owner = await guarded.account();
      const blocked = [500, 0, expect.stringMatching(/^The model provider failed/)];
      const chatWith = async (at: TestBackend, someone: string, baseUrl: string) => {
        const endpoint = { baseUrl: 'https://model.invalid/v1', model: 'echo-1' };
        const config = { ...endpoint, apiKey: canary('model-key-') };
        const { body } = await at.as(someone, 'POST', '/api/agents/provision', { name: 'Rebound', model: 'custom', config });
        const { id } = body.agent;
        // As if the host name had resolved to another address when it was stored.
        await at.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { config: { ...endpoint, baseUrl } } }));
        const before = model.requests.length;
        const answer = await at.as(someone, 'POST', '/api/chat', { message: 'Hello', agentId: id });
        return [answer.status, model.requests.length - before, answer.body.error];
      };
      expect(await chatWith(guarded, owner, `http://127.0.0.1:${model.port}/v1`)).toEqual(blocked);
      expect(await chatWith(guarded, owner, `http://localhost:${model.port}/v1`)).toEqual(blocked);
      expect(await chatWith(backend, user, `http://localhost:${model.port}/v1`)).toEqual([200, 1, undefined]);
      expect(await chatWith(backend, user, `http://127.0.0.1:${(redirecting.address() as { port: number }).port}/v1`)).toEqual(blocked);
    } finally {
      await guarded.stop();
      redirecting.close();
    }
  });

  test('stats pair each message with its own reply and rate only the last 2,000 messages', async () => {
    const { id } = (await provision(canary('model-key-'))).body.agent;
    const row = { agentId: id, ownerId: user };
    const began = Date.now() - 600_000;
    const at = (seconds: number) => new Date(began + seconds * 1_000);
    const say = (message: string, sender: 'user' | 'agent', seconds: number, sessionId = 'sess_figures') => ({
      ...row,
      id: message,
      sender,
      sessionId,
      content: message,
      createdAt: at(seconds),
    });
    const stats = async () => (await backend.machine(user, 'GET', `/api/agents/${id}/stats`)).body.stats;
    await backend.context.database.as('service', async (tx) => {
      await tx.chatSession.createMany({ data: ['sess_figures', 'sess_channel'].map((each) => ({ ...row, id: each })) });
      await tx.message.createMany({
        data: [
          say('first', 'user', 0),
          say('second', 'user', 1),
          say('to-first', 'agent', 2),
          say('to-second', 'agent', 5),
          say('third', 'user', 6),
          say('fourth', 'user', 7),
        ],
      });
      await tx.reply.createMany({
        data: [
          { ...row, id: 'first', state: 'done', messageId: 'to-first' },
          { ...row, id: 'second', state: 'done', messageId: 'to-second' },
          { ...row, id: 'third', state: 'failed' },
          { ...row, id: 'fourth' },
        ],
      });
    });
    expect(await stats()).toMatchObject({ messagesProcessed: 4, averageResponseTime: 3000, successRate: '66.67', errorRate: '33.33' });

    const channel = Array.from({ length: 1_000 }, (_, i) => [
      say(`asked-${i}`, 'user', 10 + i / 100, 'sess_channel'),
      say(`told-${i}`, 'agent', 11 + i / 100, 'sess_channel'),
    ]).flat();
    await backend.context.database.as('service', (tx) => tx.message.createMany({ data: channel }));
    expect(await stats()).toMatchObject({ messagesProcessed: 1004, averageResponseTime: 1000, successRate: '100.00' });
  });
});
