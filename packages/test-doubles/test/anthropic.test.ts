import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startModelProvider } from '../src/model-provider.ts';

// Anthropic's Messages API: the double against Anthropic's own client.

const KEY = 'sk-ant-the-right-one';
const model = 'claude-sonnet-4-5';
const messages: Anthropic.MessageParam[] = [
  { role: 'user', content: 'First' },
  { role: 'assistant', content: 'One' },
  { role: 'user', content: [{ type: 'text', text: 'Good morning to you' }] },
];
const body = { model, max_tokens: 1_000, system: 'Be brief.', messages };
let provider: Awaited<ReturnType<typeof startModelProvider>>;

// The client warns that the contract's model will be retired.
const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeAll(async () => {
  provider = await startModelProvider({ apiKey: KEY });
});
afterEach(() => provider.setBehaviour({ failures: {}, streamFault: undefined, retryAfter: 1 }));
afterAll(async () => {
  warn.mockRestore();
  await provider.close();
});

const client = (apiKey = KEY) => new Anthropic({ apiKey, baseURL: provider.url, maxRetries: 0 });
async function errorOf(request: PromiseLike<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Anthropic.APIError)) throw new Error(`No APIError: ${error}`);
  return error;
}
const detailOf = ({ status, error }: InstanceType<typeof Anthropic.APIError>) => {
  const { error: detail } = error as { error: { type: string; message: string } };
  return [status, detail.type, detail.message];
};

describe('the Messages API', () => {
  test('answers with text, stop reason and usage', async () => {
    const answer = await client().messages.create(body);
    expect(answer).toMatchObject({
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'You said: Good morning to you' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 6 },
    });
    expect(answer._request_id).toMatch(/^req_/);
    expect(provider.requests.at(-1)).toMatchObject({
      provider: 'anthropic',
      path: '/v1/messages',
      key: KEY,
      system: 'Be brief.',
      messages: [
        { role: 'user', text: 'First' },
        { role: 'assistant', text: 'One' },
        { role: 'user', text: 'Good morning to you' },
      ],
    });
  });

  test('streams the words as the client assembles them', async () => {
    const stream = client().messages.stream(body);
    const words: string[] = [];
    stream.on('text', (word) => words.push(word));
    expect(await stream.finalMessage()).toMatchObject({
      content: [{ type: 'text', text: 'You said: Good morning to you' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 6 },
    });
    expect(words).toEqual(['You ', 'said: ', 'Good ', 'morning ', 'to ', 'you']);
  });

  test('ends with the reason "max_tokens" at the limit', async () => {
    const limited = { ...body, max_tokens: 2 };
    expect(await client().messages.create(limited)).toMatchObject({ content: [{ text: 'You said: ' }], stop_reason: 'max_tokens' });
    expect(await client().messages.stream(limited).finalMessage()).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { output_tokens: 2 },
    });
  });

  test.each([
    [403, 'permission_error', Anthropic.PermissionDeniedError],
    [413, 'request_too_large', Anthropic.APIError],
    [429, 'rate_limit_error', Anthropic.RateLimitError],
    [500, 'api_error', Anthropic.InternalServerError],
    [529, 'overloaded_error', Anthropic.InternalServerError],
  ])('answers %d as %s', async (status, type, errorClass) => {
    provider.setBehaviour({ failures: { '*': status } });
    const error = await errorOf(client().messages.create(body));
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ status, type, requestID: expect.stringMatching(/^req_/) });
    expect(error.message).toContain(KEY);
  });

  test('asks a client to wait with Retry-After and the rate-limit headers; the client does', async () => {
    provider.setBehaviour({ failures: { '*': 429 }, retryAfter: 9 });
    const { headers } = await errorOf(client().messages.create(body));
    expect([headers?.get('retry-after'), headers?.get('anthropic-ratelimit-requests-remaining')]).toEqual(['9', '0']);
    provider.setBehaviour({ failures: { '*': [429] }, retryAfter: 1 });
    const began = Date.now();
    expect((await client().withOptions({ maxRetries: 1 }).messages.create(body)).stop_reason).toBe('end_turn');
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  test('fails with an error in the stream, and when the connection is cut', async () => {
    provider.setBehaviour({ streamFault: { kind: 'error', afterWords: 2 } });
    const error = await errorOf(client().messages.stream(body).finalMessage());
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    provider.setBehaviour({ streamFault: { kind: 'cut', afterWords: 2 } });
    await expect(client().messages.stream(body).finalMessage()).rejects.toThrow();
  });
});

describe('a request that the Messages API does not accept', () => {
  test.each<[string, object, string]>([
    ['an unknown field', { colour: 1 }, 'colour: Extra inputs are not permitted'],
    ['a field of OpenAI’s API', { max_completion_tokens: 5 }, 'max_completion_tokens: Extra inputs are not permitted'],
    [
      'an unknown field of a message',
      { messages: [{ role: 'user', content: 'x', id: 1 }] },
      'messages.0.id: Extra inputs are not permitted',
    ],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    [
      'more tokens than the model has',
      { max_tokens: 64_001 },
      `max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for ${model}`,
    ],
    ['no message', { messages: [] }, 'messages: at least one message is required'],
    ['an answer first', { messages: [...messages].reverse().slice(1) }, 'messages: first message must use the "user" role'],
    [
      'a system message',
      { messages: [{ role: 'system', content: 'x' }] },
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    ],
    [
      'an empty text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'messages: text content blocks must be non-empty',
    ],
    [
      'an empty message',
      { messages: [{ role: 'user', content: '' }] },
      'messages.0: all messages must have non-empty content except for the optional final assistant message',
    ],
    [
      'a space at the end of a begun answer',
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'y ' },
        ],
      },
      'messages: final assistant content cannot end with trailing whitespace',
    ],
  ])('is refused with 400: %s', async (_case, change, sentence) => {
    const error = await errorOf(client().post('/v1/messages', { body: { ...body, ...change } }));
    expect(detailOf(error)).toEqual([400, 'invalid_request_error', sentence]);
  });

  test('is accepted with two messages of one role after each other', async () => {
    const twice = [{ role: 'user', content: 'One' } as const, { role: 'user', content: 'Two' } as const];
    expect((await client().messages.create({ ...body, messages: twice })).content).toMatchObject([{ text: 'You said: Two' }]);
  });

  test('is refused without the version and without the key in a header of Anthropic’s', async () => {
    expect(detailOf(await errorOf(client().messages.create(body, { headers: { 'anthropic-version': null } })))).toEqual([
      400,
      'invalid_request_error',
      'anthropic-version: header is required',
    ]);
    expect(detailOf(await errorOf(client('sk-ant-wrong').messages.create(body)))).toEqual([
      401,
      'authentication_error',
      'invalid x-api-key',
    ]);
    const refused = async (headers: Record<string, string>) => {
      const version = { 'anthropic-version': '2023-06-01' };
      const response = await fetch(`${provider.url}/v1/messages`, {
        method: 'POST',
        headers: { ...version, ...headers },
        body: JSON.stringify(body),
      });
      return response.status;
    };
    expect(await refused({ 'x-api-key': KEY })).toBe(200);
    expect(await refused({ 'x-goog-api-key': KEY })).toBe(401);
    expect(await refused({ authorization: KEY })).toBe(401);
  });

  test('is refused with 404 for a model that Anthropic does not have', async () => {
    const error = await errorOf(client().messages.create({ ...body, model: 'anthropic/claude-sonnet-4-5' }));
    expect(detailOf(error)).toEqual([404, 'not_found_error', 'model: anthropic/claude-sonnet-4-5']);
  });
});
