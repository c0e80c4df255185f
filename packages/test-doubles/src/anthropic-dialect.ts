import { bearer, type Content, type Dialect } from './dialect.ts';
import { lastPersonText } from './last-words.ts';

interface Body {
  model: string;
  stream?: boolean;
  messages?: { role: string; content?: Content }[];
}

const errorTypes: Record<number, string> = { 401: 'authentication_error', 404: 'not_found_error', 429: 'rate_limit_error' };

function message(model: string, content: object[], stop_reason: string | null, input_tokens: number, output_tokens: number) {
  const usage = { input_tokens, output_tokens };
  return { id: 'msg_double', type: 'message', role: 'assistant', model, content, stop_reason, stop_sequence: null, usage };
}

function typed(data: { type: string; [field: string]: unknown }) {
  return { event: data.type, data };
}

/** Anthropic's Messages API. */
export const anthropicDialect: Dialect = {
  matches: (path) => path.endsWith('/messages'),
  key: (headers) => headers['x-api-key']?.toString() ?? bearer(headers),
  read(_url, body: Body) {
    const contents = (body.messages ?? []).filter(({ role }) => role === 'user').map(({ content }) => content);
    return { model: body.model, stream: body.stream ?? false, userText: lastPersonText(contents) };
  },
  answer: (call, text, { input, output }) => message(call.model, [{ type: 'text', text }], 'end_turn', input, output),
  *events(call, words, { input, output }) {
    yield typed({ type: 'message_start', message: message(call.model, [], null, input, 1) });
    yield typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    for (const text of words) yield typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
    yield typed({ type: 'content_block_stop', index: 0 });
    const delta = { stop_reason: 'end_turn', stop_sequence: null };
    yield typed({ type: 'message_delta', delta, usage: { output_tokens: output } });
    yield typed({ type: 'message_stop' });
  },
  error: (status, text) => ({ type: 'error', error: { type: errorTypes[status] ?? 'api_error', message: text } }),
};
