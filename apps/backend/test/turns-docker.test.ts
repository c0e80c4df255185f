import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWholeSweep } from '@agentbot/config/sweep';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';

/** Several messages in one session of a real gateway: their order, and abort commands. */

const SECRET = canary('sk-');
/** Two processes of one installation share their keys. */
const shared = {
  ...(await takeAgentSlots()).settings,
  ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
};
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('turns', shared);
  owner = await backend.account();
  id = await backend.provisionEcho(owner, { name: 'Orderly', modelPort: model.port, apiKey: SECRET });
});
afterEach(() => model.setBehaviour({ delayMs: 0, wordDelayMs: 0 }));
afterAll(async () => {
  await backend.stop();
  await model.close();
});

const newSession = async () => (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
const send = (sessionId: string, message: string, from = backend) =>
  from.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId }).then(({ status, body }) => [status, body.reply ?? body.error]);
/** Waits until the model has received the message. */
async function untilReceived(words: string): Promise<void> {
  await pollUntil(`the model was asked "${words}"`, () => model.requests.some((request) => request.words === words), { everyMs: 20 });
}
const received = (words: string[]) => model.requests.map((request) => request.words).filter((each) => words.includes(each));

describe('messages in one session', () => {
  test('are answered one after the other when the first reply is pending', async () => {
    const sessionId = await newSession();
    const words = ['First of three', 'Second of three', 'Third of three'];
    model.setBehaviour({ delayMs: 6_000 });
    const first = send(sessionId, 'First of three');
    await untilReceived('First of three');
    model.setBehaviour({ delayMs: 0 });
    await sleep(1_500);
    const second = send(sessionId, 'Second of three');
    await sleep(1_500);
    const third = send(sessionId, 'Third of three');
    expect(await Promise.all([first, second, third])).toEqual(words.map((each) => [200, `You said: ${each}`]));
    expect(received(words)).toEqual(words);
  });

  test('are answered one after the other when two processes receive them', async () => {
    const other = await startBackendWithDocker('turns-2', { ...shared, DATABASE_URL: backend.config.DATABASE_URL });
    try {
      const sessionId = await newSession();
      const words = Array.from({ length: 6 }, (_, index) => `Number ${index}`);
      const replies: Promise<unknown>[] = [];
      for (const [index, each] of words.entries()) {
        replies.push(send(sessionId, each, index % 2 ? other : backend));
        // The order of insertion is the order of the messages.
        while ((await backend.context.database.as('service', (tx) => tx.message.count({ where: { sessionId, sender: 'user' } }))) <= index)
          await sleep(10);
      }
      expect(await Promise.all(replies)).toEqual(words.map((each) => [200, `You said: ${each}`]));
      expect(received(words)).toEqual(words);
    } finally {
      await other.stop();
    }
  });
});

test('a session that was idle for two days keeps its context', async () => {
  const sessionId = await newSession();
  await send(sessionId, 'My bird is a wren');
  // The time that OpenClaw compares with its hour of the day: docs.openclaw.ai/concepts/session, "Lifecycle".
  const age = `const f = '/home/node/.openclaw/agents/main/sessions/sessions.json';
    const sessions = JSON.parse(fs.readFileSync(f, 'utf8'));
    for (const each of Object.values(sessions)) each.updatedAt -= 2 * 24 * 3600 * 1000;
    fs.writeFileSync(f, JSON.stringify(sessions));`;
  execFileSync('docker', ['exec', `openclaw-${id}`, 'node', '-e', age]);
  expect(await send(sessionId, 'Which bird?')).toEqual([200, 'You said: Which bird?']);
  const asked = JSON.stringify(model.requests.find(({ words }) => words === 'Which bird?')?.body);
  expect(asked.includes('My bird is a wren')).toBe(true);
});

test('after SIGKILL of a process another one answers each pending message once and in order', async () => {
  const { DATABASE_URL, INSTALLATION } = backend.config;
  const child = await startChildBackend({ ...shared, DATABASE_URL, INSTALLATION, OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13' });
  try {
    const sessionId = await newSession();
    // Equal messages: no message may get the reply of an earlier one.
    const words = ['Before the kill', 'Same words', 'Same words', 'Same words'];
    model.setBehaviour({ delayMs: 3_000 });
    for (const message of words) await child.call('POST', '/api/chat', { message, agentId: id, sessionId, wait: false });
    await untilReceived('Same words');
    await child.kill();
    const replies = () =>
      backend.context.database.as('service', (tx) =>
        tx.reply.findMany({ where: { message: { sessionId } }, include: { answer: true }, orderBy: { message: { seq: 'asc' } } }),
      );
    for (const late = Date.now() + 60_000; (await replies()).some(({ state }) => state === 'pending') && Date.now() < late; )
      await sleep(200);
    expect((await replies()).map(({ state, answer }) => [state, answer?.content])).toEqual(
      words.map((each) => ['done', `You said: ${each}`]),
    );
    expect(received(words)).toEqual(words);
  } finally {
    await child.stop();
  }
});

describe('many messages thrown at one session from two processes are each answered once and in order', () => {
  const count = isWholeSweep ? 100 : 10;

  test.each([
    ['', false],
    [', also when SIGKILL ends one process in the middle', true],
  ])(`${count} messages%s`, async (_name, kill) => {
    const { DATABASE_URL, INSTALLATION } = backend.config;
    const child = await startChildBackend({ ...shared, DATABASE_URL, INSTALLATION, OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13' });
    try {
      const sessionId = await newSession();
      const words = Array.from({ length: count }, (_, index) => `Thrown ${index} ${kill ? 'before a kill' : ''}`.trim());
      const body = (message: string) => ({ message, agentId: id, sessionId, wait: false });
      const sent = await Promise.all(
        words.map((each, index) =>
          index % 2 ? child.call('POST', '/api/chat', body(each)) : backend.as(owner, 'POST', '/api/chat', body(each)),
        ),
      );
      expect(sent.map(({ status }) => status)).toEqual(words.map(() => 200));
      const replies = () =>
        backend.context.database.as('service', (tx) =>
          tx.reply.findMany({
            where: { message: { sessionId } },
            include: { message: true, answer: true },
            orderBy: { message: { seq: 'asc' } },
          }),
        );
      const left = async () => (await replies()).filter(({ state }) => state === 'pending').length;
      if (kill) {
        await pollUntil('a third is answered', async () => (await left()) <= (count * 2) / 3, { seconds: 120, everyMs: 50 });
        await child.kill();
        expect(await left()).toBeGreaterThan(0);
      }
      await pollUntil('every message has its reply', async () => (await left()) === 0, { seconds: 270, everyMs: 200 });
      const all = await replies();
      expect(all.map(({ message, state, answer }) => [message.content, state, answer?.content])).toEqual(
        all.map(({ message }) => [message.content, 'done', `You said: ${message.content}`]),
      );
      // The gateway got each message once, in the order in which they were stored.
      expect(received(words)).toEqual(all.map(({ message }) => message.content));
      expect(all.map(({ message }) => message.content).toSorted()).toEqual(words.toSorted());
    } finally {
      await child.stop();
    }
  });
});

describe('an abort command', () => {
  test.each(['stop', 'Stop!', 'please stop', 'Wait.', 'exit', 'interrupt', 'esc', 'detente', '/stop'])(
    '%p is answered at once when no run is in-flight',
    async (word) => {
      const sessionId = await newSession();
      const began = Date.now();
      expect(await send(sessionId, word)).toEqual([200, 'There was nothing to stop.']);
      expect(Date.now() - began).toBeLessThan(5_000);
    },
  );

  test('cancelReply stops the run within two seconds, keeps its text, and the next message is answered', async () => {
    const sessionId = await newSession();
    model.setBehaviour({ wordDelayMs: 400 });
    const words = 'a b c d e f g h i j k l m n o p q r s t u v w x y z, and then all of them once more';
    const { body: sent } = await backend.as(owner, 'POST', '/api/chat', { message: words, agentId: id, sessionId, wait: false });
    const read = () => backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}`).then(({ body }) => body.messages);
    const textSoFar = () =>
      backend.context.database.as('service', (tx) => tx.reply.findUniqueOrThrow({ where: { id: sent.id } })).then(({ text }) => text);
    await pollUntil('the agent has said a word', async () => (await textSoFar()).includes('a b'), { everyMs: 20, seconds: 40 });
    const began = Date.now();
    expect((await backend.as(owner, 'POST', `/api/chat/${sent.id}/cancel`)).body).toEqual({ messageId: sent.id, outcome: 'stopped' });
    const request = model.requests.find((each) => each.words === words);
    await pollUntil('the model request is aborted', () => request?.abandoned === true, { everyMs: 10 });
    expect(Date.now() - began).toBeLessThan(2_000);
    model.setBehaviour({ wordDelayMs: 0 });
    expect(await send(sessionId, 'And now?')).toEqual([200, 'You said: And now?']);
    const messages = (await read()).reverse();
    expect(messages.map(({ content }: { content: string }) => content)).toEqual([
      words,
      expect.stringMatching(/^You said: a b(?!.*once more)/),
      'And now?',
      'You said: And now?',
    ]);
    expect(messages[1]).toMatchObject({ sender: 'agent', stopped: true });
  });

  test('aborts the run and the waiting messages at once, and the next message is answered', async () => {
    const sessionId = await newSession();
    model.setBehaviour({ delayMs: 25_000 });
    const slow = send(sessionId, 'Think long');
    await untilReceived('Think long');
    const waiting = send(sessionId, 'Then this');
    await sleep(1_000);
    model.setBehaviour({ delayMs: 0 });
    const began = Date.now();
    const stopped = send(sessionId, 'stop');
    expect(await Promise.all([slow, waiting, stopped])).toEqual([
      [500, 'The agent was interrupted'],
      [500, 'The agent was interrupted'],
      [200, '⚙️ Agent was aborted.'],
    ]);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await send(sessionId, 'Go on')).toEqual([200, 'You said: Go on']);
    expect(received(['Then this'])).toEqual([]);
  });

  test('aborts the run of an indented message, and the next message is answered', async () => {
    const sessionId = await newSession();
    const code = 'def slow():\n    return 1';
    expect(await send(sessionId, 'Begin')).toEqual([200, 'You said: Begin']);
    model.setBehaviour({ delayMs: 25_000 });
    const slow = send(sessionId, code);
    await untilReceived(code);
    model.setBehaviour({ delayMs: 0 });
    expect(await Promise.all([send(sessionId, 'stop'), slow])).toEqual([
      [200, '⚙️ Agent was aborted.'],
      [500, 'The agent was interrupted'],
    ]);
    const request = () => model.requests.find(({ words }) => words === code);
    await pollUntil('the gateway left the request', () => request()?.abandoned === true, { seconds: 10 });
    // The gateway tells the model that the run was aborted.
    expect(await send(sessionId, 'Go on')).toEqual([200, expect.stringMatching(/^You said: [\s\S]*Go on$/)]);
  });
});
