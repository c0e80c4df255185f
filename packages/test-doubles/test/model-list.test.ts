import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { startModelProvider } from '../src/model-provider.ts';

// The lists of models: the double against OpenAI's own client and the forms of the providers' references.

const KEY = 'sk-the-right-one';
let provider: Awaited<ReturnType<typeof startModelProvider>>;

beforeAll(async () => {
  provider = await startModelProvider({ apiKey: KEY });
});
afterEach(() => provider.setBehaviour({ lists: {}, listFailure: undefined, acceptedKeys: {} }));
afterAll(() => provider.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(provider.url + path, { headers });
  return { status: response.status, body: (await response.json()) as ReturnType<typeof JSON.parse> };
};
const anthropic = (key: string) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });

test.each([
  ['/v1', 'gpt-4o-mini'],
  ['/openai/v1', 'llama-3.3-70b-versatile'],
])('OpenAI’s client reads the list below %s', async (path, id) => {
  const list = await new OpenAI({ apiKey: KEY, baseURL: provider.url + path }).models.list();
  expect(list.data[0]).toMatchObject({ id, object: 'model', owned_by: 'test-doubles' });
});

describe('a wrong or missing key is refused in the provider’s own form', () => {
  test.each<[string, Record<string, string>, number, object]>([
    ['/v1/models', { authorization: 'Bearer wrong' }, 401, { error: { code: 'invalid_api_key' } }],
    ['/v1/models', {}, 401, { error: { type: 'invalid_request_error' } }],
    ['/openai/v1/models', { authorization: 'Bearer wrong' }, 401, { error: { message: 'Invalid API Key' } }],
    ['/v1/models', anthropic('wrong'), 401, { type: 'error', error: { type: 'authentication_error' } }],
    ['/v1beta/models', { 'x-goog-api-key': 'wrong' }, 400, { error: { details: [{ reason: 'API_KEY_INVALID' }] } }],
    ['/v1beta/models', {}, 403, { error: { status: 'PERMISSION_DENIED' } }],
    ['/api/v1/key', { authorization: 'Bearer wrong' }, 401, { error: { message: 'User not found.', code: 401 } }],
  ])('%s with %j', async (path, headers, status, body) => {
    expect(await get(path, headers)).toMatchObject({ status, body });
  });
});

test('OpenRouter’s list needs no key, and has prices per token', async () => {
  const { status, body } = await get('/api/v1/models');
  expect([status, body.data[0]]).toMatchObject([200, { context_length: 128_000, pricing: { prompt: '0.00000015' } }]);
  expect(await get('/api/v1/key', { authorization: `Bearer ${KEY}` })).toMatchObject({ status: 200, body: { data: { usage: 0 } } });
});

test('Anthropic’s list has pages, and needs its version header', async () => {
  const first = await get('/v1/models?limit=2', anthropic(KEY));
  expect(first.body).toMatchObject({ has_more: true, first_id: 'claude-opus-4-6', last_id: 'claude-sonnet-4-5' });
  const second = await get('/v1/models?limit=2&after_id=claude-sonnet-4-5', anthropic(KEY));
  expect(second.body).toMatchObject({ has_more: false, data: [{ id: 'claude-haiku-4-5', type: 'model' }] });
  expect((await get('/v1/models', { 'x-api-key': KEY })).status).toBe(400);
  expect((await get('/v1/models?limit=1001', anthropic(KEY))).status).toBe(400);
});

test('Google’s list has pages, and models that generate no content', async () => {
  const first = await get('/v1beta/models?pageSize=1', { 'x-goog-api-key': KEY });
  expect(first.body).toMatchObject({ models: [{ name: 'models/gemini-2.0-flash', inputTokenLimit: 1_048_576 }], nextPageToken: '1' });
  const second = await get('/v1beta/models?pageSize=1&pageToken=1', { 'x-goog-api-key': KEY });
  expect(second.body).toMatchObject({ models: [{ supportedGenerationMethods: ['embedContent'] }] });
  expect(second.body.nextPageToken).toBeUndefined();
});
