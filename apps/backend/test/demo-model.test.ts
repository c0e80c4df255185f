import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackend, type TestBackend, unreachableProviders } from './backend.ts';

/** The demo model: an agent without a key, without a provider and, here, without a container. */

let backend: TestBackend;
let owner: string;
let demo: string;
const say = async (message: string, agentId = demo) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId })).body.reply;

beforeAll(async () => {
  // No test may reach a provider.
  backend = await startBackend(unreachableProviders);
  owner = await backend.account();
  const { status, body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Demo', model: 'demo', plan: 'solo' });
  expect([status, body.agent.model]).toEqual([201, 'demo']);
  demo = body.agent.id;
  await backend.settled(demo);
});
afterAll(() => backend?.stop());

const keyOf = async (id: string) => virtualKey(id, (await backend.machine(owner, 'GET', `/api/agents/${id}/token`)).body.token);
const complete = (key: string | undefined, body: object, path = '/demo/chat/completions') =>
  fetch(`http://127.0.0.1:${backend.modelGatewayPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
const messages = [{ role: 'user', content: 'The heron  flies\n\tat dawn 🪶' }];

test('an agent on the demo model repeats the words, and introduces itself once', async () => {
  const first = await say('Good *morning*\n  and   hello');
  expect(first.split('\n\n')[0]).toBe('You said: Good *morning*\n  and   hello');
  expect(first).toContain('no language model');
  expect(await say('Again')).toBe('You said: Again');
});

test('its calls cost nothing, whatever price its owner sets, and pass any budget', async () => {
  const budget = { dailyUsd: 0, price: { inputUsd: 1_000, outputUsd: 1_000 } };
  expect((await backend.as(owner, 'PUT', `/api/agents/${demo}/budget`, budget)).status).toBe(200);
  expect((await say('Free')).split('\n\n')[0]).toBe('You said: Free');
  const { models, spent } = (await backend.as(owner, 'GET', `/api/agents/${demo}/usage`)).body;
  expect(models).toEqual([expect.objectContaining({ provider: 'demo', model: 'echo', costUsd: 0, unpricedRequests: 0 })]);
  expect(spent).toMatchObject({ dayUsd: 0, monthUsd: 0 });
  expect(models[0].outputTokens).toBeGreaterThan(3);
});

test('the model gateway answers for it as chat completions do, whole and as a stream', async () => {
  const key = await keyOf(demo);
  const whole = await complete(key, { model: 'echo', messages });
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/json']);
  const answer = (await whole.json()) as { choices: { message: { content: string }; finish_reason: string }[]; usage: object };
  const said = 'You said: The heron  flies\n\tat dawn 🪶';
  expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringContaining(said) } });
  expect(answer.usage).toEqual({
    prompt_tokens: expect.any(Number),
    completion_tokens: expect.any(Number),
    total_tokens: expect.any(Number),
  });

  const streamed = await complete(key, { model: 'echo', messages, stream: true });
  expect(streamed.headers.get('content-type')).toBe('text/event-stream');
  const events = (await streamed.text()).split('\n\n').filter(Boolean);
  expect(events.at(-1)).toBe('data: [DONE]');
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')));
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(answer.choices[0]?.message.content);
  expect(chunks.at(-2).choices[0].finish_reason).toBe('stop');
});

test('nobody else reaches it: not without a key, not with another agent’s key, not under another name', async () => {
  const { body } = await backend.machine(owner, 'POST', '/api/agents', {
    name: 'Other',
    config: { aiProvider: 'openai', model: 'gpt-4o' },
  });
  const [own, foreign] = [await keyOf(demo), await keyOf(body.id)];
  const statuses = await Promise.all([
    complete(undefined, { model: 'echo', messages }),
    complete(foreign, { model: 'echo', messages }),
    complete(foreign, { model: 'gpt-4o', messages }),
    complete(own, { model: 'gpt-4o', messages }),
    complete(own, { model: 'gpt-4o', messages }, '/openai/chat/completions'),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([401, 404, 404, 404, 404]);
});

test('it is tested and listed without a key', async () => {
  for (const [path, body] of [
    ['/api/test-model', { model: 'demo', config: {} }],
    [`/api/agents/${demo}/test-model`, undefined],
  ] as const) {
    expect(await backend.as(owner, 'POST', path, body)).toMatchObject({ status: 200, body: { ok: true, model: 'echo' } });
  }
  expect((await backend.as(owner, 'GET', `/api/agents/${demo}/models`)).body).toEqual({
    provider: 'demo',
    models: [{ id: 'echo', contextLength: null, price: { inputUsd: 0, outputUsd: 0 } }],
  });
});

test('an agent leaves it for a provider, and keeps it when other fields change', async () => {
  const change = (config: object) => backend.as(owner, 'PUT', `/api/agents/${demo}/config`, config);
  expect(await change({ model: 'gpt-4o' })).toMatchObject({ status: 400, body: { error: expect.stringContaining('name a provider') } });
  expect((await change({ ownerIds: ['42'] })).status).toBe(200);
  expect(await say('Still here')).toBe('You said: Still here');
  expect((await change({ aiProvider: 'openai', apiKey: 'sk-own-key-of-this-agent' })).status).toBe(200);
  expect((await backend.as(owner, 'GET', '/api/overview')).body.agents.find(({ id }: { id: string }) => id === demo).model).toBe('gpt-4o');
});
