import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer } from '../src/app/server.ts';
import { removeOldCalls } from '../src/domain/usage/ledger.ts';
import { readModelAccess } from '../src/domain/usage/model-access.ts';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { createLogger } from '../src/infra/logging/create-logger.ts';
import { systemClock } from '../src/shared/clock.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpec } from './stored-spec.ts';
import { atDatabaseTime } from './test-clock.ts';

/** The model gateway as an agent's container sees it: calls with virtual keys over HTTP, from this machine. */

const keys = { anthropic: canary('anthropic-key-'), openai: canary('openai-key-'), gemini: canary('gemini-key-') };
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: keys });
  backend = await startBackend({
    ...model.settings(),
  });
  owner = await backend.account();
});
afterEach(() => {
  model.setBehaviour({ failures: {}, wordDelayMs: 0, delayMs: 0, streamFault: undefined, instead: undefined, script: () => undefined });
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const dialects = {
  openai: {
    model: 'gpt-4o-mini',
    gatewayName: 'openai',
    direct: '/v1/chat/completions',
    path: '/chat/completions',
    key: (key: string) => ({ authorization: `Bearer ${key}` }),
    body: (text: string, stream: boolean) => ({
      model: 'gpt-4o-mini',
      stream,
      ...(stream && { stream_options: { include_usage: true } }),
      max_completion_tokens: 100,
      messages: [{ role: 'user', content: text }],
    }),
  },
  anthropic: {
    model: 'claude-sonnet-4-5',
    gatewayName: 'anthropic',
    direct: '/v1/messages',
    path: '/v1/messages',
    key: (key: string) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
    body: (text: string, stream: boolean) => ({
      model: 'claude-sonnet-4-5',
      stream,
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
    }),
  },
  gemini: {
    model: 'gemini-2.0-flash',
    gatewayName: 'google',
    direct: '/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse',
    path: '/models/gemini-2.0-flash:streamGenerateContent?alt=sse',
    key: (key: string) => ({ 'x-goog-api-key': key }),
    body: (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 100 } }),
  },
} as const;
type Name = keyof typeof dialects;

/** Provisions an agent without a container. @returns its id and its virtual key */
async function agentOf(config: Record<string, unknown>, user = owner) {
  const { body } = await backend.machine(user, 'POST', '/api/agents', { name: 'Caller', config: { plan: 'network', ...config } });
  const { token } = (await backend.machine(user, 'GET', `/api/agents/${body.id}/token`)).body;
  return { id: body.id as string, key: virtualKey(body.id, token) };
}
const at = (path: string, port = backend.modelGatewayPort) => `http://127.0.0.1:${port}${path}`;
const post = (url: string, headers: Record<string, string>, body: unknown, signal?: AbortSignal) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
/** The body of an answer. Untyped, as JSON.parse returns it: tests read any field. */
const json = async (answer: Response): Promise<ReturnType<typeof JSON.parse>> => answer.json();
const usageOf = async (id: string) => (await backend.machine(owner, 'GET', `/api/agents/${id}/usage`)).body;

describe.each(Object.keys(dialects) as Name[])('calls of %s', (name) => {
  const { gatewayName, direct, path, key: header, body, model: modelName } = dialects[name];
  let agent: { id: string; key: string };
  beforeAll(async () => {
    agent = await agentOf({ aiProvider: name, model: modelName, apiKey: keys[name] });
  });

  test.each([true, false])('pass byte for byte and are booked to the token (stream: %s)', async (stream) => {
    const before = (await usageOf(agent.id)).days[0] ?? { requests: 0, inputTokens: 0, outputTokens: 0 };
    const whole = body('Tell me of “naïve” things 🦊', stream);
    const [there, url] = stream
      ? [direct, path]
      : [direct.replace(/:stream.*/, ':generateContent'), path.replace(/:stream.*/, ':generateContent')];
    const expected = await post(`http://127.0.0.1:${model.port}${there}`, header(keys[name]), whole);
    const got = await post(at(`/${gatewayName}${url}`), header(agent.key), whole);
    expect(got.status).toBe(200);
    expect(got.headers.get('content-type')).toBe(expected.headers.get('content-type'));
    expect(await got.text()).toBe(await expected.text());
    expect(model.requests.at(-1)?.key).toBe(keys[name]);
    expect(model.requests.at(-1)?.body).toEqual(whole);
    // The double's figures: a quarter of the request's characters, and a token for each word of `You said: …`.
    const input = Math.ceil(JSON.stringify(whole).length / 4);
    const after = (await usageOf(agent.id)).days[0];
    expect(after).toMatchObject({
      requests: before.requests + 1,
      inputTokens: before.inputTokens + input,
      outputTokens: before.outputTokens + 8,
    });
  });

  test('refuse a wrong key, another model and another provider in the dialect’s own form', async () => {
    const received = model.requests.length;
    const wrong = agent.key.slice(0, -1) + (agent.key.endsWith('A') ? 'B' : 'A');
    for (const key of [wrong, keys[name], '', `avk_${'a'.repeat(12)}.${'b'.repeat(43)}`]) {
      const refused = await post(at(`/${gatewayName}${path}`), header(key), body('Hello', true));
      expect([refused.status, JSON.stringify(await json(refused))]).toEqual([401, expect.stringContaining('Invalid key')]);
    }
    const other = JSON.parse(JSON.stringify(body('Hello', true)).replace(modelName, 'gpt-4'));
    const answer = await post(at(`/${gatewayName}${path.replace(modelName, 'gemini-2.5-pro')}`), header(agent.key), other);
    const { error } = await json(answer);
    expect([answer.status, error.message]).toEqual([404, 'This agent may call only its own models']);
    for (const elsewhere of ['/custom/chat/completions', `/${gatewayName}/models`, `/${gatewayName}/files`, '/', '/..%2f..%2fhealth']) {
      expect((await post(at(elsewhere), header(agent.key), {})).status).toBe(404);
    }
    expect(model.requests).toHaveLength(received);
  });

  test('an error of the provider passes without its key', async () => {
    model.setBehaviour({ failures: { '*': 429 } });
    const answer = await post(at(`/${gatewayName}${path}`), header(agent.key), body('Hello', true));
    const text = await answer.text();
    expect(answer.status).toBe(429);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(keys[name]);
  });

  test('under a budget of nothing, calls are refused with 412 and reach no provider', async () => {
    const received = model.requests.length;
    const set = (budget: object) => backend.machine(owner, 'PUT', `/api/agents/${agent.id}/budget`, budget);
    expect(await set({ dailyUsd: 0 })).toMatchObject({ status: 200, body: { budget: { dailyUsd: 0, monthlyUsd: null, price: null } } });
    const refused = await post(at(`/${gatewayName}${path}`), header(agent.key), body('Hello', true));
    expect([refused.status, JSON.stringify(await json(refused))]).toEqual([412, expect.stringContaining('BUDGET_EXCEEDED: This agent')]);
    expect(model.requests).toHaveLength(received);
    expect((await set({ dailyUsd: null })).body.budget.dailyUsd).toBeNull();
    expect((await post(at(`/${gatewayName}${path}`), header(agent.key), body('Hello', true))).status).toBe(200);
  });
});

test('a key that a stream repeats in two parts does not pass', async () => {
  const agent = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  const [first, second] = [keys.openai.slice(0, 9), keys.openai.slice(9)];
  model.setBehaviour({ script: () => ({ steps: [`data: {"key":"${first}`, 50, `${second}"}\n\n`, 'data: [DONE]\n\n'] }) });
  const answer = await post(at('/openai/chat/completions'), dialects.openai.key(agent.key), dialects.openai.body('Hello', true));
  expect(await answer.text()).toBe('data: {"key":"[redacted]"}\n\ndata: [DONE]\n\n');
});

test('a request is limited to 32 MiB, must be a JSON object, and names no other models', async () => {
  const agent = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  const send = async (body: unknown) => {
    const response = await post(at('/openai/chat/completions'), dialects.openai.key(agent.key), body);
    return [response.status, (await json(response)).error.code];
  };
  expect(await send('not JSON')).toEqual([400, 'invalid_json']);
  expect(await send('[]')).toEqual([400, 'invalid_json']);
  expect(await send({ model: 'gpt-4o-mini', messages: [], models: ['gpt-4'] })).toEqual([403, 'model_not_allowed']);
  const sent = httpRequest(at('/openai/chat/completions'), { method: 'POST', headers: dialects.openai.key(agent.key) });
  sent.on('error', () => undefined);
  const answered = once(sent, 'response');
  const part = Buffer.alloc(1024 * 1024, 'x');
  for (let size = 0; size <= 33; size++) sent.write(part);
  const [response] = await answered;
  expect(response.statusCode).toBe(413);
  sent.destroy();
});

test('under a budget, requests whose cost their size does not bound are refused', async () => {
  const agent = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  await backend.machine(owner, 'PUT', `/api/agents/${agent.id}/budget`, { monthlyUsd: 100 });
  const base = dialects.openai.body('Hello', false);
  const withPart = (part: object) => ({ ...base, messages: [{ role: 'user', content: [part] }] });
  for (const extra of [
    { ...base, n: 2 },
    { ...base, web_search_options: {} },
    { ...base, plugins: [{ id: 'web' }] },
    { ...base, service_tier: 'priority' },
    { ...base, tools: [{ type: 'web_search_preview' }] },
    withPart({ type: 'image_url', image_url: { url: 'https://example.com/picture.png' } }),
    withPart({ type: 'file', file: { file_id: 'file-1' } }),
  ]) {
    const response = await post(at('/openai/chat/completions'), dialects.openai.key(agent.key), extra);
    expect([response.status, (await json(response)).error.code]).toEqual([400, 'cost_not_bounded']);
  }
  // Without a limit of its own, a request gets one.
  const { max_completion_tokens: _, ...unlimited } = base;
  expect((await post(at('/openai/chat/completions'), dialects.openai.key(agent.key), unlimited)).status).toBe(200);
  expect(model.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 8_192 });
});

test('a model without a price is refused under a budget, until its owner gives one', async () => {
  const { id, key } = await agentOf({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: keys.openai });
  const call = () =>
    post(at('/custom/chat/completions'), dialects.openai.key(key), { ...dialects.openai.body('Hello', false), model: 'echo-1' });
  expect((await call()).status).toBe(200);
  expect((await usageOf(id)).models).toMatchObject([{ provider: 'custom', model: 'echo-1', requests: 1, costUsd: 0, unpricedRequests: 1 }]);
  await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 5 });
  const refused = await call();
  expect([refused.status, (await json(refused)).error.message]).toEqual([412, expect.stringContaining('no known price')]);
  await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, { price: { inputUsd: 3, outputUsd: 15 } });
  await pollUntil('the price is known', async () => (await call()).status === 200, { seconds: 5, everyMs: 500 });
  // 3 words at 15 micro-dollars, and the request's characters at 3 for each four.
  const input = Math.ceil(JSON.stringify(model.requests.at(-1)?.body).length / 4);
  expect((await usageOf(id)).spent).toEqual({ dayUsd: (3 * 15 + input * 3) / 1e6, monthUsd: (3 * 15 + input * 3) / 1e6, reservedUsd: 0 });
});

test('the budget of its plan holds for an account without a budget of its own', async () => {
  const config = { ...backend.config, PLAN_BUDGETS: { network: { daily: 0n } } };
  const limited = await startServer(config, createLogger({ ...config, LOG_LEVEL: 'silent' }), systemClock);
  try {
    const user = await backend.account();
    await backend.machine(undefined, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'network' });
    const { key } = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai }, user);
    const call = () =>
      post(at('/openai/chat/completions', limited.modelGatewayPort), dialects.openai.key(key), dialects.openai.body('Hello', false));
    const refused = await call();
    expect([refused.status, (await json(refused)).error.message]).toEqual([412, expect.stringContaining('BUDGET_EXCEEDED')]);
    await backend.machine(user, 'PUT', '/api/budget', { dailyUsd: 5 });
    expect((await call()).status).toBe(200);
  } finally {
    await limited.stop();
  }
});

test('the same request a hundred times in a row is stopped, and another one passes', async () => {
  const agent = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  const call = async (text: string) => {
    const response = await post(at('/openai/chat/completions'), dialects.openai.key(agent.key), dialects.openai.body(text, false));
    await response.text();
    return response.status;
  };
  for (let count = 0; count < 100; count++) expect(await call('Again')).toBe(200);
  expect(await call('Again')).toBe(429);
  expect(await call('Something else')).toBe(200);
});

test('after the token is replaced, or the subscription ends, the virtual key is dead', async () => {
  const agent = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  const status = async (key: string) =>
    (await post(at('/openai/chat/completions'), dialects.openai.key(key), dialects.openai.body(randomUUID(), false))).status;
  expect(await status(agent.key)).toBe(200);
  const { token } = (await backend.machine(owner, 'POST', `/api/agents/${agent.id}/token`)).body;
  await pollUntil('the former key is refused', async () => (await status(agent.key)) === 401, { seconds: 5 });
  const renewed = virtualKey(agent.id, token);
  expect(await status(renewed)).toBe(200);
  const suspend = (suspendedAt: Date | null) =>
    backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data: { suspendedAt } }));
  await suspend(new Date());
  await pollUntil('the suspended agent is refused', async () => (await status(renewed)) === 403, { seconds: 5 });
  await suspend(null);
  await pollUntil('the agent may call again', async () => (await status(renewed)) === 200, { seconds: 5 });
});

test('a call that its caller leaves is booked by an estimate', async () => {
  const { id, key } = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  model.setBehaviour({ wordDelayMs: 100 });
  const leaving = new AbortController();
  const text = 'one two three four five six seven eight nine ten';
  const response = await post(at('/openai/chat/completions'), dialects.openai.key(key), dialects.openai.body(text, true), leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
  const rows = () =>
    backend.context.database.as('service', (tx) => tx.modelCall.findMany({ where: { agentId: id, endedAt: { not: null } } }));
  await pollUntil('the call is booked', async () => (await rows()).length === 1, { seconds: 10 });
  const [row] = await rows();
  expect(row).toMatchObject({ outcome: 'aborted', estimated: true, priceSource: 'catalogue' });
  // The request has about thirty words and signs; the double has sent a few of its words.
  expect(row?.inputTokens).toBeGreaterThan(20);
  expect(row?.inputTokens).toBeLessThan(120);
  expect(row?.costMicros).toBeGreaterThan(0n);
});

test('OpenRouter’s own cost is believed', async () => {
  const { id, key } = await agentOf({ aiProvider: 'openrouter', model: 'openai/gpt-4o-mini', apiKey: canary('openrouter-key-') });
  const usage = { prompt_tokens: 1_000, completion_tokens: 100, cost: 0.125 };
  model.setBehaviour({ script: () => ({ steps: [`data: ${JSON.stringify({ choices: [], usage })}\n\n`, 'data: [DONE]\n\n'] }) });
  const body = { ...dialects.openai.body('Hello', true), model: 'openai/gpt-4o-mini' };
  await (await post(at('/openrouter/chat/completions'), dialects.openai.key(key), body)).text();
  expect((await usageOf(id)).models).toMatchObject([{ inputTokens: 1_000, outputTokens: 100, costUsd: 0.125 }]);
});

test('a container of the former provider gets no key until it is restarted', async () => {
  const { id } = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai });
  const former = {
    provider: 'groq' as const,
    api: 'openai-completions' as const,
    baseUrl: 'https://api.groq.com/openai/v1',
    gatewayName: 'groq',
    model: 'llama-3.3-70b-versatile',
  };
  const withSpec = async (keyRecipient: string, models: (typeof former)[]) => {
    const spec = { ...storedSpec({ agentId: id }), keyRecipient, models };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { containerSpec: spec } }));
    const access = await readModelAccess(backend.context, id, 'container');
    return access?.targets.map((target) => [target.model, access.keyFor(target)?.value]);
  };
  expect(await withSpec('groq', [former])).toEqual([['llama-3.3-70b-versatile', undefined]]);
  const present = { ...former, provider: 'openai' as const, gatewayName: 'openai', model: 'gpt-4o' };
  expect(await withSpec('openai', [present] as never)).toEqual([['gpt-4o', keys.openai]]);
});

test('single calls are removed after 90 days, and the figures of their days stay, also of a deleted agent', async () => {
  const user = await backend.account();
  const { id, key } = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai }, user);
  await (await post(at('/openai/chat/completions'), dialects.openai.key(key), dialects.openai.body('Hello', false))).text();
  const { database, clock } = backend.context;
  const calls = () => database.as('service', (tx) => tx.modelCall.count({ where: { agentId: id } }));
  const after = (days: number) =>
    atDatabaseTime(backend.config.DATABASE_URL, new Date(clock.now().getTime() + days * 24 * 3_600_000), () =>
      removeOldCalls(backend.context),
    );
  await after(89.9);
  expect(await calls()).toBe(1);
  await after(90.1);
  expect(await calls()).toBe(0);
  expect((await backend.machine(user, 'DELETE', `/api/agents/${id}`)).status).toBe(200);
  const { agents, spent } = (await backend.machine(user, 'GET', '/api/usage')).body;
  expect(agents).toMatchObject([{ agentId: id, name: null, requests: 1 }]);
  expect(spent.dayUsd).toBe(agents[0].costUsd);
  expect(spent.dayUsd).toBeGreaterThan(0);
});

test('several backends share the port, and PLAN_BUDGETS holds for an account that has set no budget', async () => {
  const user = await backend.account();
  const { key } = await agentOf({ aiProvider: 'openai', model: 'gpt-4o-mini', apiKey: keys.openai }, user);
  const settings = { ...backend.config, MODEL_GATEWAY_PORT: backend.modelGatewayPort, PLAN_BUDGETS: { network: { daily: 0n } } };
  const sharing = await startServer(settings, createLogger({ ...backend.config, LOG_LEVEL: 'silent' }), systemClock);
  const limited = await startServer(
    { ...settings, MODEL_GATEWAY_PORT: 0 },
    createLogger({ ...backend.config, LOG_LEVEL: 'silent' }),
    systemClock,
  );
  try {
    expect(sharing.modelGatewayPort).toBe(backend.modelGatewayPort);
    const call = async () => {
      const answer = await post(
        at('/openai/chat/completions', limited.modelGatewayPort),
        dialects.openai.key(key),
        dialects.openai.body(randomUUID(), false),
      );
      return [answer.status, (await json(answer)).error?.message];
    };
    expect(await call()).toEqual([412, expect.stringContaining('The budget of the account for today is spent')]);
    await backend.machine(user, 'PUT', '/api/budget', { dailyUsd: 1 });
    expect(await call()).toEqual([200, undefined]);
  } finally {
    await Promise.all([sharing.stop(), limited.stop()]);
  }
});

test('the call of a killed process is booked at its worst case', async () => {
  const { id } = await agentOf({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: keys.openai });
  await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 1, price: { inputUsd: 1, outputUsd: 1 } });
  const { pool } = backend.context;
  const begin = (call: string, process: string, worst: number) =>
    pool.query('SELECT begin_model_call($1, $2, $3, $4, $5, $6, $7, NULL, NULL) AS verdict', [
      call,
      process,
      id,
      'agent',
      'custom',
      'echo-1',
      worst,
    ]);
  await begin('call-of-the-dead', 'a process that was killed', 400_000);
  await begin('call-of-the-living', backend.context.processId, 500_000);
  expect((await begin('one too many', backend.context.processId, 100_001)).rows[0].verdict).toBe('agent day');
  expect((await usageOf(id)).spent).toEqual({ dayUsd: 0, monthUsd: 0, reservedUsd: 0.9 });
  await pool.query('SELECT end_lost_model_calls()');
  expect((await usageOf(id)).spent).toEqual({ dayUsd: 0.4, monthUsd: 0.4, reservedUsd: 0.5 });
  await pool.query("SELECT end_model_call('call-of-the-living', 'done', 200, 10, 0, 0, 5, 0, 15, 'owner', false)");
  // A late end of a call that was booked changes nothing.
  await pool.query("SELECT end_model_call('call-of-the-dead', 'done', 200, 10, 0, 0, 5, 0, 15, 'owner', false)");
  expect((await usageOf(id)).spent).toEqual({ dayUsd: 0.400015, monthUsd: 0.400015, reservedUsd: 0 });
});
