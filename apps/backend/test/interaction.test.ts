import { randomBytes } from 'node:crypto';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { replyFromContainer } from '../src/domain/conversations/reply-from-container.ts';
import { openSession } from '../src/domain/conversations/send-message.ts';
import { beginOperation } from '../src/domain/operations/operations.ts';
import { assertion, startBackendWithDocker, type TestBackend } from './backend.ts';
import { hasText, openLogView } from './log-view.ts';

/** /api/agent, streamed replies, logs and stats of an agent with a real gateway. */

const docker = new Docker();
const SECRET = canary('sk-');
/** Two processes of one installation share their keys. */
const shared = {
  ...(await takeAgentSlots()).settings,
  ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
};
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let stranger: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('interaction', shared);
  owner = await backend.account();
  stranger = await backend.account();
  id = await backend.provisionEcho(owner, { name: 'Talkative', modelPort: model.port, apiKey: SECRET });
});
afterAll(async () => {
  await backend.stop();
  await model.close();
});

const ask = async (action: string, more = '') => (await backend.as(owner, 'GET', `/api/agent?action=${action}${more}`)).body;
const post = async (body: object, query = '') => (await backend.as(owner, 'POST', `/api/agent${query}`, body)).body;
/** Writes a line to the stdout of the agent's container. */
async function logLine(text: string): Promise<void> {
  const exec = await docker
    .getContainer(`openclaw-${id}`)
    .exec({ Cmd: ['sh', '-c', 'printf "%s\\n" "$1" > /proc/1/fd/1', '-', text], User: '1000' });
  const stream = await exec.start({});
  await new Promise((resolve) => stream.on('end', resolve).resume());
}

describe('/api/agent', () => {
  test('GET without an action lists the endpoints and versions', async () => {
    const { body } = await backend.as(owner, 'GET', '/api/agent');
    expect(body).toMatchObject({ apiVersion: '1.0.0', agentbotVersion: '2026.3.1' });
    expect(Object.keys(body.endpoints)).toHaveLength(10);
  });

  test('chat keeps messages in sessions; memory returns the last ten messages, cut to 100 characters', async () => {
    const first = await post({ message: 'Good morning' });
    expect(first).toEqual({ sessionId: expect.stringMatching(/^sess_/), reply: 'You said: Good morning', timestamp: expect.any(Number) });
    const { sessionId } = await post({}, '?action=create-session');
    const long = 'ä'.repeat(150);
    for (let i = 0; i < 5; i++) await post({ action: 'chat', message: `${i} ${long}`, sessionId });
    expect((await post({ message: 'And now' })).sessionId).toBe(sessionId);

    const { sessions } = await ask('sessions');
    expect(sessions).toEqual([
      { id: sessionId, status: 'active', messageCount: 12, createdAt: expect.any(Number), lastActivity: expect.any(Number) },
      expect.objectContaining({ id: first.sessionId, messageCount: 2 }),
    ]);
    const session = await ask('session', `&sessionId=${first.sessionId}`);
    expect(session.messages.map(({ role, content }: { role: string; content: string }) => [role, content])).toEqual([
      ['user', 'Good morning'],
      ['assistant', 'You said: Good morning'],
    ]);
    const { memory } = await ask('memory');
    expect(memory).toHaveLength(10);
    expect(memory.at(-1)).toEqual({ role: 'assistant', content: 'You said: And now' });
    expect([...memory[0].content]).toHaveLength(100);
  });

  test('skills lists the gateway’s skills; update-skill persists through a repair', async () => {
    const { skills } = await ask('skills');
    expect(skills.length).toBeGreaterThan(40);
    const ready = skills.find((skill: { ready: boolean; enabled: boolean }) => skill.ready && skill.enabled);
    expect((await ask('health')).skills).toContain(ready.id);
    expect(await post({ action: 'update-skill', skillId: ready.id })).toEqual({ success: true, skillId: ready.id, enabled: false });
    expect((await backend.machine(undefined, 'POST', `/api/agents/${id}/repair`)).status).toBe(200);
    const health = await ask('health');
    expect(health).toMatchObject({ status: 'running', version: '2026.3.13', apiVersion: '1.0.0', model: 'custom', channels: [] });
    expect(health.skills).not.toContain(ready.id);
    expect(await post({ action: 'update-skill', skillId: ready.id, enabled: true })).toMatchObject({ enabled: true });
    expect((await ask('health')).skills).toContain(ready.id);
    expect(await post({ action: 'update-skill', skillId: 'nope', enabled: true })).toEqual({ error: 'Unknown skill' });
  });

  test('set-credential passes the token to the container and no response contains it', async () => {
    expect((await ask('credentials')).credentials).toEqual({
      anthropic: false,
      openai: false,
      openrouter: false,
      google: false,
      telegram: false,
      discord: false,
      whatsapp: false,
    });
    const token = canary('12345:');
    expect(await post({ action: 'set-credential', key: 'telegram', value: token })).toEqual({
      success: true,
      key: 'telegram',
      configured: true,
    });
    await backend.settled(id);
    expect((await docker.getContainer(`openclaw-${id}`).inspect()).Config.Env).toContain(`TELEGRAM_BOT_TOKEN=${token}`);
    expect(await ask('health')).toMatchObject({ status: 'running', channels: ['telegram'] });
    expect(await post({ action: 'set-credential', key: 'telegram' })).toEqual({ success: true, key: 'telegram', configured: false });
    await backend.settled(id);
    expect((await docker.getContainer(`openclaw-${id}`).inspect()).Config.Env.join()).not.toContain('TELEGRAM');
    expect((await post({ message: 'Still here?' })).reply).toBe('You said: Still here?');
  });
});

describe('GET /api/chat/:id/stream', () => {
  interface Frame {
    type: string;
    at?: number;
    text?: string;
    error?: string;
    message?: { content: string; id: string };
  }

  /** Sends a message without waiting for the reply. @returns the id of the message */
  const send = async (message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id, wait: false })).body.id;
  /** Reads the frames of a reply until the stream ends, or until `max` frames. */
  async function readFrames(messageId: string, from = backend, max = Number.POSITIVE_INFINITY): Promise<Frame[]> {
    const response = await fetch(`${from.url}/api/chat/${messageId}/stream`, {
      headers: { authorization: `Bearer ${await assertion(owner)}` },
    });
    const frames: Frame[] = [];
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) if (block.startsWith('event: reply')) frames.push(JSON.parse(block.slice(block.indexOf('data: ') + 6)));
      if (frames.length >= max) break;
    }
    return frames;
  }
  function textOf(frames: Frame[]): string {
    let words = '';
    for (const { type, at = 0, text = '' } of frames) if (type === 'text') words = [...words].slice(0, at).join('') + text;
    return words;
  }
  const long = Array.from({ length: 30 }, (_, i) => `wörd${i}🙂`).join(' ');

  test('streams a reply word by word, replays it from the start to a new client, and ends with the stored message', async () => {
    model.setBehaviour({ wordDelayMs: 40 });
    const messageId = await send(long);
    const [all, left] = await Promise.all([readFrames(messageId), readFrames(messageId, backend, 4)]);
    expect(all.filter(({ type }) => type === 'text').length).toBeGreaterThan(8);
    expect(left).toHaveLength(4);
    expect(textOf(all)).toBe(`You said: ${long}`);
    expect(all.at(-1)).toMatchObject({ type: 'done', message: { content: `You said: ${long}` } });
    const again = await readFrames(messageId);
    expect(again.map(({ type }) => type)).toEqual(['text', 'done']);
    const { messages } = (await backend.as(owner, 'GET', `/api/agents/${id}/messages?limit=2`)).body;
    expect(messages.map(({ id: each }: { id: string }) => each)).toEqual([all.at(-1)?.message?.id, messageId]);
    expect((await backend.as(stranger, 'GET', `/api/chat/${messageId}/stream`)).status).toBe(404);
  });

  test('streams a reply of another process and resumes the reply when that process stops', async () => {
    model.setBehaviour({ wordDelayMs: 150 });
    const other = await startBackendWithDocker('interaction-2', { ...shared, DATABASE_URL: backend.config.DATABASE_URL });
    const messageId = (await other.as(owner, 'POST', '/api/chat', { message: long, agentId: id, wait: false })).body.id;
    const reading = readFrames(messageId);
    await readFrames(messageId, other, 3);
    await other.stop();
    const frames = await reading;
    model.setBehaviour({ wordDelayMs: 0 });
    expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: `You said: ${long}` } });
    expect(model.requests.filter(({ words }) => words === long)).toHaveLength(2);
  });

  test('replyFromContainer matches a resumed message to its earlier reply by text and time', async () => {
    await post({ message: 'Known?' });
    const { said, agent } = await backend.context.database.as('service', async (tx) => ({
      said: await tx.message.findFirstOrThrow({ where: { agentId: id, content: 'Known?' } }),
      agent: await tx.agent.findUniqueOrThrow({ where: { id } }),
    }));
    const { sessionId, content: text } = said;
    const requests = () => model.requests.filter(({ words }) => words === text).length;
    const before = requests();
    const ask = (name: string, askedAt: Date) =>
      replyFromContainer(backend.context, agent, { id: name, sessionId, text, askedAt, resumed: true, onText: () => undefined });
    expect([await ask('msg_known', said.createdAt), requests()]).toEqual(['You said: Known?', before]);
    expect([await ask('msg_anew', new Date()), requests()]).toEqual(['You said: Known?', before + 1]);
  });

  test('ends with an error frame when the reply fails, also for a later client', async () => {
    model.setBehaviour({ failures: { '*': 401 } });
    const messageId = await send('Fail, please');
    const failed = { type: 'error', error: expect.stringMatching(/401|authentication/i), kind: 'unauthorized' };
    expect((await readFrames(messageId)).at(-1)).toEqual(failed);
    model.setBehaviour({ failures: {} });
    expect(await readFrames(messageId)).toEqual([failed]);
  });
});

describe('the logs of an agent', () => {
  test('have level and time, honour limit and level, and contain no secrets', async () => {
    await logLine(JSON.stringify({ level: 'error', subsystem: 'gateway', message: `a key ${SECRET} slipped` }));
    const last = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/logs?limit=5`)).body;
    // The gateway also logs lines of its own.
    const planted = ({ logs }: Awaited<ReturnType<typeof last>>) => logs.find(({ level }: { level: string }) => level === 'error');
    let body = await last();
    for (; !planted(body); body = await last()) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(body.logs).toHaveLength(5);
    expect(planted(body)).toEqual({
      id: expect.stringMatching(/^log_\d{19}$/),
      timestamp: expect.stringMatching(/Z$/),
      level: 'error',
      message: 'a key [redacted] slipped',
      source: 'gateway',
      agentId: id,
    });
    expect(body).toMatchObject({ limit: 5, status: 'ok', total: expect.any(Number) });
    const errors = (await backend.as(owner, 'GET', `/api/agents/${id}/logs?level=error`)).body;
    expect(errors.logs.every(({ level }: { level: string }) => level === 'error')).toBe(true);
  });

  const view = (user: string, lastEventId?: string) => openLogView(backend.url, user, id, lastEventId);

  test('reach all viewers through one engine stream, and resume after Last-Event-ID', async () => {
    const [one, two] = [await view(owner), await view(owner)];
    expect(one.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    await one.until(({ data }) => data.type === 'connected' && data.agentId === id);
    await logLine('first');
    const seen = await one.until(hasText('first'));
    await two.until(hasText('first'));
    const active = async (user: string) => (await backend.as(user, 'GET', '/api/logs/active')).body.streams;
    expect(await active(owner)).toEqual([{ agentId: id, clients: 2, lines: expect.any(Number) }]);
    expect(await active(stranger)).toEqual([]);
    const history = (await backend.as(owner, 'GET', `/api/logs/${id}/history`)).body;
    expect(history).toMatchObject({ agentId: id, streaming: true, clients: 2 });
    expect(history.lines).toContain('first');

    one.leave();
    await logLine('while away');
    await logLine(`with ${SECRET}`);
    const back = await view(owner, seen.id);
    await back.until(hasText('with [redacted]'));
    const texts = back.events.filter(({ data }) => data.type === 'line').map(({ data }) => data.text);
    expect(texts.filter((text) => text === 'first' || text === 'while away')).toEqual(['while away']);

    expect((await backend.as(stranger, 'POST', `/api/logs/${id}/stop`)).status).toBe(404);
    expect((await view(stranger)).response.status).toBe(404);
    expect((await backend.as(owner, 'POST', `/api/logs/${id}/stop`)).body).toEqual({ success: true });
    await back.ended;
    expect(await active(owner)).toEqual([]);
  });

  test('of a stopped agent send an exit event, keep the stored lines, and continue after the next start', async () => {
    const viewer = await view(owner);
    await viewer.until(hasText('while away'));
    await backend.machine(undefined, 'POST', `/api/agents/${id}/stop`);
    await viewer.until(({ data }) => data.type === 'exit' && data.code === 0);
    expect((await backend.as(owner, 'GET', `/api/agents/${id}/logs`)).body.logs.length).toBeGreaterThan(0);
    await backend.machine(undefined, 'POST', `/api/agents/${id}/start`);
    await logLine('after the stop');
    await viewer.until(hasText('after the stop'));
    const ids = viewer.events.flatMap((event) => event.id ?? []);
    expect(ids).toEqual([...new Set(ids)].sort());
    viewer.leave();
  });
});

test('GET /api/agents/:id/stats combines usage of the container with counts of the stored messages', async () => {
  const stats = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/stats`)).body;
  let body = await stats();
  // The first CPU figure of a new container needs two samples.
  for (; body.stats.cpu === 'N/A'; body = await stats()) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(body).toMatchObject({
    stats: {
      agentId: id,
      status: 'running',
      cpu: expect.stringMatching(/%$/),
      memory: expect.stringMatching(/MiB \/ \d/),
      messagesProcessed: 12,
      messagesPerHour: 12,
      averageResponseTime: expect.any(Number),
      successRate: '91.67',
      errorRate: '8.33',
    },
    status: 'ok',
  });
  expect((await backend.as(owner, 'GET', `/api/instance/${id}/stats`)).body).toMatchObject({
    userId: id,
    status: 'running',
    cpu: expect.stringMatching(/%$/),
  });
  expect((await backend.as(owner, 'GET', `/api/instance/${id}`)).body).toMatchObject({ userId: id, status: 'running', plan: 'label' });
  for (const path of [`/api/instance/${id}`, `/api/instance/${id}/stats`])
    expect((await backend.as(stranger, 'GET', path)).status).toBe(403);
});

test('an agent that moves from its model provider to a container keeps its conversation', async () => {
  const { database, boss } = backend.context;
  const { body } = await backend.as(owner, 'POST', '/api/agents', {
    name: 'Moved',
    model: 'custom',
    config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET },
  });
  const moved = body.id;
  const sessionId = await database.as('service', async (tx) => {
    const agent = await tx.agent.update({ where: { id: moved }, data: { runtime: 'api', state: 'running' } });
    const session = await openSession(tx, agent);
    const said = { agentId: moved, ownerId: agent.ownerId, sessionId: session.id };
    await tx.message.create({ data: { ...said, id: 'msg_before1', sender: 'user', content: 'The word is pineapple' } });
    await tx.message.create({ data: { ...said, id: 'msg_before2', sender: 'agent', content: 'I shall remember it' } });
    await tx.operation.deleteMany({ where: { agentId: moved } });
    await beginOperation(tx, boss, agent, 'provision', { keepsServing: true });
    return session.id;
  });
  // The agent also answers during the move.
  expect((await backend.as(owner, 'POST', '/api/chat', { agentId: moved, sessionId, message: 'Still there?' })).body.reply).toBe(
    'You said: Still there?',
  );
  await backend.settled(moved);
  expect(await database.as('service', (tx) => tx.agent.findUnique({ where: { id: moved } }))).toMatchObject({
    state: 'running',
    runtime: 'container',
  });
  const { reply } = (await backend.as(owner, 'POST', '/api/chat', { agentId: moved, sessionId, message: 'Which word?' })).body;
  expect(reply).toBe('You said: Which word?');
  const { body: asked } = model.requests.findLast(({ words }) => words === 'Which word?') ?? {};
  expect(JSON.stringify(asked)).toContain('The word is pineapple');
});
