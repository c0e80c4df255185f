import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requireGateway } from '../src/domain/agents/gateway.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** Deleting a conversation of an agent with a real gateway, of any version (`OPENCLAW_VERSION`). */

const SECRET = canary('sk-');
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('conversations', {
    OPENCLAW_IMAGE: `agentbot/openclaw:${process.env.OPENCLAW_VERSION ?? '2026.3.13'}`,
  });
  owner = await backend.account();
  id = await backend.provisionEcho(owner, { name: 'Talker', modelPort: model.port, apiKey: SECRET });
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const open = async () => (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId as string;
const say = (message: string, sessionId: string, wait = true) =>
  backend.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId, wait });
const list = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/conversations`)).body.conversations;
const remove = (conversation: string) => backend.as(owner, 'DELETE', `/api/agents/${id}/conversations/${conversation}`);
async function gateway() {
  const agent = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
  return requireGateway(backend.context, agent);
}
/** What the gateway knows of a session that was opened here. */
async function known(sessionId: string) {
  const sessionKey = `agent:main:${sessionId}`;
  const connection = await gateway();
  const { sessions } = await connection.request<{ sessions: { key: string }[] }>('sessions.list', { limit: 1_000 });
  const { messages } = await connection.request<{ messages: unknown[] }>('chat.history', { sessionKey, limit: 50 });
  return { listed: sessions.some(({ key }) => key === sessionKey), messages: messages.length };
}

test('deletes the session and its transcript in the gateway, and leaves the others', async () => {
  const [first, second] = [await open(), await open()];
  await say('KINGFISHER', first);
  await say('BITTERN', second);
  expect(await known(first)).toEqual({ listed: true, messages: 2 });
  expect((await remove(first)).status).toBe(200);
  expect(await known(first)).toEqual({ listed: false, messages: 0 });
  expect(await known(second)).toEqual({ listed: true, messages: 2 });
  expect((await say('Are you there?', second)).body.reply).toBe('You said: Are you there?');
});

test('stops the run of the session, and sends no queued message', async () => {
  const sessionId = await open();
  model.setBehaviour({ delayMs: 20_000 });
  await say('Think long', sessionId, false);
  await say('Queued behind', sessionId, false);
  await pollUntil('the model was asked', () => model.requests.some(({ words }) => words === 'Think long'));
  expect((await remove(sessionId)).status).toBe(200);
  await pollUntil('the model request is aborted', () => model.requests.find(({ words }) => words === 'Think long')?.abandoned === true);
  model.setBehaviour({ delayMs: 0 });
  await say('Later', await open());
  expect(model.requests.some(({ words }) => words === 'Queued behind')).toBe(false);
  expect(await known(sessionId)).toEqual({ listed: false, messages: 0 });
});

test('a conversation that began at the gateway does not come back', async () => {
  const connection = await gateway();
  await connection.request('chat.send', { sessionKey: 'agent:main:main', message: 'SPOONBILL', idempotencyKey: 'run-spoonbill' });
  const found = async () => (await list()).find(({ title }: { title: string }) => title === 'SPOONBILL');
  await pollUntil('the conversation is copied', async () => (await found())?.messageCount === 2, { seconds: 60 });
  expect(await found()).toMatchObject({ platform: expect.not.stringMatching(/^web$/) });
  expect((await remove((await found()).id)).status).toBe(200);
  await say('Anything', await open());
  await connection.request('chat.send', { sessionKey: 'agent:main:main', message: 'EGRET', idempotencyKey: 'run-egret' });
  await pollUntil('the next conversation is copied', async () => (await list()).some(({ title }: { title: string }) => title === 'EGRET'), {
    seconds: 60,
  });
  expect(await found()).toBeUndefined();
});
