import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageView } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isAbortCommand } from '../src/infra/openclaw/abort-command.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';

/** Several messages in one session of an agent without a container: their order, the prompt of each, and abort commands. */

const SECRET = canary('model-key-');
const shared = { ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}` };
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let other: TestBackend;
let owner: string;
let id: string;
let sessionId: string;

const agentInput = () => ({
  name: 'Orderly',
  model: 'custom',
  config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET },
});

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackend(shared);
  other = await startBackend({ ...shared, DATABASE_URL: backend.config.DATABASE_URL });
  owner = await backend.account();
  id = (await backend.as(owner, 'POST', '/api/agents/provision', agentInput())).body.agent.id;
});
beforeEach(async () => {
  model.requests.length = 0;
  sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
});
afterEach(() => model.setBehaviour({ delayMs: 0, wordDelayMs: 0 }));
afterAll(async () => {
  await other.stop();
  await backend.stop();
  await model.close();
});

const post = (message: string, { from = backend, ...more }: { from?: TestBackend; wait?: boolean } = {}) =>
  from.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId, ...more });
const say = async (message: string, from = backend) => {
  const { status, body } = await post(message, { from });
  return [status, body.reply ?? body.error];
};
const received = () => model.requests.map(({ words }) => words);
/** Waits until the model has received the message. */
async function untilReceived(words: string): Promise<void> {
  await pollUntil(`the agent has received "${words}"`, () => received().includes(words), { everyMs: 10 });
}
/** Sends a message that the model answers after `delayMs`; it answers later messages at once. */
async function sendSlow(message: string, delayMs: number, from = backend) {
  model.setBehaviour({ delayMs });
  const reply = say(message, from);
  await untilReceived(message);
  model.setBehaviour({ delayMs: 0 });
  return { reply };
}
/** The messages of the model request for this text, without system messages. */
function promptOf(words: string): string[] {
  const body = model.requests.find((request) => request.words === words)?.body as { messages: { role: string; content: string }[] };
  return body.messages.filter(({ role }) => role !== 'system').map(({ role, content }) => `${role}: ${content}`);
}
const exchanges = (...words: string[]) => words.flatMap((each) => [`user: ${each}`, `assistant: You said: ${each}`]);

describe('messages in one session', () => {
  test('are answered one after the other, each with the conversation before it', async () => {
    const { reply } = await sendSlow('One', 1_500);
    const replies = [reply, say('Two')];
    await sleep(200);
    replies.push(say('Three'));
    await sleep(200);
    expect(received()).toEqual(['One']);
    expect(await Promise.all(replies)).toEqual(['One', 'Two', 'Three'].map((each) => [200, `You said: ${each}`]));
    expect(received()).toEqual(['One', 'Two', 'Three']);
    expect(promptOf('Two')).toEqual([...exchanges('One'), 'user: Two']);
    expect(promptOf('Three')).toEqual([...exchanges('One', 'Two'), 'user: Three']);
  });

  test('that two processes receive at once each get their own reply', async () => {
    const words = Array.from({ length: 10 }, (_, index) => `At once ${index}`);
    const replies = await Promise.all(words.map((each, index) => say(each, index % 2 ? other : backend)));
    expect(replies).toEqual(words.map((each) => [200, `You said: ${each}`]));
    const { body } = await backend.as(owner, 'GET', `/api/agent?action=session&sessionId=${sessionId}`);
    const stored = body.messages.filter(({ role }: { role: string }) => role === 'user').map(({ content }: { content: string }) => content);
    expect(received()).toEqual(stored);
    expect(promptOf(stored[9])).toEqual([...exchanges(...stored.slice(0, 9)), `user: ${stored[9]}`]);
  });

  test('do not wait for a reply in another session', async () => {
    const { reply } = await sendSlow('Long', 2_000);
    sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
    const began = Date.now();
    expect(await say('Meanwhile')).toEqual([200, 'You said: Meanwhile']);
    expect(Date.now() - began).toBeLessThan(1_500);
    await reply;
  });

  test('are sent to the model after the reply before them has failed', async () => {
    model.setBehaviour({ failures: { '*': 400 } });
    const { reply } = await sendSlow('Fails', 1_000);
    const second = say('Comes');
    await sleep(1_300);
    model.setBehaviour({ failures: {} });
    expect((await reply)[0]).toBe(500);
    // The second reply may fail as well; the model must receive the message.
    await second;
    expect(received()).toContain('Comes');
  });

  test('can be streamed by another process while they wait', async () => {
    const { reply } = await sendSlow('Before', 6_000);
    const { body } = await post('Heard', { wait: false });
    const response = await fetch(`${other.url}/api/chat/${body.id}/stream`, {
      headers: { authorization: `Bearer ${await assertion(owner)}` },
    });
    const text = await response.text();
    await reply;
    const frames = text.split('\n\n').flatMap((block) => (block.includes('data: {') ? JSON.parse(block.slice(block.indexOf('{'))) : []));
    expect(frames[0]).toEqual({ type: 'queued', ahead: 1 });
    expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: 'You said: Heard' } });
    expect(received()).toEqual(['Before', 'Heard']);
  });

  test('that wait for over 30 seconds answer with the contract’s interim sentence, and their reply follows', async () => {
    const { reply } = await sendSlow('Very long', 33_000);
    const began = Date.now();
    expect(await say('Patient')).toEqual([200, 'Agent is processing your request...']);
    expect(Date.now() - began).toBeGreaterThan(29_000);
    await reply;
    const last = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=1`)).body.messages[0].content;
    for (const late = Date.now() + 10_000; (await last()) !== 'You said: Patient' && Date.now() < late; ) await sleep(50);
    expect(await last()).toBe('You said: Patient');
  });
});

test('at most 100 messages of a session wait, in all processes together; an abort command is accepted and ends their wait', async () => {
  model.setBehaviour({ delayMs: 60_000 });
  expect((await post('In progress', { wait: false })).status).toBe(200);
  await untilReceived('In progress');
  // 105 at once, half of them to each process.
  const thrown = Array.from({ length: 105 }, (_, index) => post(`Thrown ${index}`, { from: index % 2 ? other : backend, wait: false }));
  const answers = await Promise.all(thrown);
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(100).fill(200), ...Array(5).fill(429)]);
  const error = 'This conversation has 100 messages that wait for the agent. Wait for its replies, or cancel some of them';
  expect(answers.find(({ status }) => status === 429)?.body).toMatchObject({ error, code: 'TOO_MANY_WAITING' });
  // Another conversation has a queue of its own.
  const elsewhere = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
  const body = { message: 'Elsewhere', agentId: id, sessionId: elsewhere, wait: false };
  expect((await backend.as(owner, 'POST', '/api/chat', body)).status).toBe(200);
  const queued = answers.find(({ status }) => status === 200)?.body.id;
  expect((await backend.as(owner, 'POST', `/api/chat/${queued}/cancel`)).body.outcome).toBe('cancelled');
  expect((await post('In the free place', { wait: false })).status).toBe(200);
  expect((await post('One more', { wait: false })).status).toBe(429);
  expect(await say('stop')).toEqual([200, '⚙️ Agent was aborted.']);
  model.setBehaviour({ delayMs: 0 });
  expect(await say('After all')).toEqual([200, 'You said: After all']);
  expect(received().filter((words) => words.startsWith('Thrown'))).toEqual([]);
});

describe('a message without a session', () => {
  const send = (message: string, more: { sessionId?: string; wait?: boolean } = {}) =>
    backend.as(owner, 'POST', '/api/chat', { message, agentId: id, ...more });
  const end = (session: string) =>
    backend.context.database.as('service', (tx) => tx.chatSession.update({ where: { id: session }, data: { endedAt: new Date() } }));
  const openSession = async () => (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
  const saidIn = async (session: string) => {
    const { body } = await backend.as(owner, 'GET', `/api/agent?action=session&agentId=${id}&sessionId=${session}`);
    return body.messages.map(({ role, content }: { role: string; content: string }) => `${role}: ${content}`);
  };

  test('joins the session with the latest message that has not ended, and an ended session takes no message', async () => {
    const [first, second] = [sessionId, await openSession()];
    expect((await send('In the second')).status).toBe(200);
    model.setBehaviour({ delayMs: 1_000 });
    expect((await send('In the first', { sessionId: first, wait: false })).status).toBe(200);
    expect((await send('Again in the first')).status).toBe(200);
    model.setBehaviour({ delayMs: 0 });
    expect(promptOf('Again in the first')).toEqual([...exchanges('In the first'), 'user: Again in the first']);
    await end(first);
    expect((await send('Again in the second')).status).toBe(200);
    // Each reply follows its message, although the second message did not wait for the first reply.
    expect(await saidIn(first)).toEqual(exchanges('In the first', 'Again in the first'));
    expect(await saidIn(second)).toEqual(exchanges('In the second', 'Again in the second'));
    expect((await send('Too late', { sessionId: first })).status).toBe(404);
  });

  test('is in GET /api/chat with its reply, oldest first', async () => {
    await send('Listed');
    const { body } = await backend.as(owner, 'GET', '/api/chat');
    expect(body.count).toBe(body.messages.length);
    expect(body.messages.slice(-2).map(({ content }: { content: string }) => content)).toEqual(['Listed', 'You said: Listed']);
  });

  test('that is repeated after a crash is sent to the model once', async () => {
    const body = { message: 'Once', agentId: id, wait: false };
    const repeat = () => backend.machine(owner, 'POST', '/api/chat', body, { 'idempotency-key': 'once' });
    model.setBehaviour({ delayMs: 1_500 });
    const first = await repeat();
    await untilReceived('Once');
    const unfinished = { status: null, sealedBody: null, aliveAt: new Date(Date.now() - 60_000) };
    await backend.context.database.as('service', (tx) =>
      tx.idempotencyKey.update({ where: { ownerId_key: { ownerId: owner, key: 'once' } }, data: unfinished }),
    );
    expect((await repeat()).body).toEqual(first.body);
    const listed = async () => (await backend.as(owner, 'GET', '/api/chat')).body.messages.at(-1).content;
    await pollUntil('the reply is stored', async () => (await listed()) === 'You said: Once');
    expect(received()).toEqual(['Once']);
  });

  test('that is repeated after a crash is not refused because the agent has stopped since', async () => {
    const body = { message: 'Kept', agentId: id };
    const repeat = () => backend.machine(owner, 'POST', '/api/chat', body, { 'idempotency-key': 'kept' });
    const first = await repeat();
    expect(first.body.reply).toBe('You said: Kept');
    const unfinished = { status: null, sealedBody: null, aliveAt: new Date(Date.now() - 60_000) };
    await backend.context.database.as('service', (tx) =>
      tx.idempotencyKey.update({ where: { ownerId_key: { ownerId: owner, key: 'kept' } }, data: unfinished }),
    );
    const change = (state: 'stopped' | 'running') =>
      backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { state } }));
    await change('stopped');
    expect(await repeat()).toMatchObject({ status: 200, body: { id: first.body.id, reply: 'You said: Kept' } });
    await change('running');
    expect(received()).toEqual(['Kept']);
  });
});

test('a key that POST /api/agent was called with does not repeat its response for another action', async () => {
  const call = (action: string) =>
    backend.machine(owner, 'POST', `/api/agent?action=${action}`, { message: 'Hello', agentId: id }, { 'idempotency-key': 'action' });
  expect((await call('chat')).body.reply).toBe('You said: Hello');
  expect(await call('create-session')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
});

describe('the end of a process', () => {
  const pending = async (at: Awaited<ReturnType<typeof startChildBackend>>) =>
    (await at.database.query("SELECT FROM replies WHERE state = 'pending'")).rowCount;

  test.each(['SIGKILL', 'SIGTERM'] as const)('by %s loses no message and no part of a reply, and keeps the order', async (signal) => {
    const child = await startChildBackend({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    try {
      const { name, config, ...more } = agentInput();
      const { body } = await child.call('POST', '/api/agents', { name, ...more, config: { ...config, plan: 'network' } });
      await child.database.query("UPDATE agents SET state = 'running', runtime = 'api'");
      model.setBehaviour({ wordDelayMs: 1_000 });
      const send = (message: string) => child.call('POST', '/api/chat', { message, agentId: body.id, wait: false });
      // Equal messages: the second must not get the reply of the first.
      for (const message of ['First', 'Same', 'Same']) await send(message);
      const words = async () => (await child.database.query("SELECT text FROM replies WHERE text <> ''")).rows.map(({ text }) => text);
      await pollUntil('the reply has its first words', async () => (await words()).length > 0, { everyMs: 20 });
      expect([await pending(child), await words()]).toEqual([3, ['You ']]);
      await child.kill(signal);
      model.setBehaviour({ wordDelayMs: 0 });
      await child.start();
      for (const late = Date.now() + 50_000; (await pending(child)) && Date.now() < late; ) await sleep(200);
      const { rows } = await child.database.query(
        'SELECT m.content, r.state, a.content AS reply FROM replies r JOIN messages m USING (id) LEFT JOIN messages a ON a.id = r.message_id ORDER BY a.seq',
      );
      expect(rows.map(({ content, state, reply }) => [content, state, reply])).toEqual(
        ['First', 'Same', 'Same'].map((each) => [each, 'done', `You said: ${each}`]),
      );
      expect(received()).toEqual(['First', 'First', 'Same', 'Same']);
    } finally {
      await child.stop();
    }
  });
});

test('100 messages to two processes get 100 replies in order, although one process is killed meanwhile', async () => {
  const { DATABASE_URL, INSTALLATION } = backend.config;
  const child = await startChildBackend({ ...shared, DATABASE_URL, INSTALLATION, DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  try {
    model.setBehaviour({ delayMs: 20 });
    const words = Array.from({ length: 100 }, (_, index) => `Message ${index}`);
    const sent = words.map((message, index) => {
      const body = { message, agentId: id, sessionId, wait: false };
      return index % 2 ? child.call('POST', '/api/chat', body) : backend.as(owner, 'POST', '/api/chat', body);
    });
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(words.map(() => 200));
    await pollUntil('a third is answered', () => received().length > 33, { everyMs: 5 });
    await child.kill();
    const replies = () =>
      backend.context.database.as('service', (tx) =>
        tx.reply.findMany({
          where: { message: { sessionId } },
          include: { message: true, answer: true },
          orderBy: { message: { seq: 'asc' } },
        }),
      );
    await pollUntil('every message has its reply', async () => (await replies()).every(({ state }) => state !== 'pending'));
    const ended = await replies();
    expect(ended.map(({ message }) => message.content).sort()).toEqual([...words].sort());
    expect(ended.map(({ answer }) => answer?.content)).toEqual(ended.map(({ message }) => `You said: ${message.content}`));
    // The message that the killed process worked on may be sent twice.
    const inOrder = received().filter((each, index, all) => each !== all[index - 1]);
    expect(inOrder).toEqual(ended.map(({ message }) => message.content));
    expect(received().length).toBeLessThanOrEqual(101);
  } finally {
    await child.stop();
  }
});

describe('cancelReply', () => {
  const cancel = (message: string, { from = other, as = owner } = {}) => from.as(as, 'POST', `/api/chat/${message}/cancel`);
  /** The session's messages, oldest first. */
  const messages = async (): Promise<MessageView[]> =>
    (await backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}`)).body.messages.reverse();
  const idOf = async (words: string) => (await messages()).find(({ content }) => content === words)?.id ?? '';

  test('stops a reply in another process within two seconds, keeps its text, and the next message is answered', async () => {
    model.setBehaviour({ wordDelayMs: 300 });
    const count = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen';
    const { body: sent } = await post(count, { wait: false });
    const response = await fetch(`${other.url}/api/chat/${sent.id}/stream`, {
      headers: { authorization: `Bearer ${await assertion(owner)}` },
    });
    const frames = response.text();
    const textOf = (replyId: string) =>
      backend.context.database.as('service', (tx) => tx.reply.findUniqueOrThrow({ where: { id: replyId } })).then(({ text }) => text);
    await pollUntil('the model has said a word', async () => (await textOf(sent.id)).includes('two'), { everyMs: 10 });
    expect(await messages()).toEqual([expect.objectContaining({ content: count, reply: { state: 'answering' } })]);
    const next = say('Next');
    await pollUntil('the next message waits', async () => (await messages()).length === 2, { everyMs: 10 });
    const began = Date.now();
    expect(await cancel(sent.id)).toMatchObject({ status: 200, body: { messageId: sent.id, outcome: 'stopped' } });
    await pollUntil('the model request is aborted', () => model.requests[0]?.abandoned === true, { everyMs: 10 });
    expect(Date.now() - began).toBeLessThan(2_000);
    model.setBehaviour({ wordDelayMs: 0 });
    expect((await next)[0]).toBe(200);
    const last = JSON.parse((await frames).trim().split('data: ').at(-1) ?? '');
    expect(last).toEqual({ type: 'error', error: 'The agent was interrupted', kind: 'stopped' });
    const [question, partial, ...rest] = await messages();
    expect(question?.reply).toEqual({ state: 'stopped', kind: 'stopped', error: 'The agent was interrupted' });
    expect(partial).toMatchObject({
      sender: 'agent',
      content: expect.stringMatching(/^You said: one two(?!.*eighteen)/),
      stopped: true,
    });
    expect(rest).toHaveLength(2);
    // The model is told what it had said.
    expect(promptOf('Next')).toEqual([`user: ${count}`, `assistant: ${partial?.content}`, 'user: Next']);
    expect((await cancel(sent.id)).body.outcome).toBe('ended');
  });

  test('takes a queued message out of the queue, so that the agent never gets it', async () => {
    const { reply } = await sendSlow('Ahead', 5_000);
    const waiting = say('Never mind');
    const after = say('After it');
    const queued = await pollUntil('the message waits', async () => (await messages()).length === 3, { everyMs: 10 }).then(messages);
    expect(queued.map((each) => each.reply?.state)).toEqual(['answering', 'queued', 'queued']);
    expect((await cancel(await idOf('Never mind'))).body.outcome).toBe('cancelled');
    expect(await waiting).toEqual([500, 'The message was cancelled before the agent got it']);
    expect(await Promise.all([reply, after])).toEqual([
      [200, 'You said: Ahead'],
      [200, 'You said: After it'],
    ]);
    expect(received()).toEqual(['Ahead', 'After it']);
  });

  test('changes no reply that has ended, and answers 404 to anyone else', async () => {
    await say('Done');
    expect(await cancel(await idOf('Done'))).toMatchObject({ status: 200, body: { outcome: 'ended' } });
    const { reply } = await sendSlow('Mine', 1_000);
    expect(await cancel(await idOf('Mine'), { as: await backend.account() })).toMatchObject({
      status: 404,
      body: { error: 'Message not found' },
    });
    expect(await reply).toEqual([200, 'You said: Mine']);
  });
});

test('a message to a server that does not run says that the address is to be checked', async () => {
  const gone = await startModelProvider({ apiKey: SECRET });
  await gone.close();
  const config = { baseUrl: `http://host.docker.internal:${gone.port}/v1`, model: 'echo-1', apiKey: SECRET };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Unreachable', model: 'custom', config });
  expect(await backend.as(owner, 'POST', '/api/chat', { message: 'Hello?', agentId: body.agent.id })).toMatchObject({
    status: 500,
    body: {
      kind: 'unreachable',
      error: expect.stringMatching(/\(no answer: .*ECONNREFUSED.*\)\. Check the address of the model, and whether its server runs$/),
    },
  });
});

test('a failed message says why, with a kind, also when it is read later', async () => {
  const reasons: [number, string, RegExp][] = [
    [401, 'unauthorized', /\(401: .*\)\. Check the agent's model key$/],
    [402, 'quota', /\(402: .*\)\. Add credit at the model provider, or choose another model$/],
    [429, 'rate_limited', /\(429: .*\)\. Wait a minute, then send the message again$/],
    [504, 'timeout', /\(504: .*\)\. Send the message again, or choose a faster model$/],
    [500, 'bad_response', /\(500: .*\)\. Send the message again; if that fails too, check the model and its address$/],
  ];
  for (const [status, kind, error] of reasons) {
    model.setBehaviour({ failures: { '*': status } });
    const message = `Fails with ${status}`;
    expect(await post(message)).toMatchObject({ status: 500, body: { kind, error: expect.stringMatching(error) } });
    const { body } = await backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}&limit=1`);
    expect(body.messages[0]).toMatchObject({ content: message, reply: { state: 'failed', kind, error: expect.stringMatching(error) } });
  }
  model.setBehaviour({ failures: {} });
});

describe('an abort command', () => {
  test('ends the reply and the waiting messages at once, also in another process', async () => {
    const { reply } = await sendSlow('Think long', 20_000);
    const waiting = say('Then this', other);
    await sleep(300);
    const began = Date.now();
    expect(await Promise.all([say('Stop!', other), reply, waiting])).toEqual([
      [200, '⚙️ Agent was aborted.'],
      [500, 'The agent was interrupted'],
      [500, 'The agent was interrupted'],
    ]);
    expect(Date.now() - began).toBeLessThan(3_000);
    // The backend also aborts the model request, which costs money while it runs.
    for (const late = Date.now() + 3_000; !model.requests[0]?.abandoned && Date.now() < late; ) await sleep(20);
    expect(model.requests[0]).toMatchObject({ words: 'Think long', abandoned: true });
    expect(await say('Go on')).toEqual([200, 'You said: Go on']);
    expect(received()).toEqual(['Think long', 'Go on']);
  });

  test.each(['stop', ' STOP ', 'please stop.', 'Wait…', '/stop', 'detén', 'stop don’t do anything'])(
    '%p is answered at once when no reply is pending',
    async (word) => {
      expect(await say(word)).toEqual([200, 'There was nothing to stop.']);
      expect(received()).toEqual([]);
    },
  );

  test.each(['stop the music', 'Wait for me', '/stopwatch', 'exit strategy?'])(
    'is not recognised in %p, which the model answers',
    async (words) => {
      expect(await say(words)).toEqual([200, `You said: ${words}`]);
    },
  );

  test.each<[string, string, boolean]>([
    ['wait', '2026.3.13', true],
    ['wait', '2026.5.28', true],
    ['wait', '2026.8.2', false],
    ['wait', '2026.9.6', false],
    ['stop', '2026.9.6', true],
    ['/stop\nand more', '2026.3.13', true],
    ['/stop more', '2026.3.13', false],
    ['stop\nand more', '2026.3.13', false],
  ])('is recognised by isAbortCommand in %p for OpenClaw %s: %p', (words, version, expected) => {
    expect(isAbortCommand(words, version)).toBe(expected);
  });

  test('ends a queued `wait` too, where the version of OpenClaw passes `wait` to the model', async () => {
    const { database } = backend.context;
    const setVersion = (openclawVersion: string | null) =>
      database.as('service', (tx) => tx.agent.update({ where: { id }, data: { openclawVersion } }));
    await setVersion('2026.9.6');
    const { reply } = await sendSlow('Think long', 20_000);
    const { body } = await post('wait', { wait: false });
    const state = async () =>
      (await backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}&limit=1`)).body.messages[0].reply.state;
    expect(await state()).toBe('queued');
    expect(await say('stop')).toEqual([200, '⚙️ Agent was aborted.']);
    expect((await reply)[0]).toBe(500);
    const ended = await database.as('service', (tx) => tx.reply.findUniqueOrThrow({ where: { id: body.id } }));
    expect(ended).toMatchObject({ state: 'failed', kind: 'stopped' });
    expect(received()).toEqual(['Think long']);
    await setVersion(null);
  });

  test('in another session aborts no reply of this session', async () => {
    const { reply } = await sendSlow('Stay', 1_500);
    sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
    expect(await say('stop')).toEqual([200, 'There was nothing to stop.']);
    expect(await reply).toEqual([200, 'You said: Stay']);
  });
});
