import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';

/** Several messages in one session of a real gateway: their order, and the words that stop a run. */

const SECRET = canary('sk-');
/** Two processes of one installation share their keys. */
const shared = {
  AGENT_PORT_BASE: '29200',
  AGENT_SUBNET: '10.219.0.0/16',
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
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', {
    name: 'Orderly',
    model: 'custom',
    config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET },
  });
  id = body.agent.id;
  await backend.settled(id);
}, 180_000);
afterEach(() => model.setBehaviour({ delayMs: 0, wordDelayMs: 0 }));
afterAll(async () => {
  await backend.stop();
  await model.close();
});

const newSession = async () => (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
const say = (sessionId: string, message: string, from = backend) =>
  from.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId }).then(({ status, body }) => [status, body.reply ?? body.error]);
/** Waits until the model has been asked about these words, which it then thinks about. */
async function thinking(words: string): Promise<void> {
  while (!model.requests.some((request) => request.words === words)) await sleep(20);
}
const asked = (words: string[]) => model.requests.map((request) => request.words).filter((each) => words.includes(each));

describe('messages in one session', () => {
  test('that come while the first one is answered are answered one after the other', async () => {
    const sessionId = await newSession();
    const words = ['First of three', 'Second of three', 'Third of three'];
    model.setBehaviour({ delayMs: 6_000 });
    const first = say(sessionId, 'First of three');
    await thinking('First of three');
    model.setBehaviour({ delayMs: 0 });
    await sleep(1_500);
    const second = say(sessionId, 'Second of three');
    await sleep(1_500);
    const third = say(sessionId, 'Third of three');
    expect(await Promise.all([first, second, third])).toEqual(words.map((each) => [200, `You said: ${each}`]));
    expect(asked(words)).toEqual(words);
  }, 60_000);

  test('of two processes are answered one after the other', async () => {
    const other = await startBackendWithDocker('turns-2', { ...shared, DATABASE_URL: backend.config.DATABASE_URL });
    try {
      const sessionId = await newSession();
      const words = Array.from({ length: 6 }, (_, index) => `Number ${index}`);
      const said: Promise<unknown>[] = [];
      for (const [index, each] of words.entries()) {
        said.push(say(sessionId, each, index % 2 ? other : backend));
        // The order of the messages is that in which they are stored.
        while ((await backend.context.database.as('service', (tx) => tx.message.count({ where: { sessionId, sender: 'user' } }))) <= index)
          await sleep(10);
      }
      expect(await Promise.all(said)).toEqual(words.map((each) => [200, `You said: ${each}`]));
      expect(asked(words)).toEqual(words);
    } finally {
      await other.stop();
    }
  }, 120_000);
});

test('a killed process loses no message, keeps their order and asks the model about none twice', async () => {
  const { DATABASE_URL, INSTALLATION } = backend.config;
  const mortal = await startChildBackend({ ...shared, DATABASE_URL, INSTALLATION, OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13' });
  try {
    const sessionId = await newSession();
    // The same words again and again: none may be taken for an answered one.
    const words = ['Before the kill', 'Same words', 'Same words', 'Same words'];
    model.setBehaviour({ delayMs: 3_000 });
    for (const message of words) await mortal.call('POST', '/api/chat', { message, agentId: id, sessionId, wait: false });
    await thinking('Same words');
    await mortal.kill();
    const replies = () =>
      backend.context.database.as('service', (tx) =>
        tx.reply.findMany({ where: { message: { sessionId } }, include: { answer: true }, orderBy: { message: { seq: 'asc' } } }),
      );
    for (const late = Date.now() + 60_000; (await replies()).some(({ state }) => state === 'pending') && Date.now() < late; )
      await sleep(200);
    expect((await replies()).map(({ state, answer }) => [state, answer?.content])).toEqual(
      words.map((each) => ['done', `You said: ${each}`]),
    );
    expect(asked(words)).toEqual(words);
  } finally {
    await mortal.stop();
  }
}, 120_000);

describe('a word that the gateway takes for a command to stop', () => {
  test.each(['stop', 'Stop!', 'please stop', 'Wait.', 'exit', 'interrupt', 'esc', 'detente', '/stop'])(
    '%p ends at once when nothing is running',
    async (word) => {
      const sessionId = await newSession();
      const began = Date.now();
      expect(await say(sessionId, word)).toEqual([200, 'There was nothing to stop.']);
      expect(Date.now() - began).toBeLessThan(5_000);
    },
    30_000,
  );

  test('ends the run and what waits behind it at once, and the next message is answered', async () => {
    const sessionId = await newSession();
    model.setBehaviour({ delayMs: 25_000 });
    const slow = say(sessionId, 'Think long');
    await thinking('Think long');
    const waiting = say(sessionId, 'Then this');
    await sleep(1_000);
    model.setBehaviour({ delayMs: 0 });
    const began = Date.now();
    const stopped = say(sessionId, 'stop');
    expect(await Promise.all([slow, waiting, stopped])).toEqual([
      [500, 'The agent was interrupted'],
      [500, 'The agent was interrupted'],
      [200, '⚙️ Agent was aborted.'],
    ]);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await say(sessionId, 'Go on')).toEqual([200, 'You said: Go on']);
    expect(asked(['Then this'])).toEqual([]);
  }, 60_000);
});
