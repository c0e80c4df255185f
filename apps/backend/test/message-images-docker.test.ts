import { randomBytes } from 'node:crypto';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';
import { imagesIn, sampleImages } from './sample-images.ts';

/** Messages with images to an agent with a real gateway, of any version (`OPENCLAW_VERSION`). */

const SECRET = canary('sk-');
const OPENCLAW_IMAGE = `agentbot/openclaw:${process.env.OPENCLAW_VERSION ?? '2026.3.13'}`;
const { png, gif, jpeg } = sampleImages;
const [PNG, GIF, JPEG] = [`data:image/png;base64,${png}`, `data:image/gif;base64,${gif}`, `data:image/jpeg;base64,${jpeg}`];
const shared = {
  ...(await takeAgentSlots()).settings,
  ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  OPENCLAW_IMAGE,
};
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let owner: string;
let id: string;
let sessionId: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackendWithDocker('images', shared);
  owner = await backend.account();
  id = await backend.provisionEcho(owner, { name: 'Seer', modelPort: model.port, apiKey: SECRET });
});
beforeEach(async () => {
  model.requests.length = 0;
  sessionId = (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
});
afterEach(() => model.setBehaviour({ delayMs: 0, script: () => undefined }));
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const bodyOf = (message: string, images: string[], more: object = {}) => ({
  message,
  images: images.map((data) => ({ data })),
  agentId: id,
  sessionId,
  ...more,
});
const send = async (message: string, images: string[]) => {
  const { status, body } = await backend.as(owner, 'POST', '/api/chat', bodyOf(message, images));
  return [status, body.reply ?? body.error];
};
const received = (words: string) => model.requests.filter((request) => request.words === words);
const sentFor = (words: string) => imagesIn(received(words).at(-1)?.body);

test('images reach the model unchanged, also with indented text, and are listed with their messages', async () => {
  expect(await send('What are these?', [png, jpeg])).toEqual([200, 'You said: What are these?']);
  expect(sentFor('What are these?')).toEqual([PNG, JPEG]);
  const indented = 'And this?\n    indented\n\ttab';
  expect(await send(indented, [gif])).toEqual([200, `You said: ${indented}`]);
  expect(sentFor(indented)).toContain(GIF);
  expect(await send('Without images', [])).toEqual([200, 'You said: Without images']);
  const { body } = await backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}`);
  expect(body.messages.map(({ images = [] }: { images?: object[] }) => images.length)).toEqual([0, 0, 0, 1, 0, 2]);
});

test('images of the maximum size reach the model', async () => {
  // A GIF may have other bytes after its end.
  const large = Buffer.concat([Buffer.from(gif, 'base64'), randomBytes(1_999_900)]).toString('base64');
  expect(await send('A large one', [large])).toEqual([200, 'You said: A large one']);
  expect(sentFor('A large one').map((url) => url.length)).toEqual([`data:image/gif;base64,${large}`.length]);
  // The transcript of the next run contains the image.
  expect(await send('And then?', [large])).toEqual([200, 'You said: And then?']);
});

test('a message with images is stopped by its sender, and the next one is answered', async () => {
  model.setBehaviour({ delayMs: 20_000 });
  const { body } = await backend.as(owner, 'POST', '/api/chat', bodyOf('Think long', [png], { wait: false }));
  await pollUntil('the model was asked', () => received('Think long').length > 0);
  expect((await backend.as(owner, 'POST', `/api/chat/${body.id}/cancel`)).body.outcome).toBe('stopped');
  await pollUntil('the model request is aborted', () => received('Think long')[0]?.abandoned === true);
  model.setBehaviour({ delayMs: 0 });
  expect((await send('Next', [gif]))[0]).toBe(200);
});

test('after SIGKILL of a process, another one sends the queued message with its images, and no message twice', async () => {
  const { DATABASE_URL, INSTALLATION } = backend.config;
  const child = await startChildBackend({ ...shared, DATABASE_URL, INSTALLATION });
  try {
    model.setBehaviour({ delayMs: 3_000 });
    const sent = [bodyOf('Before the kill', [png], { wait: false }), bodyOf('After the kill', [jpeg, gif], { wait: false })];
    for (const body of sent) expect((await child.call('POST', '/api/chat', body)).status).toBe(200);
    await pollUntil('the model has the first message', () => received('Before the kill').length > 0);
    await child.kill();
    const replies = () =>
      backend.context.database.as('service', (tx) =>
        tx.reply.findMany({ where: { message: { sessionId } }, include: { answer: true }, orderBy: { message: { seq: 'asc' } } }),
      );
    const isOver = async () => (await replies()).every(({ state }) => state !== 'pending');
    await pollUntil('both messages have a reply', isOver, { seconds: 90, everyMs: 200 });
    expect((await replies()).map(({ answer }) => answer?.content)).toEqual(['You said: Before the kill', 'You said: After the kill']);
    expect([received('Before the kill').length, received('After the kill').length]).toEqual([1, 1]);
    expect(sentFor('Before the kill')).toEqual([PNG]);
    expect(sentFor('After the kill').slice(-2)).toEqual([JPEG, GIF]);
  } finally {
    await child.stop();
  }
});

test('a model that refuses images: its reason, and what to do', async () => {
  const refusal = JSON.stringify({ error: { message: 'This model does not support image input' } });
  model.setBehaviour({ script: () => ({ status: 400, type: 'application/json', steps: [refusal] }) });
  const [status, error] = await send('Look', [png]);
  expect(status).toBe(500);
  expect(error).toMatch(/image.*Choose a model that reads images, or begin a new conversation without them$/i);
});
