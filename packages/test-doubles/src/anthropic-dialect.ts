import { type ApiRequest, bearer, type Content, type Dialect, names, type Refusal, textOf, unknownName, withKey } from './dialect.ts';
import { lastPersonText } from './last-words.ts';

interface Body {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  system?: Content;
  messages?: { role: string; content?: Content }[];
}

const request_id = 'req_double';

/** @see https://docs.claude.com/en/api/errors */
const types: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const sentences: Record<number, string> = {
  400: 'prompt is too long: 210000 tokens > 200000 maximum',
  401: 'invalid x-api-key',
  403: 'Your API key does not have permission to use the specified resource',
  413: 'Request exceeds the maximum size',
  429: "This request would exceed your organization's rate limit of 50 requests per minute",
  500: 'Internal server error',
  529: 'Overloaded',
};

/** The parameters of the Messages API, with those of its betas. @see https://docs.claude.com/en/api/messages */
const parameters = names(
  `cache_control container diagnostics inference_geo max_tokens messages metadata model output_config service_tier speed stop_sequences
  stream system temperature thinking tool_choice tools top_k top_p`,
);
const betaParameters = new Set([...parameters, 'betas', 'context_management', 'mcp_servers', 'output_format']);
const versions = names('2023-06-01 2026-10-21');
const messageFields = names('role content');
/** The longest reply of a model, in tokens. */
const longest: Record<string, number> = { 'claude-sonnet-4-5': 64_000, 'claude-opus-4-6': 128_000 };

const failure = (status: number, message: string): Refusal => ({
  status,
  body: { type: 'error', error: { type: types[status] ?? 'api_error', message }, request_id },
});
const invalid = (message: string) => failure(400, message);

/** The first rule of the Messages API that a request breaks. */
function refuse({ headers, body }: ApiRequest): Refusal | undefined {
  if (!headers['anthropic-version']) return invalid('anthropic-version: header is required');
  if (!versions.has(String(headers['anthropic-version']))) return invalid('anthropic-version: is not a valid version');
  const { model, max_tokens, messages } = body as unknown as Body;
  const stranger = unknownName(body, headers['anthropic-beta'] ? betaParameters : parameters);
  if (stranger) return invalid(`${stranger}: Extra inputs are not permitted`);
  if (!model) return invalid('model: Field required');
  if (max_tokens === undefined) return invalid('max_tokens: Field required');
  if (!Number.isInteger(max_tokens) || max_tokens < 1) return invalid('max_tokens: Input should be greater than or equal to 1');
  const limit = longest[model];
  if (limit && max_tokens > limit) {
    return invalid(`max_tokens: ${max_tokens} > ${limit}, which is the maximum allowed number of output tokens for ${model}`);
  }
  if (!messages) return invalid('messages: Field required');
  if (messages.length === 0) return invalid('messages: at least one message is required');
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    if (role === 'system') {
      return invalid(
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
      );
    }
    if (role !== 'user' && role !== 'assistant')
      return invalid(`messages: Unexpected role "${role}". Allowed roles are "user" or "assistant"`);
    const field = unknownName(message, messageFields);
    if (field) return invalid(`messages.${index}.${field}: Extra inputs are not permitted`);
    if (content === undefined || content === null) return invalid(`messages.${index}.content: Field required`);
    if (Array.isArray(content) && content.some(({ type, text }) => type === 'text' && text === '')) {
      return invalid('messages: text content blocks must be non-empty');
    }
    const isLastAssistant = role === 'assistant' && index === messages.length - 1;
    if (content.length === 0 && !isLastAssistant) {
      return invalid(`messages.${index}: all messages must have non-empty content except for the optional final assistant message`);
    }
    if (isLastAssistant && /\s$/.test(textOf(content)))
      return invalid('messages: final assistant content cannot end with trailing whitespace');
  }
  // Consecutive messages of one role are joined; only the first one's role is fixed.
  return messages[0]?.role === 'user' ? undefined : invalid('messages: first message must use the "user" role');
}

function message(model: string, content: object[], stop_reason: string | null, input_tokens: number, output_tokens: number) {
  const usage = { input_tokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens, service_tier: 'standard' };
  return { id: 'msg_double', type: 'message', role: 'assistant', model, content, stop_reason, stop_sequence: null, usage };
}

function typed(data: { type: string; [field: string]: unknown }) {
  return { event: data.type, data };
}

const stopReason = (isCut: boolean) => (isCut ? 'max_tokens' : 'end_turn');

/** Anthropic's Messages API. */
export const anthropicDialect: Dialect = {
  provider: 'anthropic',
  serves: (path) => path === '/v1/messages',
  // Anthropic's own client sends a Bearer key, other clients the older header.
  key: (headers) => headers['x-api-key']?.toString() ?? bearer(headers),
  refuseKey: (key) => failure(401, key ? 'invalid x-api-key' : 'x-api-key header is required'),
  refuse,
  hasModel: (model) => /^claude-[\w.-]+$/.test(model),
  refuseModel: ({ model }) => failure(404, `model: ${model}`),
  error(status, call, key, retryAfter) {
    if (status === 404) return anthropicDialect.refuseModel(call);
    const reset = new Date(Date.now() + retryAfter * 1_000).toISOString();
    const limits = {
      'retry-after': String(retryAfter),
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': reset,
    };
    const headers = { 'x-should-retry': String(status === 429 || status >= 500), ...(status === 429 && limits) };
    return { ...failure(status, withKey(sentences[status] ?? `Error ${status}`, key)), headers };
  },
  headers: () => ({ 'request-id': request_id, 'anthropic-organization-id': 'org_double' }),
  read(_url, body: Body) {
    const messages = Array.isArray(body.messages) ? body.messages : [];
    const contents = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    return {
      model: body.model,
      stream: body.stream ?? false,
      messages: messages.flatMap(({ role, content }) => (role === 'user' || role === 'assistant' ? { role, text: textOf(content) } : [])),
      system: textOf(body.system),
      userText: lastPersonText(contents),
      maxTokens: body.max_tokens,
    };
  },
  answer: (call, text, { input, output }, isCut) => message(call.model, [{ type: 'text', text }], stopReason(isCut), input, output),
  opening: (call, { input }) => [
    typed({ type: 'message_start', message: message(call.model, [], null, input, 1) }),
    typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    typed({ type: 'ping' }),
  ],
  word: (_call, text) => typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  closing: (_call, { output }, isCut) => [
    typed({ type: 'content_block_stop', index: 0 }),
    typed({ type: 'message_delta', delta: { stop_reason: stopReason(isCut), stop_sequence: null }, usage: { output_tokens: output } }),
    typed({ type: 'message_stop' }),
  ],
  failing: () => typed({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id }),
};
