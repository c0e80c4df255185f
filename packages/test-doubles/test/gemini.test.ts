import { ApiError, type Content, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startModelProvider } from '../src/model-provider.ts';

// Google's Gemini API: the double against Google's own client.

const KEY = 'AIza-the-right-one';
const model = 'gemini-2.0-flash';
const contents: Content[] = [
  { role: 'user', parts: [{ text: 'First' }] },
  { role: 'model', parts: [{ text: 'One' }] },
  { role: 'user', parts: [{ text: 'Good morning to you' }] },
];
const request = { model, contents, config: { systemInstruction: 'Be brief.' } };
let provider: Awaited<ReturnType<typeof startModelProvider>>;

// The client gives fetch a dispatcher that looks for Node's own one on the global object, which a test file has for itself.
const nodeFetch = globalThis.fetch;
beforeAll(async () => {
  globalThis.fetch = (input, init) => nodeFetch(input, { ...init, dispatcher: undefined } as RequestInit);
  provider = await startModelProvider({ apiKey: KEY });
});
afterEach(() => provider.setBehaviour({ failures: {}, streamFault: undefined, retryAfter: 1 }));
afterAll(async () => {
  globalThis.fetch = nodeFetch;
  await provider.close();
});

const client = (apiKey = KEY) => new GoogleGenAI({ apiKey, vertexai: false, httpOptions: { baseUrl: provider.url } }).models;
/** The status and the error object of a refused request. */
async function errorOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`No ApiError: ${error}`);
  return { http: error.status, ...JSON.parse(error.message).error } as {
    http: number;
    code: number;
    status: string;
    message: string;
    details?: object[];
  };
}
async function read(stream: AsyncIterable<GenerateContentResponse>) {
  const seen = { text: '', reason: undefined as string | undefined, output: 0 as number | undefined };
  for await (const { text, candidates, usageMetadata } of stream) {
    seen.text += text ?? '';
    seen.reason = candidates?.[0]?.finishReason ?? seen.reason;
    seen.output = usageMetadata?.candidatesTokenCount;
  }
  return seen;
}
const post = async (change: object, method = 'generateContent', headers: Record<string, string> = { 'x-goog-api-key': KEY }) => {
  const response = await fetch(`${provider.url}/v1beta/models/${model}:${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ contents, ...change }),
  });
  // Untyped, as JSON.parse returns it.
  const body: ReturnType<typeof JSON.parse> = await response.json();
  return { status: response.status, body };
};

describe('the Gemini API', () => {
  test('answers with text, finish reason and usage', async () => {
    const answer = await client().generateContent(request);
    expect([answer.text, answer.candidates?.[0]?.finishReason]).toEqual(['You said: Good morning to you', 'STOP']);
    expect(answer.usageMetadata?.candidatesTokenCount).toBe(6);
    expect(provider.requests.at(-1)).toMatchObject({
      provider: 'gemini',
      path: '/v1/models/gemini-2.0-flash:generateContent',
      key: KEY,
      system: 'Be brief.',
      messages: [
        { role: 'user', text: 'First' },
        { role: 'assistant', text: 'One' },
        { role: 'user', text: 'Good morning to you' },
      ],
    });
  });

  test('streams the words as events, and as one JSON array without alt=sse', async () => {
    expect(await read(await client().generateContentStream(request))).toEqual({
      text: 'You said: Good morning to you',
      reason: 'STOP',
      output: 6,
    });
    const { body } = await post({}, 'streamGenerateContent');
    expect(body).toHaveLength(7);
    expect(body[0].candidates[0].content).toEqual({ role: 'model', parts: [{ text: 'You ' }] });
    expect(body[6].candidates[0].finishReason).toBe('STOP');
  });

  test('ends with the reason MAX_TOKENS at the limit', async () => {
    const limited = { ...request, config: { maxOutputTokens: 2 } };
    const answer = await client().generateContent(limited);
    expect([answer.text, answer.candidates?.[0]?.finishReason]).toEqual(['You said: ', 'MAX_TOKENS']);
    expect(await read(await client().generateContentStream(limited))).toEqual({ text: 'You said: ', reason: 'MAX_TOKENS', output: 2 });
  });

  test.each([
    [403, 'PERMISSION_DENIED'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
  ])('answers %d as %s', async (code, status) => {
    provider.setBehaviour({ failures: { '*': code } });
    expect(await errorOf(client().generateContent(request))).toMatchObject({
      http: code,
      code,
      status,
      message: expect.stringContaining(KEY),
    });
  });

  test('says how long to wait in the details of a 429', async () => {
    provider.setBehaviour({ failures: { '*': 429 }, retryAfter: 12 });
    const { details } = await errorOf(client().generateContent(request));
    expect(details).toContainEqual({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' });
  });

  test('fails with an error in the stream, and when the connection is cut', async () => {
    provider.setBehaviour({ streamFault: { kind: 'error', afterWords: 2 } });
    await expect(client().generateContentStream(request).then(read)).rejects.toThrow(/UNAVAILABLE/);
    provider.setBehaviour({ streamFault: { kind: 'cut', afterWords: 2 } });
    await expect(client().generateContentStream(request).then(read)).rejects.toThrow();
  });
});

describe('a request that the Gemini API does not accept', () => {
  test.each<[string, object, string]>([
    ['an unknown field', { messages: [] }, 'Invalid JSON payload received. Unknown name "messages": Cannot find field.'],
    [
      'an unknown setting',
      { generationConfig: { max_tokens: 1 } },
      'Invalid JSON payload received. Unknown name "max_tokens" at \'generation_config\': Cannot find field.',
    ],
    [
      'an unknown field of a part',
      { contents: [{ parts: [{ type: 'text', text: 'x' }] }] },
      'Invalid JSON payload received. Unknown name "type" at \'contents[0].parts[0]\': Cannot find field.',
    ],
    ['the role assistant', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 'Please use a valid role: user, model.'],
    ['the role system', { contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, 'Please use a valid role: user, model.'],
    ['no contents', { contents: undefined }, '* GenerateContentRequest.contents: contents is not specified\n'],
    [
      'no parts',
      { contents: [{ role: 'user', parts: [] }] },
      '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n',
    ],
  ])('is refused with 400: %s', async (_case, change, message) => {
    expect(await post(change)).toMatchObject({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT', message } } });
  });

  test('is refused with 404 for a model that Google does not have', async () => {
    expect(await errorOf(client().generateContent({ ...request, model: 'claude-sonnet-4-5' }))).toMatchObject({
      http: 404,
      status: 'NOT_FOUND',
      message: 'models/claude-sonnet-4-5 is not found for API version v1beta, or is not supported for generateContent.',
    });
  });

  test('answers 400 to a wrong key, and 403 to a request without x-goog-api-key', async () => {
    expect(await errorOf(client('AIza-wrong').generateContent(request))).toMatchObject({
      http: 400,
      status: 'INVALID_ARGUMENT',
      message: 'API key not valid. Please pass a valid API key.',
      details: [{ reason: 'API_KEY_INVALID' }],
    });
    expect(await post({}, 'generateContent', { authorization: `Bearer ${KEY}` })).toMatchObject({
      status: 403,
      body: { error: { status: 'PERMISSION_DENIED' } },
    });
    expect((await post({}, `generateContent?key=${KEY}`, {})).status).toBe(200);
  });

  test('is refused with 404 below another path', async () => {
    const response = await fetch(`${provider.url}/v1beta/models/models/${model}:generateContent?key=${KEY}`, {
      method: 'POST',
      body: '{}',
    });
    expect(response.status).toBe(404);
  });
});
