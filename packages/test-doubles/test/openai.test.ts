import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { signInPage, startModelProvider } from '../src/model-provider.ts';

// OpenAI, OpenRouter and Groq: the double against OpenAI's own client, which the three services document for their API.

const KEY = 'sk-the-right-one';
let provider: Awaited<ReturnType<typeof startModelProvider>>;

beforeAll(async () => {
  provider = await startModelProvider({ apiKey: KEY });
});
afterEach(() => provider.setBehaviour({ failures: {}, streamFault: undefined, instead: undefined, retryAfter: 1, delayMs: 0 }));
afterAll(() => provider.close());

const paths = { openai: '/v1', openrouter: '/api/v1', groq: '/openai/v1' };
type Service = keyof typeof paths;
const models: Record<Service, string> = { openai: 'gpt-4o-mini', openrouter: 'xiaomi/mimo-v2-pro', groq: 'llama-3.3-70b-versatile' };
const services = Object.keys(paths) as Service[];
const client = (service: Service, apiKey = KEY) => new OpenAI({ apiKey, baseURL: provider.url + paths[service], maxRetries: 0 });
const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'First' },
  { role: 'assistant', content: 'One' },
  { role: 'user', content: 'Good morning to you' },
];
const body = (service: Service) => ({ model: models[service], messages });
/** The error that the client throws. */
async function errorOf(request: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`No APIError: ${error}`);
  return error;
}
/** Reads a stream. @returns the text and the last values of finish reason and usage */
async function read(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  const seen = { text: '', reason: '' as string | null | undefined, usage: undefined as OpenAI.CompletionUsage | null | undefined };
  for await (const { choices, usage } of stream) {
    seen.text += choices[0]?.delta.content ?? '';
    seen.reason = choices[0]?.finish_reason ?? seen.reason;
    seen.usage = usage ?? seen.usage;
  }
  return seen;
}
const stream = (service: Service, more: object = {}) =>
  client(service).chat.completions.create({ ...body(service), stream: true, ...more });

describe.each(services)('%s', (service) => {
  test('answers with text, finish reason and usage', async () => {
    const answer = await client(service).chat.completions.create(body(service));
    expect(answer.choices).toMatchObject([
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'You said: Good morning to you' } },
    ]);
    expect(answer.usage?.completion_tokens).toBe(6);
    expect(answer.usage?.total_tokens).toBe(6 + (answer.usage?.prompt_tokens ?? 0));
    expect(provider.requests.at(-1)).toMatchObject({
      provider: service,
      path: `${paths[service]}/chat/completions`,
      key: KEY,
      system: 'Be brief.',
      messages: [
        { role: 'user', text: 'First' },
        { role: 'assistant', text: 'One' },
        { role: 'user', text: 'Good morning to you' },
      ],
    });
  });

  test('streams the words, and the usage as asked', async () => {
    expect(await read(await stream(service, { stream_options: { include_usage: true } }))).toMatchObject({
      text: 'You said: Good morning to you',
      reason: 'stop',
      usage: { completion_tokens: 6 },
    });
    // OpenRouter reports the usage always.
    expect((await read(await stream(service))).usage === undefined).toBe(service !== 'openrouter');
  });

  test('ends with the reason "length" at max_tokens', async () => {
    const answer = await client(service).chat.completions.create({ ...body(service), max_tokens: 2 });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'You said: ' } });
    expect(await read(await stream(service, { max_tokens: 3 }))).toMatchObject({ text: 'You said: Good ', reason: 'length' });
  });

  test('refuses a wrong key with 401', async () => {
    expect(await errorOf(client(service, 'sk-wrong').chat.completions.create(body(service)))).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  test('asks a client to wait with 429 and Retry-After; the client does', async () => {
    provider.setBehaviour({ failures: { '*': 429 }, retryAfter: 7 });
    const error = await errorOf(client(service).chat.completions.create(body(service)));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.headers?.get('retry-after')).toBe('7');
    if (service !== 'openrouter') expect(error.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    provider.setBehaviour({ failures: { '*': [429] }, retryAfter: 1 });
    const began = Date.now();
    const patient = client(service).withOptions({ maxRetries: 1 });
    expect((await patient.chat.completions.create(body(service))).choices[0]?.message.content).toBe('You said: Good morning to you');
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  test('fails with an error in the stream, and when the connection is cut', async () => {
    provider.setBehaviour({ streamFault: { kind: 'error', afterWords: 2 } });
    expect(await errorOf(stream(service).then(read))).toBeInstanceOf(OpenAI.APIError);
    provider.setBehaviour({ streamFault: { kind: 'cut', afterWords: 2 } });
    await expect(stream(service).then(read)).rejects.toThrow();
    provider.setBehaviour({ streamFault: { kind: 'ends', afterWords: 2 } });
    expect(await read(await stream(service))).toMatchObject({ text: 'You said: ', reason: '' });
  });
});

/** Each service's own error body, as its documentation and its users' reports show it. */
const overloaded = { openai: 'That model is currently overloaded with other requests.', groq: 'Service Unavailable' };
test.each<[Service, number, string | undefined, string | null | undefined, string]>([
  ['openai', 403, 'request_forbidden', 'unsupported_country_region_territory', 'Country, region, or territory not supported'],
  [
    'openai',
    429,
    'requests',
    'rate_limit_exceeded',
    'Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 500, Used 500, Requested 1.',
  ],
  ['openai', 500, 'server_error', null, 'The server had an error while processing your request. Sorry about that!'],
  ['openai', 503, 'server_error', null, overloaded.openai],
  ['openrouter', 402, undefined, '402', 'Insufficient credits. Add more using https://openrouter.ai/settings/credits'],
  ['openrouter', 429, undefined, '429', 'Provider returned error'],
  ['groq', 413, 'tokens', 'rate_limit_exceeded', 'Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000.'],
  ['groq', 503, 'internal_server_error', undefined, overloaded.groq],
])('%s answers %d with type %p and code %p', async (service, status, type, code, sentence) => {
  provider.setBehaviour({ failures: { '*': status } });
  const error = await errorOf(client(service).chat.completions.create(body(service)));
  expect([error.status, error.type, error.code === null || error.code === undefined ? error.code : String(error.code)]).toEqual([
    status,
    type,
    code,
  ]);
  expect(error.message).toContain(sentence);
});

describe('a request that the service does not accept', () => {
  const post = async (service: Service, change: object) => {
    const { error, status } = await errorOf(client(service).post('/chat/completions', { body: { ...body(service), ...change } }));
    return { status, ...(error as { message: string; code?: string | number | null; type?: string; param?: string | null }) };
  };

  test.each<[Service, string, object, object]>([
    [
      'openai',
      'an unknown field',
      { colour: 1 },
      { message: 'Unrecognized request argument supplied: colour', type: 'invalid_request_error', param: null, code: null },
    ],
    [
      'openai',
      'no messages',
      { messages: undefined },
      { message: "Missing required parameter: 'messages'.", code: 'missing_required_parameter', param: 'messages' },
    ],
    ['openai', 'an unknown role', { messages: [{ role: 'model', content: 'x' }] }, { code: 'invalid_value', param: 'messages[0].role' }],
    [
      'openai',
      'an unknown field of a message',
      { messages: [{ role: 'user', content: 'x', id: 1 }] },
      { code: 'unknown_parameter', param: 'messages[0].id' },
    ],
    ['openai', 'stream_options without a stream', { stream_options: { include_usage: true } }, { param: 'stream_options' }],
    ['openai', 'more tokens than the model has', { max_tokens: 20_000 }, { code: 'invalid_value', param: 'max_tokens' }],
    ['groq', 'an unknown field', { store_it: true }, { message: "property 'store_it' is unsupported", type: 'invalid_request_error' }],
    [
      'groq',
      'an unknown field of a message',
      { messages: [{ role: 'user', content: 'x', timestamp: 1 }] },
      {
        message: "'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'timestamp' is unsupported)]",
      },
    ],
    ['openrouter', 'a model without its maker', { model: 'gpt-4o' }, { message: 'gpt-4o is not a valid model ID', code: 400 }],
  ])('is refused by %s with 400: %s', async (service, _case, change, expected) => {
    expect(await post(service, change)).toMatchObject({ status: 400, ...expected });
  });

  test('is refused with 404 for a model that the service does not have', async () => {
    expect(await post('groq', { model: 'gpt-4o' })).toMatchObject({ status: 404, code: 'model_not_found' });
    const few = await startModelProvider({ models: ['gpt-4o'] });
    const openai = new OpenAI({ apiKey: KEY, baseURL: few.baseUrl, maxRetries: 0 });
    const error = await errorOf(openai.chat.completions.create(body('openai')));
    expect([error.status, error.code]).toEqual([404, 'model_not_found']);
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o']);
    await few.close();
  });

  test('is refused with 404 below another path, and with 401 without a Bearer key', async () => {
    const post = (path: string, headers: Record<string, string>) =>
      fetch(provider.url + path, { method: 'POST', headers, body: JSON.stringify(body('openai')) });
    expect((await post('/v1/v1/chat/completions', { authorization: `Bearer ${KEY}` })).status).toBe(404);
    for (const headers of [{}, { authorization: KEY }, { 'x-api-key': KEY }, { 'x-goog-api-key': KEY }]) {
      expect((await post('/v1/chat/completions', headers as Record<string, string>)).status).toBe(401);
    }
  });

  test('OpenRouter passes unknown fields to the model', async () => {
    expect(await client('openrouter').post('/chat/completions', { body: { ...body('openrouter'), transforms: [] } })).toMatchObject({
      object: 'chat.completion',
    });
  });
});

test('OpenRouter begins a stream with a comment while the model is slow; the others send nothing', async () => {
  provider.setBehaviour({ delayMs: 300 });
  const open = async (service: Service) => {
    const began = Date.now();
    const response = await fetch(`${provider.url}${paths[service]}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ ...body(service), stream: true }),
    });
    const headersAfter = Date.now() - began;
    return { headersAfter, text: await response.text() };
  };
  const router = await open('openrouter');
  expect(router.headersAfter).toBeLessThan(250);
  expect(router.text).toMatch(/^: OPENROUTER PROCESSING\n\ndata: \{/);
  const groq = await open('groq');
  expect(groq.headersAfter).toBeGreaterThanOrEqual(290);
  expect(groq.text).toMatch(/^data: \{/);
});

test('a page with status 200 is no completion', async () => {
  provider.setBehaviour({ instead: signInPage });
  expect(await client('openai').chat.completions.create(body('openai'))).not.toHaveProperty('choices');
});
