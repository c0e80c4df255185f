import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { storedSpec } from './stored-spec.ts';

/** The conversations of an agent without a container: titles, search, renaming and deletion. */

const SECRET = canary('model-key-');
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;
let stranger: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackend({ ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}` });
  owner = await backend.account();
  stranger = await backend.account();
});
beforeEach(async () => {
  const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET };
  id = (await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Talker', model: 'custom', config })).body.agent.id;
});
afterEach(() => model.setBehaviour({ delayMs: 0 }));
afterAll(async () => {
  await backend.stop();
  await model.close();
});

const open = async () => (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId as string;
const say = (message: string, sessionId: string, wait = true) =>
  backend.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId, wait });
const base = () => `/api/agents/${id}/conversations`;
const list = async (query = '', user = owner) => backend.as(user, 'GET', `${base()}${query}`);
const titles = async (query = '') => (await list(query)).body.conversations.map(({ title }: { title: string | null }) => title);
const titleOfFirst = async (message: string) => {
  const sessionId = await open();
  await say(message, sessionId, false);
  const { conversations } = (await list()).body;
  return conversations.find((each: { id: string }) => each.id === sessionId).title;
};
const rename = (conversation: string, title: unknown, user = owner) => backend.as(user, 'PATCH', `${base()}/${conversation}`, { title });
const remove = (conversation: string, user = owner) => backend.as(user, 'DELETE', `${base()}/${conversation}`);

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('GET /api/agents/:id/conversations', () => {
  test('lists the latest conversation first, with title, times and number of messages', async () => {
    const [first, second] = [await open(), await open()];
    await say('Plan the garden', first);
    await say('Write a poem', second);
    await say('Plan it again', first);
    const row = { status: 'active', createdAt: isoTime, lastActivityAt: isoTime, platform: 'web' };
    expect((await list()).body).toEqual({
      conversations: [
        { id: first, title: 'Plan the garden', messageCount: 4, ...row },
        { id: second, title: 'Write a poem', messageCount: 2, ...row },
      ],
      total: 2,
      limit: 50,
      offset: 0,
      status: 'ok',
    });
    expect((await list('?limit=1&offset=1')).body).toMatchObject({ conversations: [{ id: second }], total: 2, limit: 1, offset: 1 });
  });

  test('a conversation without messages has no title; one from a gateway without messages is left out', async () => {
    const empty = await open();
    await backend.context.database.as('service', (tx) =>
      tx.chatSession.create({
        data: { id: `sess_far_${id}`, agentId: id, ownerId: owner, gatewaySessionId: 'main', platform: 'telegram' },
      }),
    );
    expect((await list()).body.conversations).toEqual([expect.objectContaining({ id: empty, title: null, messageCount: 0 })]);
  });

  test('search finds titles and messages in any case, and takes % and _ literally', async () => {
    const [first, second] = [await open(), await open()];
    await say('A 100% safe_plan', first);
    await say('Nothing here\nbut a Heron in the second line', second);
    await rename(second, 'Birds');
    expect(await titles('?search=100%25')).toEqual(['A 100% safe_plan']);
    expect(await titles('?search=E_P')).toEqual(['A 100% safe_plan']);
    expect(await titles('?search=e_h')).toEqual([]);
    expect(await titles('?search=hERON')).toEqual(['Birds']);
    expect(await titles('?search=birds')).toEqual(['Birds']);
    await say('C:\\temp is full', await open());
    expect(await titles('?search=C%3A%5Ct')).toEqual(['C:\\temp is full']);
    expect(await titles('?search=%20%20')).toHaveLength(3);
    expect((await list(`?search=${'x'.repeat(201)}`)).body).toMatchObject({ error: 'search must be at most 200 characters' });
  });

  test('answers 404 to another user, and never lists another agent’s conversations', async () => {
    await open();
    expect(await list('', stranger)).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
    const other = (await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Other' })).body.agent.id;
    expect((await backend.as(owner, 'GET', `/api/agents/${other}/conversations`)).body.conversations).toEqual([]);
  });
});

describe('the title of a conversation', () => {
  test('is the first line of the first message that shows something', async () => {
    expect(await titleOfFirst('\n\u200b\n  Hello\t  there \r\nsecond line')).toBe('Hello there');
  });

  test('is cut after a word to at most 60 characters', async () => {
    const sixty = `${'word '.repeat(11)}words`;
    expect(sixty).toHaveLength(60);
    expect(await titleOfFirst(sixty)).toBe(sixty);
    expect(await titleOfFirst(`${sixty} and more`)).toBe(sixty);
    expect(await titleOfFirst(`${sixty}hop`)).toBe('word '.repeat(11).trim());
    expect(await titleOfFirst('漢'.repeat(70))).toBe('漢'.repeat(60));
    expect(await titleOfFirst('👩‍👩‍👧'.repeat(61))).toBe('👩‍👩‍👧'.repeat(60));
  });

  test('stays absent after a message that shows nothing, and comes with the next one', async () => {
    const sessionId = await open();
    await say('\u200b\u2060', sessionId, false);
    expect(await titles()).toEqual([null]);
    await say('Now words', sessionId, false);
    expect(await titles()).toEqual(['Now words']);
  });

  test('of older conversations is set by the migration, by the same rules', async () => {
    const messages = [
      'One line',
      `${'word '.repeat(11)}words and more`,
      `${'word '.repeat(11)}wordshop`,
      ' \n\n  Indented\t line\nsecond',
      'x'.repeat(70),
    ];
    for (const message of messages) await say(message, await open(), false);
    await open();
    // Conversations of the same millisecond have no order.
    const sorted = async () => (await titles()).map(String).sort();
    const before = await sorted();
    expect(before).toHaveLength(6);
    const folder = path.join(import.meta.dirname, '../prisma/migrations/20261129030000_conversation_titles/migration.sql');
    const [, backfill = ''] = (await readFile(folder, 'utf8')).split('ADD COLUMN "title" TEXT;');
    await backend.context.database.as('service', (tx) => tx.chatSession.updateMany({ data: { title: null } }));
    const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
    await client.connect();
    await client.query(backfill);
    await client.end();
    expect(await sorted()).toEqual(before);
  });

  test('does not change with later messages, and not after a person renamed it', async () => {
    const sessionId = await open();
    await rename(sessionId, 'Mine');
    await say('First', sessionId, false);
    await say('Second', sessionId, false);
    expect(await titles()).toEqual(['Mine']);
  });
});

describe('PATCH /api/agents/:id/conversations/:conversationId', () => {
  test('renames the conversation and leaves its place in the list', async () => {
    const [first, second] = [await open(), await open()];
    await say('One', first);
    await say('Two', second);
    const answer = await rename(first, '  Garden 🌱  ');
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'updated', conversation: { id: first, title: 'Garden 🌱', messageCount: 2 } },
    });
    expect(await titles()).toEqual(['Two', 'Garden 🌱']);
  });

  test.each([
    [undefined, 'title is required'],
    [7, 'title is required'],
    ['', 'title must have a visible character'],
    [' \u00a0 ', 'title must have a visible character'],
    ['\u200b\u2060\ufeff\u3164', 'title must have a visible character'],
    ['a\nb', 'title must be one line without control characters'],
    ['a\u0007b', 'title must be one line without control characters'],
    ['x'.repeat(121), 'title must be at most 120 characters'],
  ])('refuses %j with 400', async (title, error) => {
    expect(await rename(await open(), title)).toMatchObject({ status: 400, body: { error } });
  });

  test('accepts 120 characters', async () => {
    expect((await rename(await open(), 'x'.repeat(120))).status).toBe(200);
  });

  test('answers 404 to another user, for an unknown conversation, and for one of another agent', async () => {
    const mine = await open();
    const agent = id;
    expect(await rename(mine, 'Theirs', stranger)).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
    expect(await rename('sess_none', 'x')).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
    id = (await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Other' })).body.agent.id;
    expect(await rename(mine, 'x')).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
    id = agent;
    expect(await titles()).toEqual([null]);
  });
});

describe('DELETE /api/agents/:id/conversations/:conversationId', () => {
  const rows = () =>
    backend.context.database.as('service', async (tx) => [
      await tx.chatSession.count({ where: { agentId: id } }),
      await tx.message.count({ where: { agentId: id } }),
      await tx.reply.count({ where: { agentId: id } }),
    ]);

  test('deletes the conversation with its messages and replies, and no other', async () => {
    const [first, second] = [await open(), await open()];
    await say('One', first);
    await say('Two', second);
    expect(await remove(first)).toMatchObject({ status: 200, body: { id: first, deleted: true } });
    expect(await titles()).toEqual(['Two']);
    expect(await rows()).toEqual([1, 2, 1]);
    expect(await remove(first)).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } });
  });

  test('ends the reply in progress and the queued one: their streams end, and the model’s response is not read on', async () => {
    const sessionId = await open();
    model.setBehaviour({ delayMs: 8_000 });
    const { id: messageId } = (await say('Long', sessionId, false)).body;
    const queued = say('Queued', sessionId);
    await pollUntil('the model was asked', () => model.requests.some(({ words }) => words === 'Long'), { everyMs: 10 });
    const stream = await fetch(`${backend.url}/api/chat/${messageId}/stream`, {
      headers: { authorization: `Bearer ${await assertion(owner)}` },
      signal: AbortSignal.timeout(20_000),
    });
    expect((await remove(sessionId)).status).toBe(200);
    expect(await stream.text()).toContain('The agent was interrupted');
    expect(await queued).toMatchObject({ status: 500, body: { error: 'The agent was interrupted' } });
    expect(await rows()).toEqual([0, 0, 0]);
    expect(model.requests.some(({ words }) => words === 'Queued')).toBe(false);
  });

  test('answers 404 to another user, and keeps the conversation', async () => {
    const mine = await open();
    expect(await remove(mine, stranger)).toMatchObject({ status: 404, body: { code: 'AGENT_NOT_FOUND' } });
    expect(await titles()).toEqual([null]);
  });

  test('of an agent whose container is stopped is 409: the agent keeps its own copy', async () => {
    const mine = await open();
    await backend.context.database.as('service', (tx) =>
      tx.agent.update({ where: { id }, data: { state: 'stopped', containerSpec: storedSpec() } }),
    );
    expect(await remove(mine)).toMatchObject({
      status: 409,
      body: { code: 'AGENT_NOT_RUNNING', error: expect.stringContaining('only while it runs') },
    });
    expect(await rows()).toEqual([1, 0, 0]);
  });
});
