import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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
    expect(frames[0]).toEqual({ type: 'text', at: 0, text: '' });
    expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: 'You said: Heard' } });
    expect(received()).toEqual(['Before', 'Heard']);
  }, 15_000);

  test('that wait for over 30 seconds answer with the contract’s interim sentence, and their reply follows', async () => {
    const { reply } = await sendSlow('Very long', 33_000);
    const began = Date.now();
    expect(await say('Patient')).toEqual([200, 'Agent is processing your request...']);
    expect(Date.now() - began).toBeGreaterThan(29_000);
    await reply;
    const last = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=1`)).body.messages[0].content;
    for (const late = Date.now() + 10_000; (await last()) !== 'You said: Patient' && Date.now() < late; ) await sleep(50);
    expect(await last()).toBe('You said: Patient');
  }, 60_000);
});

describe('the end of a process', () => {
  const pending = async (at: Awaited<ReturnType<typeof startChildBackend>>) =>
    (await at.database.query("SELECT FROM replies WHERE state = 'pending'")).rowCount;

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s loses no message and no part of a reply, and keeps the order',
    async (signal) => {
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
    },
    120_000,
  );
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

  test('in another session aborts no reply of this session', async () => {
    const { reply } = await sendSlow('Stay', 1_500);
    sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
    expect(await say('stop')).toEqual([200, 'There was nothing to stop.']);
    expect(await reply).toEqual([200, 'You said: Stay']);
  });
});
