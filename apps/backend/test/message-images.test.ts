import { randomBytes } from 'node:crypto';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { assertion, startBackend, type TestBackend } from './backend.ts';
import { imagesIn, sampleImages } from './sample-images.ts';

/** Messages with images to agents without a container. */

const SECRET = canary('model-key-');
const { png, gif, webp, jpeg } = sampleImages;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;
let id: string;
let sessionId: string;

const provision = async (config: object, name = 'Seer') =>
  (await backend.as(owner, 'POST', '/api/agents/provision', { name, model: 'custom', config })).body.agent.id as string;
const openSession = async (agentId = id) =>
  (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId })).body.sessionId as string;
const send = (message: string, images: string[], more: object = {}) =>
  backend.as(owner, 'POST', '/api/chat', { message, images: images.map((data) => ({ data })), agentId: id, sessionId, ...more });
const sentFor = (words: string) => imagesIn(model.requests.findLast((request) => request.words === words)?.body);
const stored = async (): Promise<{ content: string; images?: { id: string; type: string }[] }[]> =>
  (await backend.as(owner, 'GET', `/api/agents/${id}/messages?sessionId=${sessionId}`)).body.messages;
/** Reads an image as a client does. */
async function read(agentId: string, imageId: string, user = owner) {
  const headers = { authorization: `Bearer ${await assertion(user)}` };
  const response = await fetch(`${backend.url}/api/agents/${agentId}/images/${imageId}`, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    base64: Buffer.from(await response.arrayBuffer()).toString('base64'),
  };
}
const count = (where: object) => backend.context.database.as('service', (tx) => tx.messageImage.count({ where }));

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  backend = await startBackend({
    ANTHROPIC_BASE_URL: model.url,
    GEMINI_BASE_URL: `${model.url}/v1beta`,
    OPENAI_BASE_URL: `${model.url}/v1`,
  });
  owner = await backend.account();
  id = await provision({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: SECRET });
});
beforeEach(async () => {
  model.requests.length = 0;
  sessionId = await openSession();
});
afterEach(() => model.setBehaviour({ failures: {}, script: () => undefined }));
afterAll(async () => {
  await backend.stop();
  await model.close();
});

test('images reach the model in their order, are listed with the message, and can be read', async () => {
  expect(await send('What are these?', [png, jpeg, webp, gif])).toMatchObject({
    status: 200,
    body: { reply: 'You said: What are these?' },
  });
  expect(sentFor('What are these?')).toEqual([
    `data:image/png;base64,${png}`,
    `data:image/jpeg;base64,${jpeg}`,
    `data:image/webp;base64,${webp}`,
    `data:image/gif;base64,${gif}`,
  ]);
  const [reply, message] = await stored();
  expect(reply).not.toHaveProperty('images');
  expect(message?.images?.map(({ type }) => type)).toEqual(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
  const files = await Promise.all(message?.images?.map((image) => read(id, image.id)) ?? []);
  expect(files.map(({ type, base64 }) => [type, base64])).toEqual([
    ['image/png', png],
    ['image/jpeg', jpeg],
    ['image/webp', webp],
    ['image/gif', gif],
  ]);
});

test.each([
  ['anthropic', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-2.0-flash'],
  ['openai', 'gpt-4o'],
])('an image reaches a model of %s', async (aiProvider, name) => {
  const body = { name: aiProvider, model: 'gpt-4', config: { aiProvider, apiKey: SECRET } };
  const agentId = (await backend.as(owner, 'POST', '/api/agents/provision', body)).body.agent.id;
  expect((await backend.as(owner, 'PUT', `/api/agents/${agentId}/config`, { model: name })).status).toBe(200);
  const answer = await send('Look', [png], { agentId, sessionId: await openSession(agentId) });
  expect(answer).toMatchObject({ status: 200, body: { reply: 'You said: Look' } });
  expect(sentFor('Look')).toEqual([`data:image/png;base64,${png}`]);
});

test('later messages have the images before them, except those of a message whose reply failed', async () => {
  await send('First', [png]);
  model.setBehaviour({ failures: { '*': 401 } });
  expect((await send('Failed', [gif])).status).toBe(500);
  model.setBehaviour({ failures: {} });
  expect((await send('Later', [jpeg])).status).toBe(200);
  expect(sentFor('Later')).toEqual([`data:image/png;base64,${png}`, `data:image/jpeg;base64,${jpeg}`]);
});

test('a prompt has the images of the newest messages, up to 8,000,000 bytes', async () => {
  const large = (first: number) => Buffer.concat([Buffer.from(gif, 'base64'), randomBytes(1_900_000), Buffer.of(first)]).toString('base64');
  const images = [1, 2, 3, 4, 5].map(large);
  for (const [index, image] of images.entries()) expect((await send(`Image ${index}`, [image])).status).toBe(200);
  expect(sentFor('Image 4')).toEqual(images.slice(1).map((data) => `data:image/gif;base64,${data}`));
});

describe('a request is refused with 400, and nothing is stored, when', () => {
  const text = Buffer.from('Not an image').toString('base64');
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64');
  const over = Buffer.concat([Buffer.from(gif, 'base64'), Buffer.alloc(1_000_001)]).toString('base64');
  test.each([
    ['a file is text', [text], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['a file is SVG', [svg], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['one of two is no image', [png, text], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['an image is a data URL', [`data:image/png;base64,${png}`], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['base64 has a line break', [`${png.slice(0, 20)}\n${png.slice(20)}`], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['an image is empty', [''], 'Images must be PNG, JPEG, WebP or GIF files in base64'],
    ['there are five', [png, png, png, png, png], 'A message must have at most 4 images'],
    ['they have together over 2,000,000 bytes', [over, over], 'Images must have together at most 2,000,000 bytes'],
  ])('%s', async (_case, images, error) => {
    expect(await send('Look', images)).toMatchObject({ status: 400, body: { error } });
    expect(await stored()).toEqual([]);
    expect(model.requests).toEqual([]);
  });

  test('the message has no text', async () => {
    expect(await send(' ', [png])).toMatchObject({ status: 400, body: { error: 'Message required' } });
  });

  test('the model is known to read text only', async () => {
    const body = { name: 'Reader', model: 'gpt-4', config: { aiProvider: 'openai', apiKey: SECRET } };
    const agentId = (await backend.as(owner, 'POST', '/api/agents/provision', body)).body.agent.id;
    const answer = await send('Look', [png], { agentId, sessionId: await openSession(agentId) });
    const error = 'The model gpt-4 cannot read images. Choose another model, or describe the image in words';
    expect(answer).toMatchObject({ status: 400, body: { error } });
  });
});

test('a model that refuses images: its reason, and what to do', async () => {
  const refusal = JSON.stringify({ error: { message: 'Invalid content type. image_url is only supported by certain models.' } });
  model.setBehaviour({ script: () => ({ status: 400, type: 'application/json', steps: [refusal] }) });
  expect(await send('Look', [png])).toMatchObject({
    status: 500,
    body: {
      kind: 'bad_response',
      error:
        'The model provider failed (400: Invalid content type. image_url is only supported by certain models.). Choose a model that reads images, or begin a new conversation without them',
    },
  });
});

describe('an image', () => {
  test('is 404 under another agent, and for another user', async () => {
    await send('Mine', [png]);
    const image = (await stored())[1]?.images?.[0]?.id ?? '';
    const other = await provision({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: SECRET }, 'Other');
    expect((await read(id, image)).status).toBe(200);
    expect((await read(other, image)).status).toBe(404);
    expect((await read(id, image, await backend.account())).status).toBe(404);
  });

  test('is deleted with its conversation, and with its agent', async () => {
    const agentId = await provision({ baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: SECRET }, 'Short-lived');
    const [first, second] = [await openSession(agentId), await openSession(agentId)];
    await send('One', [png, gif], { agentId, sessionId: first });
    await send('Two', [png], { agentId, sessionId: second });
    expect(await count({ agentId })).toBe(3);
    await backend.as(owner, 'DELETE', `/api/agents/${agentId}/conversations/${first}`);
    expect(await count({ agentId })).toBe(1);
    await backend.as(owner, 'DELETE', `/api/agents/${agentId}`);
    await backend.settled(agentId);
    expect(await count({ agentId })).toBe(0);
  });

  test('past 100 MB of an agent is refused with 409, also when two messages arrive at once', async () => {
    await send('Mine', [png]);
    const size = Buffer.from(gif, 'base64').length;
    await backend.context.database.as('service', async (tx) => {
      const { messageId, size: first } = await tx.messageImage.findFirstOrThrow({ where: { agentId: id, message: { sessionId } } });
      const { _sum: sum } = await tx.messageImage.aggregate({ where: { agentId: id }, _sum: { size: true } });
      // Room for one image of two.
      const rest = 100_000_000 - (sum.size ?? first) - size;
      const row = { id: 'img_large', messageId, agentId: id, ownerId: owner, position: 1, type: 'image/gif', bytes: new Uint8Array(1) };
      await tx.messageImage.create({ data: { ...row, size: rest } });
    });
    const answers = await Promise.all(['At once', 'Both'].map(async (text) => send(text, [gif], { sessionId: await openSession() })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'IMAGES_FULL',
      error: "The images in this agent's conversations have 100 MB. Delete a conversation with images, then try again",
    });
    expect((await send('Words alone', [])).status).toBe(200);
  });
});
