import { bearer, type Content, type Dialect, type ModelCall, type Usage } from './dialect.ts';
import { lastPersonText } from './last-words.ts';

interface Body {
  model: string;
  stream?: boolean;
  messages?: { role: string; content?: Content }[];
}

const id = 'chatcmpl-double';
const created = 1_770_000_000;

function usageOf({ input, output }: Usage) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function chunk(call: ModelCall, delta: object, finish_reason: string | null = null) {
  const choices = [{ index: 0, delta, finish_reason }];
  return { data: { id, object: 'chat.completion.chunk', created, model: call.model, choices } };
}

/** OpenAI's chat completions, which OpenRouter, Groq and most other providers use too. */
export const openaiDialect: Dialect = {
  matches: (path) => path.endsWith('/chat/completions'),
  key: bearer,
  read(_url, body: Body) {
    const contents = (body.messages ?? []).filter(({ role }) => role === 'user').map(({ content }) => content);
    return { model: body.model, stream: body.stream ?? false, userText: lastPersonText(contents) };
  },
  answer: (call, reply, usage) => ({
    id,
    object: 'chat.completion',
    created,
    model: call.model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: reply } }],
    usage: usageOf(usage),
  }),
  *events(call, words, usage) {
    yield chunk(call, { role: 'assistant', content: '' });
    for (const content of words) yield chunk(call, { content });
    yield chunk(call, {}, 'stop');
    yield { data: { id, object: 'chat.completion.chunk', created, model: call.model, choices: [], usage: usageOf(usage) } };
    yield { data: '[DONE]' };
  },
  error: (status, message) => ({
    error: {
      message,
      type: status >= 500 ? 'server_error' : 'invalid_request_error',
      code: status === 401 ? 'invalid_api_key' : null,
    },
  }),
};
