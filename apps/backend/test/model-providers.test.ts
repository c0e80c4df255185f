import { containerModels } from '@agentbot/contracts/test/agents-api';
import { canary } from '@agentbot/test-doubles/canaries';
import { type ReceivedRequest, signInPage, startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Dispatcher, getGlobalDispatcher } from 'undici';
import { settle } from '../src/domain/conversations/settle-reply.ts';
import type { Message } from '../src/generated/prisma/client.ts';
import { newId } from '../src/shared/ids.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Replies of agents without a container: what each provider of the contract is sent, and what its answers become. */

const KEY = canary('model-key-');
/** The addresses of the providers' APIs and the header of the key, from their documentation. */
const apis = {
  openrouter: { url: 'https://openrouter.ai/api/v1/chat/completions', header: 'authorization', key: `Bearer ${KEY}` },
  gemini: {
    url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse',
    header: 'x-goog-api-key',
    key: KEY,
  },
  groq: { url: 'https://api.groq.com/openai/v1/chat/completions', header: 'authorization', key: `Bearer ${KEY}` },
  anthropic: { url: 'https://api.anthropic.com/v1/messages', header: 'x-api-key', key: KEY },
  openai: { url: 'https://api.openai.com/v1/chat/completions', header: 'authorization', key: `Bearer ${KEY}` },
};
type Provider = keyof typeof apis;
const providers = Object.keys(apis) as Provider[];
/** Where the wire name of the model is not the contract's: Groq's model has too small a context for the gateway (a ruling). */
const wireNames: Record<string, string> = {
  'google/gemini-2.0-flash': 'gemini-2.0-flash',
  'groq/gemma2-9b-it': 'llama-3.3-70b-versatile',
  'anthropic/claude-sonnet-4-5': 'claude-sonnet-4-5',
  'openai/gpt-4o': 'gpt-4o',
};

let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let user: string;
const agents = {} as Record<Provider, string>;
/** The addresses that the backend called, with the providers' real hosts. */
const called: string[] = [];

/** Sends the requests to the providers' hosts to the double. The rest is as in production, the addresses too. */
class ToDouble extends Dispatcher {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    called.push(`${options.origin}${options.path}`);
    return getGlobalDispatcher().dispatch({ ...options, origin: model.url }, handler);
  }
}

const ask = (method: string, address: string, body?: unknown) => backend.as(user, method, address, body);
const say = async (message: string, agentId: string | undefined, more: object = {}) => {
  const { status, body } = await ask('POST', '/api/chat', { message, ...(agentId && { agentId }), ...more });
  return [status, body.reply ?? body.error];
};
const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as<T>('service', work);
const newSession = async (agentId: string) => (await ask('POST', '/api/agent?action=create-session', { agentId })).body.sessionId as string;
const provision = async (aiProvider: Provider, apiKey = KEY) =>
  (await ask('POST', '/api/agents/provision', { name: aiProvider, model: 'gpt-4', config: { aiProvider, apiKey } })).body.agent
    .id as string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: KEY });
  backend = await startBackend();
  backend.context.modelConnections.known = new ToDouble();
  user = await backend.account();
  for (const provider of providers) {
    agents[provider] = await provision(provider);
    // The provider's own default model.
    await ask('PUT', `/api/agents/${agents[provider]}/config`, { model: null });
  }
});
afterEach(() => {
  model.setBehaviour({
    failures: {},
    maxTokens: undefined,
    streamFault: undefined,
    instead: undefined,
    reply: (words) => `You said: ${words}`,
  });
  model.requests.length = 0;
  called.length = 0;
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const exchange = (words: string) => [
  { role: 'user', text: words },
  { role: 'assistant', text: `You said: ${words}` },
];

describe.each(providers)('an agent of %s', (provider) => {
  const { url, header, key } = apis[provider];

  test('calls the contract’s address with its key and model, and sends the session whole and in order', async () => {
    const sessionId = await newSession(agents[provider]);
    for (const words of ['First', 'Second', 'Third']) {
      expect(await say(words, agents[provider], { sessionId })).toEqual([200, `You said: ${words}`]);
    }
    expect(called).toEqual([url, url, url]);
    const row = containerModels().find((each) => each.provider === provider);
    expect(url.startsWith(`${row?.baseUrl}/`)).toBe(true);
    const { headers, path, body, ...last } = model.requests[2] as ReceivedRequest;
    expect(last).toMatchObject({ provider, model: wireNames[row?.primary ?? ''] ?? row?.primary, stream: true, status: 200 });
    expect(last.messages).toEqual([...exchange('First'), ...exchange('Second'), { role: 'user', text: 'Third' }]);
    expect(headers[header]).toBe(key);
    if (provider === 'anthropic') expect(headers['anthropic-version']).toBe('2023-06-01');
    // The key stands nowhere else.
    expect(JSON.stringify([path, { ...headers, [header]: '' }, body])).not.toContain(KEY);
  });

  test('answers 500 with the provider’s reason and without the key when the provider refuses', async () => {
    model.setBehaviour({ failures: { '*': 403 } });
    const [status, error] = await say('Refused', agents[provider]);
    expect([status, error]).toEqual([
      500,
      expect.stringMatching(/^The model provider failed \(403: .*\(key \[redacted\]\)\)\. Check the agent's model key$/),
    ]);
    expect(error).not.toContain(KEY);
    // A refusal is not repeated.
    expect(model.requests).toHaveLength(1);
  });

  test.each(['cut', 'ends', 'error'] as const)('answers 500 and keeps no reply when the stream goes wrong: %s', async (kind) => {
    model.setBehaviour({ streamFault: { kind, afterWords: 2 } });
    const sessionId = await newSession(agents[provider]);
    expect(await say('Half of this is lost', agents[provider], { sessionId })).toEqual([
      500,
      expect.stringMatching(
        kind === 'error'
          ? /^The model provider failed \(.+\)\. Send/
          : /^The model provider failed \(its reply ended early\)\. Send the message again/,
      ),
    ]);
    expect(await service((tx) => tx.message.count({ where: { sessionId, sender: 'agent' } }))).toBe(0);
  });
});

const again = 'Send the message again; if that fails too, check the model and its address';
describe('a provider’s answer', () => {
  test('429 with Retry-After is waited for and the request repeated once', async () => {
    model.setBehaviour({ failures: { '*': [429] }, retryAfter: 1 });
    const began = Date.now();
    expect(await say('Patience', agents.openai)).toEqual([200, 'You said: Patience']);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(model.requests.map(({ status }) => status)).toEqual([429, 200]);
    model.setBehaviour({ failures: { '*': 529 } });
    expect(await say('Overloaded', agents.anthropic)).toEqual([
      500,
      `The model provider failed (529: Overloaded (key [redacted])). ${again}`,
    ]);
    expect(model.requests.map(({ status }) => status)).toEqual([429, 200, 529, 529]);
  });

  test('of a wrong key is named and does not repeat the key', async () => {
    const wrong = canary('wrong-key-');
    const expected = {
      openai: /^The model provider failed \(401: Incorrect API key provided: \[redacted\]/,
      gemini: /\(400: API key not valid/,
    };
    for (const provider of ['openai', 'gemini'] as const) {
      const answer = await say('Hello', await provision(provider, wrong));
      expect(answer).toEqual([500, expect.stringMatching(expected[provider])]);
      expect(answer[1]).not.toContain(wrong);
    }
  });

  test('that was cut at the limit of tokens is kept as far as it goes', async () => {
    model.setBehaviour({ maxTokens: 3 });
    for (const provider of providers) {
      const sessionId = await newSession(agents[provider]);
      expect(await say('Long words', agents[provider], { sessionId })).toEqual([200, 'You said: Long ']);
    }
  });

  test('that is a web page, an error with status 200, or empty is an error with its reason', async () => {
    const noCredit = { type: 'application/json', body: `{"error":{"message":"No credit left for ${KEY}"}}` };
    for (const provider of providers) {
      model.setBehaviour({ instead: signInPage });
      expect(await say('Page', agents[provider])).toEqual([
        500,
        `The model provider failed (it answered with a web page: check its address). ${again}`,
      ]);
      model.setBehaviour({ instead: noCredit });
      expect(await say('Credit', agents[provider])).toEqual([
        500,
        'The model provider failed (No credit left for [redacted]). Add credit at the model provider, or choose another model',
      ]);
    }
    model.setBehaviour({ instead: undefined, reply: () => '' });
    expect(await say('Nothing', agents.groq)).toEqual([500, `The agent answered nothing. ${again}`]);
  });

  test('is shown and stored without the thoughts at its beginning', async () => {
    model.setBehaviour({ reply: () => '<think>I keep this for myself</think>Use `<think>` for thoughts' });
    const sessionId = await newSession(agents.openai);
    expect(await say('How?', agents.openai, { sessionId })).toEqual([200, 'Use `<think>` for thoughts']);
    const stored = await service((tx) => tx.message.findMany({ where: { sessionId, sender: 'agent' } }));
    expect(stored.map(({ content }) => content)).toEqual(['Use `<think>` for thoughts']);
  });

  test('with an error in the stream names the error', async () => {
    model.setBehaviour({ streamFault: { kind: 'error', afterWords: 1 } });
    expect(await say('Half', agents.anthropic)).toEqual([500, `The model provider failed (529: Overloaded). ${again}`]);
    expect(await say('Half', agents.openai)).toEqual([
      500,
      `The model provider failed (The server had an error while processing your request.). ${again}`,
    ]);
  });
});

test('the instructions of a specialized agent stand apart from the conversation', async () => {
  for (const provider of providers) {
    await service((tx) => tx.agent.update({ where: { id: agents[provider] }, data: { specialization: 'booking' } }));
    expect((await say('Hello', agents[provider], { sessionId: await newSession(agents[provider]) }))[0]).toBe(200);
    await service((tx) => tx.agent.update({ where: { id: agents[provider] }, data: { specialization: null } }));
  }
  expect(model.requests).toHaveLength(providers.length);
  for (const { system, messages } of model.requests) {
    expect(system).toMatch(/^You are a booking agent\./);
    expect(messages).toEqual([{ role: 'user', text: 'Hello' }]);
  }
});

test('a long session is sent as its last messages, and begins with the person’s', async () => {
  const id = agents.anthropic;
  const sessionId = await newSession(id);
  const row = { agentId: id, ownerId: user, sessionId };
  await service(async (tx) => {
    for (let turn = 0; turn < 30; turn++) {
      const [question, answer] = [newId('msg'), newId('msg')];
      await tx.message.create({ data: { ...row, id: question, sender: 'user', content: `Question ${turn}` } });
      await tx.message.create({ data: { ...row, id: answer, sender: 'agent', content: `Answer ${turn}` } });
      await tx.reply.create({ data: { id: question, agentId: id, ownerId: user, state: 'done', messageId: answer } });
    }
  });
  expect(await say('Now', id, { sessionId })).toEqual([200, 'You said: Now']);
  const { messages } = model.requests[0] as ReceivedRequest;
  const turns = Array.from({ length: 30 }, (_, turn) => [`Question ${turn}`, `Answer ${turn}`]).flat();
  expect(messages.map(({ text }) => text)).toEqual([...turns.slice(-38), 'Now']);
  expect(messages[0]?.role).toBe('user');
});

test('a request without agentId goes to the newest running agent', async () => {
  const newest = await provision('groq');
  const defaultAgent = async () => {
    await say('Who is it?', undefined);
    const message = await service((tx) =>
      tx.message.findFirstOrThrow({ where: { ownerId: user, sender: 'user' }, orderBy: { seq: 'desc' } }),
    );
    return message.agentId;
  };
  expect(await defaultAgent()).toBe(newest);
  await service((tx) => tx.agent.update({ where: { id: newest }, data: { state: 'stopped' } }));
  const running = await service((tx) => tx.agent.findMany({ where: { ownerId: user, state: 'running' }, orderBy: { createdAt: 'asc' } }));
  expect(await defaultAgent()).toBe(running.at(-1)?.id);
});

test.each(['', '/v1'])('an agent of anthropic calls ANTHROPIC_BASE_URL with the ending “%s”', async (ending) => {
  const own = await startBackend({ ANTHROPIC_BASE_URL: model.url + ending });
  try {
    const owner = await own.account();
    const config = { aiProvider: 'anthropic', apiKey: KEY };
    const { body } = await own.as(owner, 'POST', '/api/agents/provision', { name: 'Own', model: 'claude-opus-4-6', config });
    const answer = await own.as(owner, 'POST', '/api/chat', { message: 'Hello', agentId: body.agent.id });
    expect([answer.status, answer.body.reply]).toEqual([200, 'You said: Hello']);
    expect(model.requests.map(({ path }) => path)).toEqual(['/v1/messages']);
  } finally {
    await own.stop();
  }
});

test('minimax, the sixth row of the contract’s table, is refused', async () => {
  expect(containerModels().map(({ provider }) => provider)).toEqual([...providers, 'minimax']);
  const { status } = await ask('POST', '/api/agents/provision', {
    name: 'A',
    model: 'gpt-4',
    config: { aiProvider: 'minimax', apiKey: KEY },
  });
  expect(status).toBe(400);
});

describe('settle', () => {
  /** A message of a new session whose reply is pending, without a process that answers it. */
  async function pendingMessage(): Promise<Message> {
    const row = { agentId: agents.openai, ownerId: user };
    const sessionId = await newSession(row.agentId);
    return service(async (tx) => {
      const message = await tx.message.create({ data: { ...row, sessionId, id: newId('msg'), sender: 'user', content: 'Once?' } });
      await tx.reply.create({ data: { ...row, id: message.id } });
      return message;
    });
  }
  const stateOf = ({ id, sessionId }: Message) =>
    service(async (tx) => ({
      reply: await tx.reply.findUniqueOrThrow({ where: { id }, include: { answer: true } }),
      said: (await tx.message.findMany({ where: { sessionId, sender: 'agent' } })).map(({ content }) => content),
    }));

  test('stores one reply when two processes settle a message at once', async () => {
    const message = await pendingMessage();
    await Promise.all(['One', 'Two', 'Three'].map((text) => settle(backend.context, message, { text })));
    const { reply, said } = await stateOf(message);
    expect(said).toHaveLength(1);
    expect([reply.state, reply.text, reply.answer?.content]).toEqual(['done', said[0], said[0]]);
  });

  test.each([
    ['stopped', ['Half of']],
    ['budget', ['Half of']],
    ['bad_response', []],
    ['timeout', []],
  ] as const)('of a reply that failed as %s leaves its text so far in the session: %p', async (kind, left) => {
    const message = await pendingMessage();
    await service((tx) => tx.reply.update({ where: { id: message.id }, data: { text: 'Half of' } }));
    await settle(backend.context, message, { error: 'It ended', kind });
    expect(await stateOf(message)).toMatchObject({ reply: { state: 'failed', kind, text: 'Half of' }, said: left });
  });

  test('changes no reply that has ended', async () => {
    const message = await pendingMessage();
    await settle(backend.context, message, { error: 'The agent was interrupted', kind: 'stopped' });
    await settle(backend.context, message, { text: 'Too late' });
    expect(await stateOf(message)).toMatchObject({ reply: { state: 'failed', error: 'The agent was interrupted', text: '' }, said: [] });
    const done = await pendingMessage();
    await settle(backend.context, done, { text: 'Done' });
    await settle(backend.context, done, { error: 'Late error', kind: 'agent' });
    expect(await stateOf(done)).toMatchObject({ reply: { state: 'done', error: null, text: 'Done' }, said: ['Done'] });
  });
});
