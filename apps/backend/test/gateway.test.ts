import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { gatewayOf } from '../src/domain/agents/gateway.ts';
import { ReplyError } from '../src/domain/conversations/reply-error.ts';
import { replyFromContainer } from '../src/domain/conversations/reply-from-container.ts';
import { syncConversations } from '../src/domain/conversations/sync-conversations.ts';
import { createGatewayRouter } from '../src/edge/gateway-router/gateway-router.ts';
import { type Agent, Prisma } from '../src/generated/prisma/client.ts';
import { createForwardedAddress } from '../src/http/forwarded-address.ts';
import { writeAgentSecrets } from '../src/infra/crypto/agent-secrets.ts';
import { newDeviceKey } from '../src/infra/openclaw/device.ts';
import { GatewayConnection } from '../src/infra/openclaw/gateway-connection.ts';
import { deleteSessions, type HistoryEntry } from '../src/infra/openclaw/session-history.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpecAt } from './stored-spec.ts';

/** Chats with a scripted gateway that sends events late, incompletely or not at all. */

let backend: TestBackend;
let agent: Agent;
let gateway: Awaited<ReturnType<typeof startGateway>>;

async function startGateway({ autoPong = true } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const started = {
    port,
    url: `ws://127.0.0.1:${port}`,
    /** Sessions that started on a channel, the history of every session, and the messages that the gateway received. */
    sessions: [] as object[],
    history: [] as HistoryEntry[],
    /** The transcript, where it differs from the history. */
    transcript: undefined as HistoryEntry[] | undefined,
    received: [] as string[],
    /** Every method that a client called, in order. */
    methods: [] as string[],
    /** Results that replace the default result of a method. */
    answers: {} as Record<string, object>,
    /** Methods that the gateway does not answer, such as `agent.wait` during a run. */
    held: new Set<string>(),
    /** Keys of the sessions that stay when the gateway is told to delete them. */
    kept: new Set<string>(),
    /** The error of `chat.send` and `agent`, if they fail. */
    refusal: undefined as string | undefined,
    onSend: (_runId: string, _send: (event: object) => void): void => undefined,
    /** Sends a text to every client, which may be no frame. */
    sendRaw(text: string) {
      for (const socket of server.clients) socket.send(text);
    },
    dropClients() {
      for (const socket of server.clients) socket.terminate();
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
  server.on('connection', (socket: WebSocket) => {
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    send({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n' } });
    socket.on('message', (text) => {
      const { id, method, params } = JSON.parse(String(text));
      const answers: Record<string, object> = {
        'chat.history': { messages: started.history },
        'sessions.get': { messages: (started.transcript ?? started.history).slice(-params?.limit || 0) },
        'sessions.list': { sessions: started.sessions },
        'chat.send': { status: 'started' },
        agent: { status: 'accepted' },
        ...started.answers,
      };
      started.methods.push(method);
      if (started.held.has(method)) return;
      if (method === 'sessions.delete' && params.key === 'agent:main:main') {
        send({ type: 'res', id, ok: false, error: { message: 'Cannot delete the main session (agent:main:main).' } });
        return;
      }
      if (method === 'sessions.delete' && !started.kept.has(params.key))
        started.sessions = started.sessions.filter((session) => (session as { key: string }).key !== params.key);
      if (method === 'sessions.reset' && !started.kept.has(params.key))
        started.history = [{ role: 'system', content: [{ type: 'text', text: 'Reset' }] }];
      const isMessage = method === 'chat.send' || method === 'agent';
      const refused = isMessage && started.refusal;
      send({ type: 'res', id, ok: !refused, ...(refused ? { error: { message: refused } } : { payload: answers[method] ?? {} }) });
      if (refused || !isMessage) return;
      started.received.push(params.message);
      started.onSend(params.idempotencyKey, (payload) =>
        send({ type: 'event', event: 'stream' in payload ? 'agent' : 'chat', payload: { runId: params.idempotencyKey, ...payload } }),
      );
    });
  });
  return started;
}

const user = (content: string, timestamp = Date.now()): HistoryEntry => ({ role: 'user', content, timestamp });
const assistant = (text: string, ...more: { type: string }[]): HistoryEntry => ({
  role: 'assistant',
  content: [{ type: 'text', text }, ...more],
  timestamp: Date.now(),
});

beforeAll(async () => {
  backend = await startBackend();
  const owner = await backend.account();
  const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Quiet' })).body;
  const { database, envelope } = backend.context;
  agent = await database.as('service', async (tx) => {
    const row = await tx.agent.findUniqueOrThrow({ where: { id } });
    await writeAgentSecrets(tx, envelope, row, { gatewayToken: 'token', deviceKey: newDeviceKey(), apiKey: canary('sk-or-') });
    return row;
  });
});
afterAll(() => backend.stop());
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  await backend.context.gateways.drop(agent.id);
  gateway.close();
});

interface AskOptions {
  resumed?: boolean;
  timeoutMs?: number;
  after?: string;
  signal?: AbortSignal;
  askedAt?: Date;
  limits?: { replyMinutes: number; replyToolCalls: number };
  openclawVersion?: string | null;
}

describe('replyFromContainer', () => {
  let count = 0;
  const ask = (text: string, { resumed = false, timeoutMs = 20_000, openclawVersion = null, limits, ...more }: AskOptions = {}) => {
    const running: Agent = {
      ...agent,
      openclawVersion,
      state: 'running',
      runtime: 'container',
      containerSpec: storedSpecAt(gateway.port),
    };
    const question = { id: `msg_${count++}`, sessionId: 'sess_1', text, askedAt: new Date(), resumed, onText: () => undefined, ...more };
    return replyFromContainer(backend.context, running, question, { idleMs: 200, timeoutMs, ...(limits && { limits }) });
  };

  test('takes the reply from the history after the run, when no final event arrives', async () => {
    gateway.onSend = async () => {
      gateway.history.push(user('Hello'), assistant('Let me look', { type: 'toolCall' }));
      await sleep(1_000);
      gateway.history.push({ role: 'toolResult', content: 'found' });
      await sleep(500);
      gateway.history.push(assistant('Here I am'));
    };
    expect(await ask('Hello')).toBe('Let me look\n\nHere I am');
  });

  const earlier = Date.now() - 60_000;
  const final = (text: string) => ({ state: 'final', message: { content: [{ type: 'text', text }] } });

  test('takes the reply from the transcript when the event has less of it', async () => {
    gateway.history = [user('Before'), assistant('An earlier reply')];
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user('Hello'), assistant('Use <final> too'));
      send(final('Use  too'));
    };
    expect(await ask('Hello')).toBe('Use <final> too');
  });

  test.each([
    ['google', '<final>Use <final> too</final>', 'Use <final> too'],
    ['google-gemini-cli', '<think>One\ntwo</think>\n<final>The reply</final>\n', 'The reply'],
    ['minimax-portal', '<final>Not closed', 'Not closed'],
    ['google', '`<final>` is a tag', '`<final>` is a tag'],
    ['openai', '<final>A tag of the reply</final>', '<final>A tag of the reply</final>'],
  ])('a model of %s that wrote %j replied %j', async (provider, written, reply) => {
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user('Hello'), { ...assistant(written), provider });
      send(final('From the event'));
    };
    expect(await ask('Hello')).toBe(reply);
  });

  test('waits until the transcript contains the end of the run', async () => {
    gateway.history = [user('Hello', earlier), assistant('An earlier reply')];
    gateway.onSend = async (_runId, send) => {
      send(final('Cut <'));
      await sleep(120);
      gateway.history.push(user('Hello'), assistant('Let me look', { type: 'toolCall' }));
      await sleep(120);
      gateway.history.push({ role: 'toolResult', content: 'found' }, assistant('Cut <b> not'));
    };
    expect(await ask('Hello')).toBe('Let me look\n\nCut <b> not');
  });

  test('takes the event’s text when the transcript does not contain the run', async () => {
    gateway.history = [user('Hello', earlier), assistant('An earlier reply')];
    gateway.onSend = (_runId, send) => send(final('From the event'));
    expect(await ask('Hello')).toBe('From the event');
  });

  test('leaves out attempts that failed, and has the whole of a text that the history cuts', async () => {
    const long = 'word '.repeat(4_000);
    gateway.onSend = (_runId, send) => {
      const failed = { ...assistant('Half a'), stopReason: 'error' };
      gateway.history.push(user('Hello'), failed, assistant(`${long.slice(0, 12_000)}\n...(truncated)...`));
      gateway.transcript = [user('[Sun 2026-11-29 07:43 UTC] Hello'), failed, assistant(long)];
      send(final(long.trim()));
    };
    expect(await ask('Hello')).toBe(long);
  });

  test('takes the event’s text when the images of the run are too large to be read', async () => {
    gateway.onSend = (_runId, send) => {
      const image = { role: 'toolResult', content: [{ type: 'image', bytes: 9_000_000 }] };
      gateway.history.push(user('Hello'), assistant('A look', { type: 'toolCall' }), image, assistant('From the transcript'));
      send(final('From the event'));
    };
    expect(await ask('Hello')).toBe('From the event');
  });

  test('fails with a sentence of its own when the agent chose not to reply', async () => {
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user('Hello'), assistant('NO_REPLY'));
      send(final('NO'));
    };
    await expect(ask('Hello')).rejects.toThrow('The agent chose not to reply');
  });

  test('finds the reply to a resumed message whose white space the gateway has changed', async () => {
    gateway.history = [user('def f():\n return 1', Date.now() + 50), assistant('It returns 1')];
    expect(await ask('def f():\n    return 1', { resumed: true })).toBe('It returns 1');
    expect(gateway.received).toEqual([]);
  });

  test('fails after the timeout when the gateway sends no event', async () => {
    gateway.onSend = () => void gateway.history.push(user('Hello'));
    await expect(ask('Hello', { timeoutMs: 1_000 })).rejects.toMatchObject({
      kind: 'timeout',
      message: 'The agent did not answer in time. Send the message again, or choose a faster model',
    });
  });

  test.each([
    ['ok', 'The agent answered nothing'],
    ['error', 'The disk is full'],
  ])('fails before the timeout when agent.wait reports the status %s without a reply', async (status, sentence) => {
    gateway.answers['agent.wait'] = { status, ...(status === 'error' && { error: sentence }) };
    gateway.onSend = () => void gateway.history.push(user('Hello'));
    await expect(ask('Hello')).rejects.toThrow(sentence);
  });

  const withFallbacks = (...fallbacks: string[]) => ({ config: { agents: { defaults: { model: { primary: 'a/one', fallbacks } } } } });

  test('takes the answer of a fallback model after the error of the agent’s own one', async () => {
    gateway.answers['config.get'] = withFallbacks('b/two');
    gateway.held.add('agent.wait');
    gateway.onSend = async (_runId, send) => {
      send({ state: 'error', errorMessage: 'overloaded' });
      await sleep(100);
      send(final('From the second'));
    };
    expect(await ask('Hello')).toBe('From the second');
  });

  test('takes the answer of a fallback model from the history when its end arrives without an event', async () => {
    gateway.answers['config.get'] = withFallbacks('b/two');
    gateway.answers['agent.wait'] = { status: 'ok' };
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user('Hello'), assistant('From the second'));
      send({ state: 'error', errorMessage: 'overloaded' });
    };
    expect(await ask('Hello')).toBe('From the second');
  });

  test('fails with the last error when all fallback models fail', async () => {
    gateway.answers['config.get'] = withFallbacks('b/two');
    gateway.answers['agent.wait'] = { status: 'error' };
    gateway.onSend = (_runId, send) => {
      send({ state: 'error', errorMessage: 'overloaded' });
      send({ state: 'error', errorMessage: 'no credit' });
    };
    await expect(ask('Hello')).rejects.toThrow('no credit');
  });

  test('fails at once with the model’s error when the agent has no fallback model', async () => {
    gateway.answers['config.get'] = withFallbacks();
    gateway.onSend = (_runId, send) => send({ state: 'error', errorMessage: 'overloaded' });
    await expect(ask('Hello')).rejects.toThrow('overloaded');
    expect(gateway.methods).not.toContain('agent.wait');
  });

  test('keeps waiting while agent.wait reports the run as in-flight', async () => {
    gateway.answers['agent.wait'] = { status: 'timeout' };
    gateway.onSend = async (_runId, send) => {
      gateway.history.push(user('Hello'));
      await sleep(1_500);
      send(final('At last'));
    };
    expect(await ask('Hello')).toBe('At last');
  });

  test.each([true, false])('returns at once when the gateway takes the message as a stop command (aborted a run: %p)', async (aborted) => {
    gateway.answers['chat.send'] = { ok: true, aborted, runIds: aborted ? ['msg_other'] : [] };
    expect(await ask('stop')).toEqual({ aborted });
  });

  test('sends the message only after the run of the preceding message has ended', async () => {
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user('Hello'), assistant('Next'));
      send(final('Next'));
    };
    expect(await ask('Hello', { after: 'msg_before' })).toBe('Next');
    expect(gateway.methods.filter((method) => /agent.wait|chat.send/.test(method))).toEqual(['agent.wait', 'chat.send']);
  });

  test.each<[string, string | null, string, RegExp]>([
    ['def f():\n    return 1', '2026.3.13', 'agent', /^def f\(\):\n {4}return 1$/],
    ['a\tb', null, 'agent', /^a\tb$/],
    ['cafe\u0301', '2026.3.13', 'agent', /^cafe\u0301$/],
    ['non\u00a0breaking', '2026.5.28', 'agent', /^non\u00a0breaking$/],
    ['    indented', '2026.3.13', 'agent', /^\[[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d UTC\] {5}indented$/],
    ['/usr/bin/env  sh', '2026.3.13', 'agent', /^\/usr\/bin\/env {2}sh$/],
    ['one\nline each', '2026.3.13', 'chat.send', /^one\nline each$/],
    ['/think  high', '2026.3.13', 'chat.send', /^\/think {2}high$/],
    ['/model: a  b', '2026.3.13', 'chat.send', /^\/model: a {2}b$/],
    ['def f():\n    return 1', '2026.8.2', 'chat.send', /^def f\(\):\n {4}return 1$/],
  ])('sends %j to OpenClaw %s with %s', async (text, openclawVersion, method, received) => {
    gateway.onSend = (_runId, send) => {
      gateway.history.push(user(text), assistant('Read'));
      send(final('Read'));
    };
    expect(await ask(text, { openclawVersion })).toBe('Read');
    expect(gateway.methods.filter((each) => /^(agent|chat\.send)$/.test(each))).toEqual([method]);
    expect(gateway.received).toEqual([expect.stringMatching(received)]);
  });

  test('aborts a run of the method agent, which chat.abort does not know, until it has ended', async () => {
    const stop = new AbortController();
    gateway.answers['chat.abort'] = { ok: true, aborted: false };
    gateway.answers['agent.wait'] = { status: 'timeout' };
    gateway.onSend = (runId) => {
      if (runId.endsWith('-stop-1')) gateway.answers['agent.wait'] = { status: 'timeout', endedAt: Date.now() };
      stop.abort();
    };
    await expect(ask('a\tb', { signal: stop.signal })).rejects.toThrow('The agent was interrupted');
    await pollUntil('the run has ended', () => gateway.received.length >= 3, { everyMs: 50 });
    await sleep(1_500);
    expect(gateway.received).toEqual(['a\tb', '[Agentbot] /stop', '[Agentbot] /stop']);
  });

  test('rejects at once on abort, and sends chat.abort for the run', async () => {
    const stop = new AbortController();
    gateway.onSend = () => stop.abort();
    await expect(ask('Hello', { signal: stop.signal })).rejects.toThrow('The agent was interrupted');
    for (let i = 0; i < 100 && !gateway.methods.includes('chat.abort'); i++) await sleep(20);
    expect(gateway.methods).toContain('chat.abort');
  });

  const toolStarts = (send: (payload: object) => void) => send({ stream: 'tool', data: { phase: 'start', name: 'exec' } });
  const limits = { replyMinutes: 1, replyToolCalls: 3 };
  const expectAborted = () => pollUntil('the run is aborted', () => gateway.methods.includes('chat.abort'), { everyMs: 20 });

  test('stops a run that calls more tools than the plan allows', async () => {
    gateway.onSend = async (_runId, send) => {
      for (let call = 0; call < 4; call++) {
        expect(gateway.methods).not.toContain('chat.abort');
        toolStarts(send);
        send({ stream: 'tool', data: { phase: 'result', name: 'exec' } });
        await sleep(20);
      }
    };
    await expect(ask('Hello', { limits })).rejects.toMatchObject({
      kind: 'budget',
      message: 'The reply was stopped: your plan allows 3 tool calls for one reply',
    });
    await expectAborted();
  });

  test('does not stop a run that calls as many tools as the plan allows', async () => {
    gateway.onSend = (_runId, send) => {
      for (let call = 0; call < 3; call++) toolStarts(send);
      send({ state: 'final', message: { content: [{ type: 'text', text: 'Done' }] } });
    };
    expect(await ask('Hello', { limits })).toBe('Done');
  });

  test('stops a run that takes longer than the plan allows, counted from its first process', async () => {
    gateway.onSend = () => undefined;
    await expect(ask('Hello', { limits, askedAt: new Date(Date.now() - 59_000) })).rejects.toMatchObject({
      kind: 'budget',
      message: 'The reply was stopped: your plan allows 1 minutes for one reply',
    });
    await expectAborted();
  });

  test.each<[string, HistoryEntry[]]>([
    ['the reply to an earlier message that ends with the same words', [user('Is that ok', earlier), assistant('It is')]],
    ['the reply to an earlier message with the same words', [user('ok', earlier), assistant('Good')]],
  ])('does not take %s as the reply to a resumed message', async (_case, history) => {
    gateway.history = history;
    gateway.onSend = (_runId, send) => send(final('Then I begin'));
    expect(await ask('ok', { resumed: true })).toBe('Then I begin');
    expect(gateway.received).toEqual(['ok']);
  });

  test.each<[string, string]>([
    ['ok', 'ok'],
    ['x'.repeat(13_000), `${'x'.repeat(12_000)}\n...(truncated)...`],
  ])('returns the stored reply to a resumed message and does not send the message again (case %#)', async (text, shown) => {
    gateway.history = [user(shown, Date.now() + 50), assistant('Done already')];
    expect(await ask(text, { resumed: true })).toBe('Done already');
    expect(gateway.received).toEqual([]);
  });
});

describe('GatewayConnection', () => {
  const closesWithin = async (connection: GatewayConnection, ms: number) =>
    Promise.race([once(connection, 'close').then(() => true), sleep(ms, false, { ref: false })]);
  const address = ({ url }: { url: string }) => ({ url, token: 'token', deviceKey: newDeviceKey() });

  test('closes when the peer does not answer pings, and stays open when the peer answers pings but sends nothing', async () => {
    const gone = await startGateway({ autoPong: false });
    const [dead, quiet] = [await GatewayConnection.open(address(gone), 3_000), await GatewayConnection.open(address(gateway), 3_000)];
    expect(await Promise.all([closesWithin(dead, 30_000), closesWithin(quiet, 9_000)])).toEqual([true, false]);
    quiet.close();
    gone.close();
  });
});

// The container runs its owner's code: what it sends must not end the backend.
test.each([
  'null',
  '5',
  'no JSON',
  '{"type":"event","event":"connect.challenge"}',
  '{"type":"event","event":"connect.challenge","payload":null}',
  '{"type":"event","event":"agent","payload":"text"}',
  '{"type":"event","event":"agent","payload":null}',
  '{"type":"event","event":"agent","payload":{"runId":"RUN","stream":"assistant","data":{"text":5}}}',
  '{"type":"event","event":"chat","payload":{"runId":"RUN","state":"final","message":{"content":5}}}',
  '{"type":"event","event":"chat","payload":{"runId":"RUN","state":"final","message":5}}',
  '{"type":"event","event":"chat","payload":{"runId":"RUN","state":"error","errorMessage":5}}',
  '{"type":"res","id":{}}',
])('the frame %s ends at most the connection to its gateway', async (frame) => {
  gateway.onSend = (runId, send) => {
    gateway.sendRaw(frame.replace('RUN', runId));
    gateway.history.push(user('Hello'), assistant('The reply'));
    send({ state: 'final', message: { content: [{ type: 'text', text: 'The reply' }] } });
  };
  const running: Agent = { ...agent, state: 'running', runtime: 'container', containerSpec: storedSpecAt(gateway.port) };
  syncConversations(backend.context, agent.id, await gatewayOf(backend.context, running));
  const question = { id: `msg_${frame}`, sessionId: 'sess_1', text: 'Hello', askedAt: new Date(), resumed: false, onText: () => undefined };
  const outcome = await replyFromContainer(backend.context, running, question).catch((error) => error);
  if (outcome !== 'The reply') expect(outcome).toBeInstanceOf(ReplyError);
  expect((await backend.call('GET', '/health')).status).toBe(200);
});

describe('deleteSessions', () => {
  const MAIN = 'agent:main:main';
  const OTHERS = ['agent:main:sess_1', 'agent:main:telegram:group:-5'];
  const run = async (signal = new AbortController().signal) => {
    const connection = await GatewayConnection.open({ url: gateway.url, token: 'token', deviceKey: newDeviceKey() });
    await deleteSessions(connection, signal).finally(() => connection.close());
  };
  beforeEach(() => {
    gateway.sessions = [MAIN, ...OTHERS].map((key) => ({ key }));
    gateway.history = [user('My colour is teal'), assistant('Noted')];
  });

  test('deletes every session and resets the main one, which OpenClaw refuses to delete', async () => {
    await run();
    expect(gateway.sessions).toEqual([{ key: MAIN }]);
    expect(gateway.history.map(({ role }) => role)).toEqual(['system']);
  });

  test('fails when the gateway keeps a session', async () => {
    gateway.kept.add('agent:main:sess_1');
    await expect(run()).rejects.toThrow('The gateway still has 1 sessions');
  });

  test('fails when the main session keeps its messages', async () => {
    gateway.kept.add(MAIN);
    await expect(run()).rejects.toThrow('The main session still has messages');
  });

  test('deletes nothing after its signal has aborted', async () => {
    await expect(run(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(gateway.sessions).toHaveLength(3);
  });
});

test('syncConversations polls for a reply that the gateway stores late, without another event', async () => {
  const connection = await GatewayConnection.open({ url: gateway.url, token: 'token', deviceKey: newDeviceKey() });
  const read = () =>
    backend.context.database.as('service', async (tx) => ({
      messages: (await tx.message.findMany({ where: { agentId: agent.id }, orderBy: { seq: 'asc' } })).map(({ content }) => content),
      session: await tx.chatSession.findFirst({ where: { agentId: agent.id, gatewaySessionId: 'theirs' } }),
    }));
  const until = async (count: number) => {
    for (let i = 0; i < 300 && (await read()).messages.length < count; i++) await sleep(100);
    return read();
  };
  const asked = user('Anybody there?');
  gateway.history = [asked];
  gateway.sessions = [{ key: 'agent:main:telegram:1', sessionId: 'theirs', channel: 'telegram', updatedAt: asked.timestamp }];
  syncConversations(backend.context, agent.id, connection, [1_500, 1_500]);
  expect(await until(1)).toMatchObject({ messages: ['Anybody there?'], session: { syncedAt: null } });
  gateway.history.push({ ...assistant('I am'), timestamp: asked.timestamp });
  expect(await until(2)).toMatchObject({ messages: ['Anybody there?', 'I am'], session: { syncedAt: new Date(asked.timestamp ?? 0) } });
  connection.close();
});

test('syncConversations stores equal words that were said twice, and no message of a session that was opened here', async () => {
  const connection = await GatewayConnection.open({ url: gateway.url, token: 'token', deviceKey: newDeviceKey() });
  const began = Date.now() - 60_000;
  const updatedAt = began + 1;
  gateway.history = [began, updatedAt].flatMap((timestamp) => [user('Ping', timestamp), { ...assistant('Pong'), timestamp }]);
  gateway.sessions = [
    { key: 'agent:main:sess_ours', sessionId: 'ours', updatedAt },
    { key: 'agent:main:telegram:2', sessionId: 'repeating', channel: 'telegram', updatedAt },
  ];
  syncConversations(backend.context, agent.id, connection);
  const sessions = () =>
    backend.context.database.as('service', (tx) =>
      tx.chatSession.findMany({
        where: { gatewaySessionId: { in: ['ours', 'repeating'] }, syncedAt: { not: null } },
        include: { messages: { orderBy: { seq: 'asc' } } },
      }),
    );
  await pollUntil('the gateway’s session is stored', async () => (await sessions()).length > 0);
  expect((await sessions()).map(({ platform, messages }) => [platform, messages.map(({ content }) => content)])).toEqual([
    ['telegram', ['Ping', 'Pong', 'Ping', 'Pong']],
  ]);
  connection.close();
});

test('syncConversations subscribes where the gateway offers it, and reads when a session has changed', async () => {
  const connect = () => GatewayConnection.open({ url: gateway.url, token: 'token', deviceKey: newDeviceKey() });
  const older = await connect();
  syncConversations(backend.context, agent.id, older);
  gateway.answers.connect = { protocol: 4, features: { methods: ['sessions.list', 'sessions.subscribe'] } };
  const newer = await connect();
  syncConversations(backend.context, agent.id, newer);
  const calls = (method: string) => gateway.methods.filter((each) => each === method).length;
  await pollUntil('both have read the sessions', () => calls('sessions.list') === 2);
  expect(calls('sessions.subscribe')).toBe(1);
  older.close();

  const sessionKey = 'agent:main:telegram:direct:3';
  const told = user('On Telegram');
  const mirror = { ...assistant('Heard'), provider: 'openclaw', model: 'delivery-mirror' };
  gateway.history = [told, { ...assistant('Heard'), timestamp: told.timestamp }, { ...mirror, timestamp: (told.timestamp ?? 0) + 9 }];
  gateway.sessions = [{ key: sessionKey, sessionId: 'subscribed', channel: 'telegram', updatedAt: told.timestamp }];
  const change = (payload: object) => gateway.sendRaw(JSON.stringify({ type: 'event', event: 'sessions.changed', payload }));
  const ts = Date.now();
  change({ sessionKey, phase: 'start', ts });
  change({ sessionKey: 'agent:main:sess_ours', phase: 'end', ts });
  change({ sessionKey, reason: 'patch', ts });
  await sleep(1_000);
  expect(calls('sessions.list')).toBe(2);
  change({ sessionKey, phase: 'end', ts });
  const stored = () =>
    backend.context.database.as('service', (tx) =>
      tx.message.findMany({ where: { session: { gatewaySessionId: 'subscribed' } }, orderBy: { seq: 'asc' } }),
    );
  await pollUntil('the conversation is stored', async () => (await stored()).length === 2);
  expect((await stored()).map(({ sender, content, platform }) => [sender, content, platform])).toEqual([
    ['user', 'On Telegram', 'telegram'],
    ['agent', 'Heard', 'telegram'],
  ]);
  newer.close();
});

describe('a reply whose connection to the gateway is lost', () => {
  const ask = async (message: string, meanwhile: () => Promise<void>) => {
    const data = {
      state: 'running' as const,
      runtime: 'container' as const,
      containerSpec: storedSpecAt(gateway.port),
      startedAt: new Date(1_770_000_000_000),
    };
    const { database } = backend.context;
    await database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    gateway.onSend = async () => {
      gateway.history.push(user(message));
      gateway.dropClients();
      await meanwhile();
    };
    return backend.machine(agent.ownerId, 'POST', '/api/chat', { message, agentId: agent.id });
  };

  test('is read from the history when its run has ended meanwhile, and the message is sent once', async () => {
    const { status, body } = await ask('Go on', async () => {
      gateway.history.push(assistant('I went on'));
    });
    expect([status, body.reply]).toEqual([200, 'I went on']);
    expect(gateway.received).toEqual(['Go on']);
  });

  test('fails when the gateway has restarted, and the message is not sent again', async () => {
    const { status, body } = await ask('Lost', async () => {
      const restarted = { startedAt: new Date(1_770_000_060_000) };
      await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data: restarted }));
    });
    expect([status, body.error]).toEqual([500, "The connection to the agent's gateway was lost"]);
    expect(gateway.received).toEqual(['Lost']);
  });
});

test('a conversation takes no message while it is deleted, and takes messages again when the gateway keeps it', async () => {
  const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
  await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
  gateway.onSend = (_runId, send) => {
    gateway.history.push(user('Hello'), assistant('Hello'));
    send({ state: 'final', message: { content: [{ type: 'text', text: 'Hello' }] } });
  };
  const { sessionId } = (await backend.as(agent.ownerId, 'POST', '/api/agent?action=create-session', { agentId: agent.id })).body;
  const say = () => backend.machine(agent.ownerId, 'POST', '/api/chat', { message: 'Hello', agentId: agent.id, sessionId });
  expect((await say()).status).toBe(200);
  gateway.held.add('sessions.delete');
  const deletion = backend.as(agent.ownerId, 'DELETE', `/api/agents/${agent.id}/conversations/${sessionId}`);
  await pollUntil('the gateway is deleting', () => gateway.methods.includes('sessions.delete'), { everyMs: 10 });
  expect(await say()).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
  gateway.dropClients();
  expect(await deletion).toMatchObject({ status: 503, body: { code: 'GATEWAY_UNAVAILABLE' } });
  expect((await say()).status).toBe(200);
});

test('a growing reply that the gateway corrects behind emoji is stored with the correction', async () => {
  const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
  const { database } = backend.context;
  await database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
  const body = { message: 'Correct', agentId: agent.id, wait: false };
  const stored: string[] = [];
  const untilStored = (id: string, length: number) =>
    pollUntil('the text is stored', async () => {
      const { text } = await database.as('service', (tx) => tx.reply.findUniqueOrThrow({ where: { id } }));
      if (text !== stored.at(-1)) stored.push(text);
      return stored.length > length;
    });
  const ended = Promise.withResolvers<void>();
  gateway.onSend = async (runId, send) => {
    await untilStored(runId, 0);
    send({ stream: 'assistant', data: { text: '🎉🎉 one', delta: '🎉🎉 one' } });
    await untilStored(runId, 1);
    send({ stream: 'assistant', data: { text: '🎉🎉 other', delta: 'ther' } });
    await untilStored(runId, 2);
    gateway.history.push(user('Correct'), assistant('🎉🎉 other'));
    send({ state: 'final', message: { content: [{ type: 'text', text: '🎉🎉 other' }] } });
    ended.resolve();
  };
  expect((await backend.machine(agent.ownerId, 'POST', '/api/chat', body)).status).toBe(200);
  await ended.promise;
  expect(stored).toEqual(['', '🎉🎉 one', '🎉🎉 other']);
});

test('a new token ends the open connection to the container of an agent in the state error', async () => {
  const running = { ...agent, state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
  const connection = await gatewayOf(backend.context, running);
  const closed = once(connection, 'close');
  const data = { state: 'error' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
  await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
  expect((await backend.machine(agent.ownerId, 'POST', `/api/agents/${agent.id}/token`)).status).toBe(200);
  await closed;
});

describe('POST /api/chat redacts the model key', () => {
  const refusal = `401: invalid key ${canary('sk-or-')}`;

  // backend.stop() searches the log and the database for the key.
  test.each<[string, string, () => void]>([
    [
      'an error event',
      "401: invalid key [redacted]. Check the agent's model key",
      () => {
        gateway.onSend = (_runId, send) => send({ state: 'error', errorMessage: refusal });
      },
    ],
    [
      'a final event with the agent’s own text',
      "The agent could not answer: 401: invalid key [redacted]. Check the agent's model key",
      () => {
        const content = [{ type: 'text', text: `⚠️ Agent failed before reply: ${refusal}` }];
        gateway.onSend = (_runId, send) => send({ state: 'final', message: { content } });
      },
    ],
    [
      'a failed chat.send',
      'The agent failed to answer',
      () => {
        gateway.refusal = refusal;
      },
    ],
  ])('in %s', async (_case, sentence, fail) => {
    fail();
    const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    const { status, body } = await backend.machine(agent.ownerId, 'POST', '/api/chat', { message: 'Hello', agentId: agent.id });
    expect([status, body.error]).toEqual([500, sentence]);
  });
});

test('GET channels redacts the token in a channel’s error, and shows no error of a channel that has recovered', async () => {
  const token = canary('471:');
  const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
  await backend.context.database.as('service', async (tx) => {
    await tx.agent.update({ where: { id: agent.id }, data });
    await writeAgentSecrets(tx, backend.context.envelope, agent, { telegramToken: token, whatsappToken: canary('wa-') });
  });
  const lastError = `GET https://api.telegram.org/bot${token}/getMe failed`;
  gateway.answers['channels.status'] = {
    channels: { whatsapp: { self: { e164: '+491701234567' } } },
    channelAccounts: {
      telegram: [{ running: true, lastError, lastInboundAt: 1_700_000_000_000 }],
      whatsapp: [{ linked: true, connected: true, lastError: 'the connection was lost an hour ago' }],
    },
  };
  const { body } = await backend.machine(agent.ownerId, 'GET', `/api/agents/${agent.id}/channels`);
  expect(body.channels).toEqual([
    {
      channel: 'telegram',
      state: 'error',
      account: null,
      error: 'GET https://api.telegram.org/bot[redacted]/getMe failed',
      lastInboundAt: '2023-11-14T22:13:20.000Z',
      lastOutboundAt: null,
    },
    { channel: 'whatsapp', state: 'connected', account: '+491701234567', error: null, lastInboundAt: null, lastOutboundAt: null },
  ]);
});

describe('the gateway port', () => {
  // The browser may send the dashboard's session cookie to an agent's address.
  const session = `next-auth.session-token=${canary('session-')}`;
  /** The headers that an agent's own web server sends: these describe the response alone, */
  const passed: Record<string, string> = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    etag: '"1"',
    vary: 'Accept',
    location: '/next',
    'content-security-policy': "default-src 'self'",
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    'x-openclaw-run': '1',
  };
  /** and these act on the site, on other sites of the host, or on a proxy in front. */
  const refused: Record<string, string> = {
    'set-cookie': 'next-auth.session-token=theirs; Path=/',
    'clear-site-data': '"cookies"',
    'service-worker-allowed': '/',
    'strict-transport-security': 'max-age=31536000',
    'alt-svc': 'h3=":443"',
    nel: '{"report_to":"x","max_age":1}',
    'report-to': '{"group":"x"}',
    'reporting-endpoints': 'x="https://evil.example"',
    'x-accel-redirect': '/etc/passwd',
    'x-sendfile': '/etc/passwd',
    'origin-agent-cluster': '?1',
    'accept-ch': 'Sec-CH-UA-Model',
    refresh: '0',
    'x-header-of-tomorrow': '1',
  };
  const sent = Object.entries({ ...passed, ...refused });
  /** The request headers that the agent's web server got last. */
  let heard: Record<string, unknown>;
  const container = createServer((incoming, response) => {
    heard = incoming.headers;
    for (const [name, value] of sent) response.setHeader(name, value);
    response.end();
  });
  const sockets = new WebSocketServer({ noServer: true });
  const token = canary('gateway-token-');
  let address: string;
  let host: string;

  beforeAll(async () => {
    container.on('upgrade', (incoming, socket, head) => {
      heard = incoming.headers;
      const lines = sent.map(([name, value]) => `${name}: ${value}`);
      if (incoming.url === '/refused') {
        socket.end(`HTTP/1.1 403 Forbidden\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
      } else sockets.handleUpgrade(incoming, socket, head, () => undefined);
    });
    sockets.on('headers', (headers) => headers.push(...sent.map(([name, value]) => `${name}: ${value}`)));
    container.listen(0, '127.0.0.1');
    await once(container, 'listening');
    const { port } = container.address() as { port: number };
    const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(port) };
    await backend.context.database.as('service', async (tx) => {
      await tx.agent.update({ where: { id: agent.id }, data });
      await writeAgentSecrets(tx, backend.context.envelope, agent, { gatewayToken: token });
    });
    address = `127.0.0.1:${backend.gatewayPort}/agent/${agent.id}`;
    host = `${agent.id}.agents.localhost:${backend.gatewayPort}`;
  });
  afterAll(async () => {
    const data = { state: agent.state, runtime: agent.runtime, containerSpec: Prisma.DbNull };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    for (const socket of sockets.clients) socket.terminate();
    container.closeAllConnections();
    container.close();
  });

  const get = async (url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
    const [answer] = await once(request(url, { headers }).end(), 'response');
    return answer.resume();
  };
  // OpenClaw 2026.8 and later refuses requests with headers of proxies.
  const headers = {
    cookie: session,
    'x-other': 'kept',
    'x-forwarded-for': '192.0.2.1',
    forwarded: 'for=192.0.2.1',
    'x-real-ip': '192.0.2.1',
  };
  const answers: [string, () => Promise<IncomingMessage>][] = [
    ['HTTP', () => get(`http://${address}/`, headers)],
    ['WebSocket', async () => (await once(new WebSocket(`ws://${address}/`, { headers }), 'upgrade'))[0]],
    ['a refused WebSocket', async () => (await once(new WebSocket(`ws://${address}/refused`, { headers }), 'unexpected-response'))[1]],
  ];
  test.each(answers)('removes cookies and headers of proxies from the request over %s', async (_transport, ask) => {
    (await ask()).resume();
    expect(heard).toMatchObject({ 'x-other': 'kept' });
    expect(Object.keys(heard).filter((name) => /cookie|forwarded|real-ip/.test(name))).toEqual([]);
    expect(findInClear({ 'what the agent heard': JSON.stringify(heard) })).toEqual([]);
  });

  test.each(answers)('passes the response headers that describe the response alone, over %s', async (_transport, ask) => {
    const answer = await ask();
    answer.resume();
    expect(answer.headers).toMatchObject(passed);
    expect(Object.keys(answer.headers).filter((name) => name in refused)).toEqual([]);
  });

  test('refuses a service worker on the origin that agents share, and passes it by host name', async () => {
    const script = { 'service-worker': 'script' };
    for (const url of [`http://${address}`, `http://${address}/sw.js`]) expect((await get(url, script)).statusCode).toBe(403);
    expect((await get(`http://127.0.0.1:${backend.gatewayPort}/sw.js`, { ...script, host })).statusCode).toBe(200);
  });

  test.each(['/__openclaw/control-ui-config.json', '/x/../__openclaw/control-ui-config.json?a=b', '/__openclaw/control%2dui-config.json'])(
    'gives %s only to clients with the gateway token',
    async (path) => {
      const status = async (authorization?: string) =>
        (await get(`http://127.0.0.1:${backend.gatewayPort}/agent/${agent.id}${path}`, authorization ? { authorization } : {})).statusCode;
      expect([await status(), await status('Bearer wrong'), await status(`Bearer ${token}`)]).toEqual([401, 401, 200]);
    },
  );

  test('refuses a WebSocket of a client that has STREAM_LIMIT open ones to the agent', async () => {
    const limited = createGatewayRouter(
      { ...backend.context, config: { ...backend.config, STREAM_LIMIT: 2 } },
      createForwardedAddress('loopback'),
    );
    limited.listen(0, '127.0.0.1');
    await once(limited, 'listening');
    const { port } = limited.address() as { port: number };
    const open = async (client: string) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/agent/${agent.id}`, { headers: { 'x-forwarded-for': client } });
      const outcome = Promise.race([
        once(socket, 'open').then(() => 101),
        once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode),
      ]);
      return { status: await outcome, socket: socket.on('error', () => undefined) };
    };
    const first = await open('2001:db8::1');
    const opened = [first, await open('2001:db8::2'), await open('2001:db8:0:1::1')];
    expect(opened.map(({ status }) => status)).toEqual([101, 101, 101]);
    expect((await open('2001:db8::3')).status).toBe(429);
    first.socket.terminate();
    await pollUntil('a place is free', async () => (await open('2001:db8::3')).status === 101, { seconds: 10, everyMs: 50 });
    limited.closeAllConnections();
    limited.close();
  });
});
