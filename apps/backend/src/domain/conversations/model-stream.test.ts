import { describe, expect, test } from '@jest/globals';
import { NoEventStream, requireEventStream, withoutThoughts } from './model-stream.ts';

describe('withoutThoughts', () => {
  test.each([
    ['<think>SECRET</think>visible', 'visible'],
    ['\n<think>\nSECRET\n</think>\n\n  visible\n', 'visible\n'],
    ['<thinking>SECRET</thinking>visible', 'visible'],
    // A model writes about the tags.
    ['Use `<think>a</think>` in prompts', 'Use `<think>a</think>` in prompts'],
    ['<think>SECRET</think>Use `<think>`', 'Use `<think>`'],
    ['<think>SECRET, and then the limit of tokens', ''],
    ['<thinner> is no tag', '<thinner> is no tag'],
    ['<thi', '<thi'],
    ['  indented', '  indented'],
  ])('of the whole text %j is %j', (text, expected) => {
    expect(withoutThoughts(text, true)).toBe(expected);
  });

  test('shows no character of a thought or of a tag while the text arrives, wherever it is split', () => {
    const text = '<think>SECRET</think>visible';
    const shown = Array.from(text, (_, index) => withoutThoughts(text.slice(0, index + 1), false));
    expect(shown).toEqual([...Array(21).fill(''), 'v', 'vi', 'vis', 'visi', 'visib', 'visibl', 'visible']);
    expect(withoutThoughts('<div>', false)).toBe('<div>');
  });
});

describe('requireEventStream', () => {
  const answer = (body: string, type: string, status = 200) =>
    requireEventStream(async () => new Response(body, { status, headers: { 'content-type': type } }))('http://model.example/');

  test.each([
    ['<!doctype html>', 'text/html; charset=utf-8', 'it answered with a web page: check its address'],
    ['{"error":{"message":"No credit left","code":402}}', 'application/json', 'No credit left'],
    ['{"error":"model not found"}', 'application/json; charset=utf-8', 'model not found'],
    ['{"choices":[]}', 'application/json', 'it answered with JSON instead of a stream'],
    ['not JSON', 'application/problem+json', 'it answered with JSON instead of a stream'],
    [`{"error":"${'x'.repeat(70_000)}"}`, 'application/json', 'it answered with JSON instead of a stream'],
  ])('refuses status 200 without an event stream (%#)', async (body, type, reason) => {
    await expect(answer(body, type)).rejects.toThrow(new NoEventStream(reason));
  });

  test('lets a stream, a stream of another type and an error status through', async () => {
    for (const [type, status] of [
      ['text/event-stream', 200],
      ['text/plain', 200],
      ['application/json', 429],
      ['text/html', 502],
    ] as const) {
      const response = await answer('data: {}\n\n', type, status);
      expect([response.status, await response.text()]).toEqual([status, 'data: {}\n\n']);
    }
  });

  /** A response of these chunks whose connection stays open. */
  const openStream = (...chunks: string[]) => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const response = requireEventStream(async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }))('http://m/');
    return { text: response.then((each) => each.text()), wasCancelled: () => cancelled };
  };

  test.each([
    [['data: {"a":1}\n\n', 'data: [DONE]\n\n']],
    [['data: {"a":1}\r\n\r\ndata: [DO', 'NE]']],
    [['d', 'a', 't', 'a', ':', '[DONE]\n\n']],
  ])('ends a stream at its [DONE] when the connection stays open, and closes the connection (%#)', async (chunks) => {
    const { text, wasCancelled } = openStream(...chunks);
    expect(await text).toBe(chunks.join('').trimEnd());
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(wasCancelled()).toBe(true);
  });

  test('leaves out what follows the [DONE] of a stream', async () => {
    const { text } = openStream('data: {"a":"ü"}\n\ndata: [DO', 'NE]\n\ndata: {"b":2}\n\n');
    expect(await text).toBe('data: {"a":"ü"}\n\ndata: [DONE]');
  });

  test('does not end a stream at a [DONE] inside of the reply, wherever it is split', async () => {
    const body = 'data: {"a":"data: [DONE]"}\n\ndata: {"b":"\\ndata: [DONE]"}\n\n';
    for (let at = 1; at < body.length; at++) {
      const { text } = openStream(body.slice(0, at), body.slice(at), 'data: [DONE]');
      expect(await text).toBe(`${body}data: [DONE]`);
    }
  });
});
