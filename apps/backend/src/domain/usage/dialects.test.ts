import { describe, expect, test } from '@jest/globals';
import { modelDialects } from './dialects.ts';
import { createUsageReader } from './usage-reader.ts';

// The forms of requests and responses are those of the providers' own references.

const { 'openai-completions': openai, 'anthropic-messages': anthropic, 'google-generative-ai': google } = modelDialects;
const messages = [{ role: 'user', content: 'Hello' }];
const sse = (...events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('');
function read(dialect: typeof openai, text: string, isEventStream = true) {
  const whole = createUsageReader(dialect, isEventStream);
  whole.feed(Buffer.from(text));
  const bytewise = createUsageReader(dialect, isEventStream);
  for (const byte of Buffer.from(text)) bytewise.feed(Uint8Array.of(byte));
  const reading = whole.end();
  expect(bytewise.end()).toEqual(reading);
  return reading;
}
const usage = { input: 0, cached: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0, reasoning: 0 };

describe('requests', () => {
  test('are read in each dialect', () => {
    const plain = { namesOtherModels: false, pictures: 0, extra: undefined };
    expect(openai.read('/chat/completions', { model: 'm', stream: true, max_completion_tokens: 5, max_tokens: 6, messages })).toEqual({
      model: 'm',
      stream: true,
      maxOutput: 5,
      ...plain,
    });
    expect(openai.read('/chat/completions', { model: 'm', messages })).toEqual({
      model: 'm',
      stream: false,
      maxOutput: undefined,
      ...plain,
    });
    expect(anthropic.read('/v1/messages', { model: 'c', max_tokens: 7, messages })).toEqual({
      model: 'c',
      stream: false,
      maxOutput: 7,
      ...plain,
    });
    expect(google.read('/models/g%2D1:streamGenerateContent', { generationConfig: { maxOutputTokens: 8 } })).toEqual({
      model: 'g-1',
      stream: true,
      maxOutput: 8,
      ...plain,
    });
  });

  test.each([
    [openai, '/v1/messages'],
    [openai, '/embeddings'],
    [anthropic, '/v1/messages/batches'],
    [google, '/models/g:embedContent'],
    [google, '/cachedContents'],
  ])('for other paths are not served', (dialect, path) => {
    expect(dialect.read(path, {})).toBeUndefined();
  });

  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
  test.each<[string, typeof openai, string, object, object]>([
    ['a list of models', openai, '/chat/completions', { models: ['a'] }, { namesOtherModels: true }],
    ['two answers', openai, '/chat/completions', { n: 2 }, { extra: 'more than one answer' }],
    ['a search', openai, '/chat/completions', { tools: [{ type: 'web_search' }] }, { extra: 'the tool web_search' }],
    ['own tools', openai, '/chat/completions', { tools: [{ type: 'function' }] }, { extra: undefined }],
    ['a dearer tier', openai, '/chat/completions', { service_tier: 'priority' }, { extra: 'the service tier' }],
    ['a plugin', openai, '/chat/completions', { plugins: [] }, { extra: 'the field plugins' }],
    ['a picture', openai, '/chat/completions', { messages: [{ content: [image, image] }] }, { pictures: 2, extra: undefined }],
    [
      'a picture at an address',
      openai,
      '/chat/completions',
      { messages: [{ content: [{ type: 'image_url', image_url: { url: 'HTTPS://x' } }] }] },
      { extra: 'a file at an address' },
    ],
    ['a file', openai, '/chat/completions', { messages: [{ content: [{ type: 'file', file: {} }] }] }, { extra: 'a document' }],
    [
      'Anthropic’s search',
      anthropic,
      '/v1/messages',
      { tools: [{ type: 'web_search_20250305' }] },
      { extra: 'the tool web_search_20250305' },
    ],
    ['own tools of Anthropic', anthropic, '/v1/messages', { tools: [{ name: 'a' }, { type: 'custom' }] }, { extra: undefined }],
    ['a remote server of tools', anthropic, '/v1/messages', { mcp_servers: [] }, { extra: 'the field mcp_servers' }],
    [
      'a picture in the result of a tool',
      anthropic,
      '/v1/messages',
      {
        messages: [
          { content: [{ type: 'tool_result', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }] }] },
        ],
      },
      { pictures: 1, extra: undefined },
    ],
    [
      'a document of Anthropic',
      anthropic,
      '/v1/messages',
      { messages: [{ content: [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf' } }] }] },
      { extra: 'a document' },
    ],
    [
      'a picture at an address for Anthropic',
      anthropic,
      '/v1/messages',
      { messages: [{ content: [{ type: 'image', source: { type: 'url' } }] }] },
      { extra: 'a file at an address' },
    ],
    ['Google’s search', google, '/models/g:generateContent', { tools: [{ googleSearch: {} }] }, { extra: 'the tool googleSearch' }],
    ['own tools of Google', google, '/models/g:generateContent', { tools: [{ functionDeclarations: [] }] }, { extra: undefined }],
    ['a cached context', google, '/models/g:generateContent', { cachedContent: 'c' }, { extra: 'the field cachedContent' }],
    [
      'a cached context in the other spelling',
      google,
      '/models/g:generateContent',
      { cached_content: 'c' },
      { extra: 'the field cached_content' },
    ],
    [
      'settings in the other spelling',
      google,
      '/models/g:generateContent',
      { generation_config: {} },
      { extra: 'the field generation_config' },
    ],
    [
      'candidates in the other spelling',
      google,
      '/models/g:generateContent',
      { generationConfig: { candidate_count: 8 } },
      { extra: 'the field candidate_count' },
    ],
    [
      'a file in the instructions',
      google,
      '/models/g:generateContent',
      { systemInstruction: { parts: [{ file_data: {} }] } },
      { extra: 'a file at an address' },
    ],
    ['candidates', google, '/models/g:generateContent', { generationConfig: { candidateCount: 2 } }, { extra: 'more than one answer' }],
    [
      'a film',
      google,
      '/models/g:generateContent',
      { contents: [{ parts: [{ inlineData: { mimeType: 'video/mp4' } }] }] },
      { extra: 'a document' },
    ],
    [
      'a picture',
      google,
      '/models/g:generateContent',
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png' } }] }] },
      { pictures: 1 },
    ],
    ['a file', google, '/models/g:generateContent', { contents: [{ parts: [{ fileData: {} }] }] }, { extra: 'a file at an address' }],
  ])('with %s', (_case, dialect, path, body, expected) => {
    expect(dialect.read(path, { model: 'm', ...body })).toMatchObject(expected);
  });

  test('are limited in their own field, or else in the field that the provider knows', () => {
    const request = { model: 'm', stream: false, maxOutput: 9, namesOtherModels: false, pictures: 0, extra: undefined };
    expect(openai.write({ max_tokens: 9 }, request, 'openai', 5)).toEqual({ max_tokens: 5 });
    expect(openai.write({ max_tokens: 9_000, max_completion_tokens: 9 }, request, 'custom', 5)).toEqual({ max_completion_tokens: 5 });
    expect(openai.write({}, request, 'openai', 5)).toEqual({ max_completion_tokens: 5 });
    expect(openai.write({}, request, 'custom', 5)).toEqual({ max_tokens: 5 });
    expect(openai.write({ a: 1 }, request, 'custom', undefined)).toEqual({ a: 1 });
    const streamed = { ...request, stream: true };
    expect(openai.write({ stream_options: { x: 1 } }, streamed, 'groq', undefined)).toEqual({
      stream_options: { x: 1, include_usage: true },
    });
    expect(anthropic.write({ max_tokens: 9 }, request, 'anthropic', 5)).toEqual({ max_tokens: 5 });
    expect(google.write({ generationConfig: { topK: 1 } }, request, 'gemini', 5)).toEqual({
      generationConfig: { topK: 1, maxOutputTokens: 5 },
    });
  });
});

describe('usage', () => {
  test('of chat completions is in the last chunk', () => {
    const said = [
      { choices: [{ delta: { content: 'Hel' } }], usage: null },
      { choices: [{ delta: { content: 'lo', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] } }] },
    ];
    const told = {
      choices: [],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 20,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    };
    const framed = (stream: string) => `: a comment\r\n\r\n${stream}data: [DONE]\r\n\r\n`;
    expect(read(openai, framed(sse(...said, told)))).toMatchObject({
      usage: { ...usage, input: 100, cached: 64, output: 20, reasoning: 5 },
      isFinal: true,
      costUsd: undefined,
    });
    // Without figures, the text is needed for an estimate.
    expect(read(openai, framed(sse(...said)))).toEqual({ text: 'Hellof{}', usage: undefined, isFinal: false, costUsd: undefined });
  });

  test('of OpenRouter has the cost, with what another provider charged for a key of the owner', () => {
    const told = { prompt_tokens: 1, completion_tokens: 2, cost: 0.25 };
    expect(read(openai, JSON.stringify({ choices: [], usage: told }), false)).toMatchObject({ costUsd: 0.25 });
    const own = { ...told, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } };
    expect(read(openai, JSON.stringify({ choices: [], usage: own }), false)).toMatchObject({ costUsd: 0.75 });
  });

  test('of Anthropic is at the beginning and at the end, and counts the cache to the input', () => {
    const start = { input_tokens: 10, cache_read_input_tokens: 200, cache_creation_input_tokens: 30, output_tokens: 1 };
    const beginning = [
      { type: 'message_start', message: { usage: { ...start, cache_creation: { ephemeral_1h_input_tokens: 20 } } } },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } },
    ];
    const counted = { ...usage, input: 240, cached: 200, cacheWrite: 30, cacheWriteHour: 20 };
    expect(read(anthropic, sse(...beginning))).toMatchObject({ text: 'Hi', usage: { ...counted, output: 1 }, isFinal: false });
    const whole = sse(...beginning, { type: 'message_delta', usage: { output_tokens: 17 } });
    expect(read(anthropic, whole)).toMatchObject({ usage: { ...counted, output: 17 }, isFinal: true });
  });

  test('of Google grows with each event; thoughts count as output', () => {
    const part = (text: string, candidatesTokenCount: number, finishReason?: string) => ({
      candidates: [{ content: { parts: [{ text }] }, finishReason }],
      usageMetadata: { promptTokenCount: 50, cachedContentTokenCount: 40, candidatesTokenCount, thoughtsTokenCount: 6 },
    });
    const counted = { ...usage, input: 50, cached: 40, reasoning: 6 };
    expect(read(google, sse(part('A', 1)))).toMatchObject({ usage: { ...counted, output: 7 }, isFinal: false });
    const whole = [part('A', 1), part('B', 4, 'STOP')];
    const expected = { usage: { ...counted, output: 10 }, isFinal: true };
    expect(read(google, sse(...whole))).toMatchObject(expected);
    expect(read(google, JSON.stringify(whole), false)).toMatchObject(expected);
  });

  test.each(['', 'data: {broken\n\n', '<!doctype html>', 'data: "text"\n\n', 'data: null\n\n', 'data: {"usage":"none","choices":7}\n\n'])(
    'is unknown in %p',
    (text) => {
      expect(read(openai, text)).toEqual({ text: '', usage: undefined, isFinal: false, costUsd: undefined });
    },
  );

  test.each([-1, 1.5, '7', null, Number.MAX_VALUE])('of %p tokens is not believed', (prompt_tokens) => {
    expect(read(openai, sse({ choices: [], usage: { prompt_tokens, completion_tokens: 2 } }))).toMatchObject({ isFinal: false });
  });
});

test('errors have each dialect’s own form', () => {
  expect(openai.error(412, 'BUDGET_EXCEEDED', 'No')).toEqual({
    error: { message: 'No', type: 'invalid_request_error', param: null, code: 'BUDGET_EXCEEDED' },
  });
  expect(anthropic.error(401, 'x', 'No')).toEqual({ type: 'error', error: { type: 'authentication_error', message: 'No' } });
  expect(google.error(401, 'x', 'No')).toEqual({ error: { code: 401, message: 'No', status: 'UNAUTHENTICATED' } });
});
