import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary, findInClear } from '@agentbot/test-doubles/canaries';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { replyFromContainer } from '../src/domain/conversations/reply-from-container.ts';
import { syncConversations } from '../src/domain/conversations/sync-conversations.ts';
import { type Agent, Prisma } from '../src/generated/prisma/client.ts';
import { writeAgentSecrets } from '../src/infra/crypto/agent-secrets.ts';
import { newDeviceKey } from '../src/infra/openclaw/device.ts';
import { GatewayConnection } from '../src/infra/openclaw/gateway-connection.ts';
import type { HistoryEntry } from '../src/infra/openclaw/session-history.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { storedSpecAt } from './stored-spec.ts';

/** What becomes of a chat when the gateway says less than it should, or later: with a gateway that does as it is told. */

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
    /** The sessions that began elsewhere; what each holds, and what was said to it. */
    sessions: [] as object[],
    history: [] as HistoryEntry[],
    said: [] as string[],
    /** Every method that it was asked for, in order. */
    methods: [] as string[],
    /** What it answers to these methods, instead of what it usually does. */
    answers: {} as Record<string, object>,
    /** With what it refuses to pass a message on. */
    refusal: undefined as string | undefined,
    onSend: (_runId: string, _say: (event: object) => void): void => undefined,
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
  server.on('connection', (socket: WebSocket) => {
    const say = (frame: object) => socket.send(JSON.stringify(frame));
    say({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n' } });
    socket.on('message', (text) => {
      const { id, method, params } = JSON.parse(String(text));
      const answers: Record<string, object> = {
        'chat.history': { messages: started.history },
        'sessions.list': { sessions: started.sessions },
        'chat.send': { status: 'started' },
        ...started.answers,
      };
      started.methods.push(method);
      const refused = method === 'chat.send' && started.refusal;
      say({ type: 'res', id, ok: !refused, ...(refused ? { error: { message: refused } } : { payload: answers[method] ?? {} }) });
      if (refused || method !== 'chat.send') return;
      started.said.push(params.message);
      started.onSend(params.idempotencyKey, (payload) =>
        say({ type: 'event', event: 'chat', payload: { runId: params.idempotencyKey, ...payload } }),
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
}

describe('a chat', () => {
  let count = 0;
  const ask = (text: string, { resumed = false, timeoutMs = 20_000, ...more }: AskOptions = {}) => {
    const running: Agent = { ...agent, state: 'running', runtime: 'container', containerSpec: storedSpecAt(gateway.port) };
    const question = { id: `msg_${count++}`, sessionId: 'sess_1', text, askedAt: new Date(), resumed, onText: () => undefined, ...more };
    return replyFromContainer(backend.context, running, question, { idleMs: 200, timeoutMs });
  };

  test('whose end was never told has its reply from the history, once the agent is done', async () => {
    gateway.onSend = async () => {
      gateway.history.push(user('Hello'), assistant('Let me look', { type: 'toolCall' }));
      await sleep(1_000);
      gateway.history.push({ role: 'toolResult', content: 'found' });
      await sleep(500);
      gateway.history.push(assistant('Here I am'));
    };
    expect(await ask('Hello')).toBe('Here I am');
  });

  test('of which nothing is heard any more fails in the end', async () => {
    gateway.onSend = () => void gateway.history.push(user('Hello'));
    await expect(ask('Hello', { timeoutMs: 1_000 })).rejects.toThrow('The agent did not answer in time');
  });

  test.each([
    ['ok', 'The agent answered nothing'],
    ['error', 'The disk is full'],
  ])('whose run the gateway knows as ended (%s), without words, fails long before that', async (status, sentence) => {
    gateway.answers['agent.wait'] = { status, ...(status === 'error' && { error: sentence }) };
    gateway.onSend = () => void gateway.history.push(user('Hello'));
    await expect(ask('Hello')).rejects.toThrow(sentence);
  });

  test('whose run the gateway knows as going on is waited for', async () => {
    gateway.answers['agent.wait'] = { status: 'timeout' };
    gateway.onSend = async (_runId, say) => {
      gateway.history.push(user('Hello'));
      await sleep(1_500);
      say({ state: 'final', message: { content: [{ type: 'text', text: 'At last' }] } });
    };
    expect(await ask('Hello')).toBe('At last');
  });

  test.each([true, false])('that the gateway takes for a command to stop ends at once (a run was going on: %p)', async (aborted) => {
    gateway.answers['chat.send'] = { ok: true, aborted, runIds: aborted ? ['msg_other'] : [] };
    expect(await ask('stop')).toEqual({ aborted });
  });

  test('that follows another one is sent once the gateway has ended that run', async () => {
    gateway.onSend = (_runId, say) => say({ state: 'final', message: { content: [{ type: 'text', text: 'Next' }] } });
    expect(await ask('Hello', { after: 'msg_before' })).toBe('Next');
    expect(gateway.methods.filter((method) => /agent.wait|chat.send/.test(method))).toEqual(['agent.wait', 'chat.send']);
  });

  test('that is stopped ends at once, and its run with it', async () => {
    const stop = new AbortController();
    gateway.onSend = () => stop.abort();
    await expect(ask('Hello', { signal: stop.signal })).rejects.toThrow('The agent was interrupted');
    for (let i = 0; i < 100 && !gateway.methods.includes('chat.abort'); i++) await sleep(20);
    expect(gateway.methods).toContain('chat.abort');
  });

  const earlier = Date.now() - 60_000;
  test.each<[string, HistoryEntry[]]>([
    ['an answered message that ends with the same words', [user('Is that ok', earlier), assistant('It is')]],
    ['the same words, answered before', [user('ok', earlier), assistant('Good')]],
  ])('that is taken up again is not answered by %s', async (_what, history) => {
    gateway.history = history;
    gateway.onSend = (_runId, say) => say({ state: 'final', message: { content: [{ type: 'text', text: 'Then I begin' }] } });
    expect(await ask('ok', { resumed: true })).toBe('Then I begin');
    expect(gateway.said).toEqual(['ok']);
  });

  test.each<[string, string]>([
    ['ok', 'ok'],
    ['x'.repeat(13_000), `${'x'.repeat(12_000)}\n...(truncated)...`],
  ])('that was answered meanwhile is not said again', async (text, shown) => {
    gateway.history = [user(shown, Date.now() + 50), assistant('Done already')];
    expect(await ask(text, { resumed: true })).toBe('Done already');
    expect(gateway.said).toEqual([]);
  });
});

describe('a connection', () => {
  const closed = async (connection: GatewayConnection, ms: number) =>
    Promise.race([once(connection, 'close').then(() => true), sleep(ms, false, { ref: false })]);
  const address = ({ url }: { url: string }) => ({ url, token: 'token', deviceKey: newDeviceKey() });

  test('whose other end is gone without a word is given up, one that is only quiet is kept', async () => {
    const gone = await startGateway({ autoPong: false });
    const [dead, quiet] = [await GatewayConnection.open(address(gone), 3_000), await GatewayConnection.open(address(gateway), 3_000)];
    expect(await Promise.all([closed(dead, 30_000), closed(quiet, 9_000)])).toEqual([true, false]);
    quiet.close();
    gone.close();
  });
});

test('an answer on a channel that the gateway writes down late is taken over without another event', async () => {
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

describe('a key that the model provider repeats', () => {
  const refusal = `401: invalid key ${canary('sk-or-')}`;

  // The search for it in log and database is at the backend's end.
  test.each<[string, string, () => void]>([
    [
      'an error',
      '401: invalid key [redacted]',
      () => {
        gateway.onSend = (_runId, say) => say({ state: 'error', errorMessage: refusal });
      },
    ],
    [
      'words in the agent’s name',
      'The agent could not answer: 401: invalid key [redacted]',
      () => {
        const content = [{ type: 'text', text: `⚠️ Agent failed before reply: ${refusal}` }];
        gateway.onSend = (_runId, say) => say({ state: 'final', message: { content } });
      },
    ],
    [
      'a refusal',
      'The agent failed to answer',
      () => {
        gateway.refusal = refusal;
      },
    ],
  ])('in %s is taken out', async (_how, sentence, fail) => {
    fail();
    const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(gateway.port) };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    const { status, body } = await backend.machine(agent.ownerId, 'POST', '/api/chat', { message: 'Hello', agentId: agent.id });
    expect([status, body.error]).toEqual([500, sentence]);
  });
});

describe('a cookie, which may be the dashboard’s session,', () => {
  const session = `next-auth.session-token=${canary('session-')}`;
  const theirs = 'next-auth.session-token=theirs; Path=/';
  /** Whatever an agent's container might run. */
  const container = createServer((request, response) => {
    response.setHeader('set-cookie', theirs).setHeader('x-heard', JSON.stringify(request.headers)).end();
  });
  const sockets = new WebSocketServer({ noServer: true });
  let address: string;

  beforeAll(async () => {
    container.on('upgrade', (request, socket, head) => {
      const heard = JSON.stringify(request.headers);
      if (request.url === '/refused') {
        socket.end(`HTTP/1.1 403 Forbidden\r\nSet-Cookie: ${theirs}\r\nX-Heard: ${heard}\r\nContent-Length: 0\r\n\r\n`);
      } else sockets.handleUpgrade(request, socket, head, () => undefined);
    });
    sockets.on('headers', (headers, request) => headers.push(`Set-Cookie: ${theirs}`, `X-Heard: ${JSON.stringify(request.headers)}`));
    container.listen(0, '127.0.0.1');
    await once(container, 'listening');
    const { port } = container.address() as { port: number };
    const data = { state: 'running' as const, runtime: 'container' as const, containerSpec: storedSpecAt(port) };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    address = `127.0.0.1:${backend.gatewayPort}/agent/${agent.id}`;
  });
  afterAll(async () => {
    const data = { state: agent.state, runtime: agent.runtime, containerSpec: Prisma.DbNull };
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data }));
    for (const socket of sockets.clients) socket.terminate();
    container.closeAllConnections();
    container.close();
  });

  const headers = { cookie: session, 'x-other': 'kept' };
  const answers: [string, () => Promise<IncomingMessage>][] = [
    ['HTTP', async () => (await once(request(`http://${address}/`, { headers }).end(), 'response'))[0]],
    ['WebSocket', async () => (await once(new WebSocket(`ws://${address}/`, { headers }), 'upgrade'))[0]],
    ['a refused WebSocket', async () => (await once(new WebSocket(`ws://${address}/refused`, { headers }), 'unexpected-response'))[1]],
  ];
  test.each(answers)('comes to no agent over %s, and none comes back', async (_how, ask) => {
    const answer = await ask();
    answer.resume();
    const heard = String(answer.headers['x-heard']);
    expect(JSON.parse(heard)).toMatchObject({ 'x-other': 'kept' });
    expect(findInClear({ 'what the agent heard': heard })).toEqual([]);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});
