import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isAbortCommand } from '../src/infra/openclaw/abort-command.ts';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';

/** Several messages in one session of an agent without a container: their order, what the model is told, and what stops a reply. */

const SECRET = canary('model-key-');
const shared = { ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}` };
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let other: TestBackend;
let owner: string;
let id: string;
let sessionId: string;

const agentWith = () => ({
  name: 'Orderly',
  model: 'custom',
  config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET },
});

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackend(shared);
  other = await startBackend({ ...shared, DATABASE_URL: backend.config.DATABASE_URL });
  owner = await backend.account();
  id = (await backend.as(owner, 'POST', '/api/agents/provision', agentWith())).body.agent.id;
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
const asked = () => model.requests.map(({ words }) => words);
/** Waits until the model has been asked about these words. */
async function thinking(words: string): Promise<void> {
  while (!asked().includes(words)) await sleep(10);
}
/** Says something that the model thinks about for so long; what is said later it answers at once. */
async function slowly(message: string, delayMs: number, from = backend) {
  model.setBehaviour({ delayMs });
  const reply = say(message, from);
  await thinking(message);
  model.setBehaviour({ delayMs: 0 });
  return { reply };
}
/** What the model was told when it was asked about these words, without instructions. */
function conversation(words: string): string[] {
  const body = model.requests.find((request) => request.words === words)?.body as { messages: { role: string; content: string }[] };
  return body.messages.filter(({ role }) => role !== 'system').map(({ role, content }) => `${role}: ${content}`);
}
const soFar = (...words: string[]) => words.flatMap((each) => [`user: ${each}`, `assistant: You said: ${each}`]);

describe('messages in one session', () => {
  test('are answered one after the other, each with what was said before it', async () => {
    const { reply } = await slowly('One', 1_500);
    const replies = [reply, say('Two')];
    await sleep(200);
    replies.push(say('Three'));
    await sleep(200);
    expect(asked()).toEqual(['One']);
    expect(await Promise.all(replies)).toEqual(['One', 'Two', 'Three'].map((each) => [200, `You said: ${each}`]));
    expect(asked()).toEqual(['One', 'Two', 'Three']);
    expect(conversation('Two')).toEqual([...soFar('One'), 'user: Two']);
    expect(conversation('Three')).toEqual([...soFar('One', 'Two'), 'user: Three']);
  });

  test('at the same moment, of two processes, each get their own answer', async () => {
    const words = Array.from({ length: 10 }, (_, index) => `At once ${index}`);
    const replies = await Promise.all(words.map((each, index) => say(each, index % 2 ? other : backend)));
    expect(replies).toEqual(words.map((each) => [200, `You said: ${each}`]));
    const { body } = await backend.as(owner, 'GET', `/api/agent?action=session&sessionId=${sessionId}`);
    const stored = body.messages.filter(({ role }: { role: string }) => role === 'user').map(({ content }: { content: string }) => content);
    expect(asked()).toEqual(stored);
    expect(conversation(stored[9])).toEqual([...soFar(...stored.slice(0, 9)), `user: ${stored[9]}`]);
  });

  test('of other sessions are not waited for', async () => {
    const { reply } = await slowly('Long', 2_000);
    sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
    const began = Date.now();
    expect(await say('Meanwhile')).toEqual([200, 'You said: Meanwhile']);
    expect(Date.now() - began).toBeLessThan(1_500);
    await reply;
  });

  test('wait behind a reply that fails no longer than behind one that comes', async () => {
    model.setBehaviour({ failures: { '*': 400 } });
    const { reply } = await slowly('Fails', 1_000);
    const second = say('Comes');
    await sleep(1_300);
    model.setBehaviour({ failures: {} });
    expect((await reply)[0]).toBe(500);
    // It may have been refused as well: what counts is that its turn came.
    await second;
    expect(asked()).toContain('Comes');
  });

  test('can be heard while they wait', async () => {
    const { reply } = await slowly('Before', 6_000);
    const { body } = await post('Heard', { wait: false });
    const response = await fetch(`${other.url}/api/chat/${body.id}/stream`, {
      headers: { authorization: `Bearer ${await assertion(owner)}` },
    });
    const text = await response.text();
    await reply;
    const frames = text.split('\n\n').flatMap((block) => (block.includes('data: {') ? JSON.parse(block.slice(block.indexOf('{'))) : []));
    expect(frames[0]).toEqual({ type: 'text', at: 0, text: '' });
    expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: 'You said: Heard' } });
    expect(asked()).toEqual(['Before', 'Heard']);
  }, 15_000);

  test('that wait for more than half a minute are answered with the sentence of the contract first', async () => {
    const { reply } = await slowly('Very long', 33_000);
    const began = Date.now();
    expect(await say('Patient')).toEqual([200, 'Agent is processing your request...']);
    expect(Date.now() - began).toBeGreaterThan(29_000);
    await reply;
    const last = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=1`)).body.messages[0].content;
    for (const late = Date.now() + 10_000; (await last()) !== 'You said: Patient' && Date.now() < late; ) await sleep(50);
    expect(await last()).toBe('You said: Patient');
  }, 60_000);
});

describe('the end of the process', () => {
  const pending = async (at: Awaited<ReturnType<typeof startChildBackend>>) =>
    (await at.database.query("SELECT FROM replies WHERE state = 'pending'")).rowCount;

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s loses no message, no word of a reply, and keeps their order',
    async (signal) => {
      const mortal = await startChildBackend({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
      try {
        const { name, config, ...more } = agentWith();
        const { body } = await mortal.call('POST', '/api/agents', { name, ...more, config: { ...config, plan: 'network' } });
        await mortal.database.query("UPDATE agents SET state = 'running', runtime = 'api'");
        model.setBehaviour({ wordDelayMs: 1_000 });
        const send = (message: string) => mortal.call('POST', '/api/chat', { message, agentId: body.id, wait: false });
        // The same words twice: the second one must not be taken for answered.
        for (const message of ['First', 'Same', 'Same']) await send(message);
        const words = async () => (await mortal.database.query("SELECT text FROM replies WHERE text <> ''")).rows.map(({ text }) => text);
        while (!(await words()).length) await sleep(20);
        expect([await pending(mortal), await words()]).toEqual([3, ['You ']]);
        await mortal.kill(signal);
        model.setBehaviour({ wordDelayMs: 0 });
        await mortal.start();
        for (const late = Date.now() + 50_000; (await pending(mortal)) && Date.now() < late; ) await sleep(200);
        const { rows } = await mortal.database.query(
          'SELECT m.content, r.state, a.content AS reply FROM replies r JOIN messages m USING (id) LEFT JOIN messages a ON a.id = r.message_id ORDER BY a.seq',
        );
        expect(rows.map(({ content, state, reply }) => [content, state, reply])).toEqual(
          ['First', 'Same', 'Same'].map((each) => [each, 'done', `You said: ${each}`]),
        );
        expect(asked()).toEqual(['First', 'First', 'Same', 'Same']);
      } finally {
        await mortal.stop();
      }
    },
    120_000,
  );
});

describe('a word that stops', () => {
  test('ends the reply and what waits behind it at once, in another process too', async () => {
    const { reply } = await slowly('Think long', 20_000);
    const waiting = say('Then this', other);
    await sleep(300);
    const began = Date.now();
    expect(await Promise.all([say('Stop!', other), reply, waiting])).toEqual([
      [200, '⚙️ Agent was aborted.'],
      [500, 'The agent was interrupted'],
      [500, 'The agent was interrupted'],
    ]);
    expect(Date.now() - began).toBeLessThan(3_000);
    // The call of the model ends too, which is paid for by its length.
    for (const late = Date.now() + 3_000; !model.requests[0]?.abandoned && Date.now() < late; ) await sleep(20);
    expect(model.requests[0]).toMatchObject({ words: 'Think long', abandoned: true });
    expect(await say('Go on')).toEqual([200, 'You said: Go on']);
    expect(asked()).toEqual(['Think long', 'Go on']);
  });

  test.each(['stop', ' STOP ', 'please stop.', 'Wait…', '/stop', 'detén', 'stop don’t do anything'])(
    '%p ends at once when nothing is answered',
    async (word) => {
      expect(await say(word)).toEqual([200, 'There was nothing to stop.']);
      expect(asked()).toEqual([]);
    },
  );

  test.each(['stop the music', 'Wait for me', '/stopwatch', 'exit strategy?'])('is not in %p', async (words) => {
    expect(await say(words)).toEqual([200, `You said: ${words}`]);
  });

  test.each<[string, string, boolean]>([
    ['wait', '2026.3.13', true],
    ['wait', '2026.5.28', true],
    ['wait', '2026.8.2', false],
    ['wait', '2026.9.6', false],
    ['stop', '2026.9.6', true],
    ['/stop\nand more', '2026.3.13', true],
    ['/stop more', '2026.3.13', false],
    ['stop\nand more', '2026.3.13', false],
  ])('%p is one for OpenClaw %s: %p', (words, version, expected) => {
    expect(isAbortCommand(words, version)).toBe(expected);
  });

  test('of another session stops nothing here', async () => {
    const { reply } = await slowly('Stay', 1_500);
    sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
    expect(await say('stop')).toEqual([200, 'There was nothing to stop.']);
    expect(await reply).toEqual([200, 'You said: Stay']);
  });
});
