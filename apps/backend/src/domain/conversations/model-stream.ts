import { z } from 'zod';

/** A response with status 200 that is no event stream. The message is the reason that the agent's owner reads. */
export class NoEventStream extends Error {}

/** The tags around a model's thoughts, where its server does not take them out of the reply. */
const THOUGHT_TAGS = ['<think>', '<thinking>'];
/** The characters of a response that are searched for its error. */
const MAX_ERROR_CHARACTERS = 64 * 1024;
/** The last event of a stream of chat completions. */
const DONE_LINE = '\ndata: [DONE]';

const message = z.string().trim().min(1);
/** An error in a provider's response: an object as OpenAI sends it, or a string as smaller servers send it. */
const errorBody = z.union([
  z.object({ error: z.object({ message }) }).transform(({ error }) => error.message),
  z.object({ error: message }).transform(({ error }) => error),
]);

/** The error in a JSON text; undefined when there is none. */
function errorIn(json: string): string | undefined {
  try {
    return errorBody.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

async function beginningOf(response: Response): Promise<string> {
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length >= MAX_ERROR_CHARACTERS) break;
  }
  return text.slice(0, MAX_ERROR_CHARACTERS);
}

/** Ends a stream of events at its `[DONE]`: some servers leave the connection open after it. */
function endAtDone(response: Response): Response {
  const decoder = new TextDecoder('latin1');
  let end = '\n';
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      // One character for each byte.
      const text = end + decoder.decode(bytes, { stream: true });
      // JSON contains no line break, so a line of its own is no part of the reply.
      const done = /[\r\n]data: ?\[DONE\]/.exec(text);
      controller.enqueue(done ? bytes.subarray(0, done.index + done[0].length - end.length) : bytes);
      if (done) controller.terminate();
      end = text.slice(-DONE_LINE.length);
    },
  });
  const { status, headers } = response;
  return new Response(response.body?.pipeThrough(stream) ?? null, { status, headers });
}

/**
 * Wraps a `fetch` for event streams: status 200 with HTML or JSON is refused, since proxies and some providers send their
 * errors like that. Other content types pass, since some small servers send a wrong type with an event stream. A stream ends at
 * its `[DONE]`.
 * @throws NoEventStream
 */
export function requireEventStream(fetchFrom: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await fetchFrom(input, init);
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok) return response;
    if (/^text\/html\b/i.test(type)) {
      await response.body?.cancel();
      throw new NoEventStream('it answered with a web page: check its address');
    }
    if (!/^application\/(\w+\+)?json\b/i.test(type)) return endAtDone(response);
    throw new NoEventStream(errorIn(await beginningOf(response)) ?? 'it answered with JSON instead of a stream');
  };
}

/**
 * Removes the thoughts at the beginning of a model's text. Later tags belong to the reply: the model may write about them.
 * @param isWhole whether the text is complete; until then, a beginning that may become a tag is left out
 */
export function withoutThoughts(text: string, isWhole: boolean): string {
  const start = text.trimStart();
  const tag = THOUGHT_TAGS.find((each) => start.startsWith(each));
  if (!tag) return !isWhole && THOUGHT_TAGS.some((each) => each.startsWith(start)) ? '' : text;
  const end = start.indexOf(`</${tag.slice(1)}`);
  return end < 0 ? '' : start.slice(end + tag.length + 1).trimStart();
}
