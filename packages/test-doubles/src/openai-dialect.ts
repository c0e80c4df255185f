import { randomUUID } from 'node:crypto';
import {
  type ApiRequest,
  bearer,
  type Content,
  type Dialect,
  type ModelCall,
  names,
  type Refusal,
  textOf,
  type Usage,
  unknownName,
  withKey,
} from './dialect.ts';
import { lastPersonText } from './last-words.ts';

export interface ChatMessage {
  role: string;
  content?: Content;
}
interface Body {
  model: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  max_tokens?: number;
  max_completion_tokens?: number;
  messages?: ChatMessage[];
}

const id = 'chatcmpl-double';
const created = 1_770_000_000;

/** The parameters of chat completions. @see https://platform.openai.com/docs/api-reference/chat/create */
const parameters = names(
  `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities
  model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention
  reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
  top_logprobs top_p user verbosity web_search_options`,
);
const messageFields = names('role content name tool_calls tool_call_id refusal audio function_call');
const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const parts = names('text image_url input_audio refusal file');
/** The longest reply of a model, in tokens. */
const longest: Record<string, number> = { 'gpt-4o': 16_384, 'gpt-4o-mini': 16_384 };

const usageOf = ({ input, output }: Usage) => ({ prompt_tokens: input, completion_tokens: output, total_tokens: input + output });

/** A chunk of a stream. Without `include_usage`, no chunk has a usage. */
export function chunk(call: ModelCall, delta: object, finish_reason: string | null = null, more: object = {}) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  const usage = call.includeUsage && { usage: null };
  return { data: { id, object: 'chat.completion.chunk', created, model: call.model, ...usage, choices, ...more } };
}

/** OpenAI's error object. */
const failure = (
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null,
  type = 'invalid_request_error',
) => ({
  status,
  body: { error: { message, type, param, code } },
});

/** OpenAI's rate-limit headers of a response that says to wait. */
export const rateLimitHeaders = (seconds: number): Record<string, string> => ({
  'retry-after': String(seconds),
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': `${seconds}s`,
  'x-ratelimit-limit-tokens': '30000',
  'x-ratelimit-remaining-tokens': '0',
  'x-ratelimit-reset-tokens': `${seconds}s`,
});

const errors: Record<number, (call: ModelCall) => [message: string, code: string | null, type: string]> = {
  400: ({ model }) => [
    `This model's maximum context length is 128000 tokens. Please reduce the length of the messages for ${model}.`,
    'context_length_exceeded',
    'invalid_request_error',
  ],
  401: () => ['Your authentication token has expired. Please try signing in again.', 'token_expired', 'invalid_request_error'],
  403: () => ['Country, region, or territory not supported', 'unsupported_country_region_territory', 'request_forbidden'],
  404: ({ model }) => [
    `The model \`${model}\` does not exist or you do not have access to it.`,
    'model_not_found',
    'invalid_request_error',
  ],
  413: () => ['Request body too large.', 'request_too_large', 'invalid_request_error'],
  429: ({ model }) => [
    `Rate limit reached for ${model} on requests per min (RPM): Limit 500, Used 500, Requested 1.`,
    'rate_limit_exceeded',
    'requests',
  ],
  500: () => ['The server had an error while processing your request. Sorry about that!', null, 'server_error'],
  503: () => ['That model is currently overloaded with other requests.', null, 'server_error'],
};

/** The first rule of chat completions that a request breaks. */
function refuse({ body }: ApiRequest): Refusal | undefined {
  const { model, messages, stream, stream_options, max_tokens, max_completion_tokens } = body as unknown as Body;
  const stranger = unknownName(body, parameters);
  if (stranger) return failure(400, `Unrecognized request argument supplied: ${stranger}`);
  if (!model) return failure(400, 'you must provide a model parameter');
  if (!messages) return failure(400, "Missing required parameter: 'messages'.", 'missing_required_parameter', 'messages');
  if (messages.length === 0) return failure(400, "Invalid 'messages': empty array.", 'empty_array', 'messages');
  if (stream_options && !stream) {
    return failure(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", null, 'stream_options');
  }
  if (max_tokens && max_completion_tokens) {
    return failure(
      400,
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'invalid_parameter_combination',
    );
  }
  const [limit, wanted] = [longest[model], max_completion_tokens ?? max_tokens];
  if (limit && wanted && wanted > limit) {
    return failure(
      400,
      `max_tokens is too large: ${wanted}. This model supports at most ${limit} completion tokens.`,
      'invalid_value',
      'max_tokens',
    );
  }
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const { role, content } = message;
    if (!roles.includes(role)) {
      const supported = roles.map((each) => `'${each}'`).join(', ');
      return failure(400, `Invalid value: '${role}'. Supported values are: ${supported}.`, 'invalid_value', `${at}.role`);
    }
    const field = unknownName(message, messageFields);
    if (field) return failure(400, `Unknown parameter: '${at}.${field}'.`, 'unknown_parameter', `${at}.${field}`);
    if (content === undefined || (content === null && role !== 'assistant')) {
      return failure(400, `Invalid value for 'content': expected a string, got null.`, null, `${at}.content`);
    }
    const strange = Array.isArray(content) ? content.find(({ type }) => !parts.has(type ?? '')) : undefined;
    if (strange) return failure(400, `Invalid value: '${strange.type}'.`, 'invalid_value', `${at}.content[0].type`);
  }
  return undefined;
}

/** OpenAI's chat completions. Owners' own endpoints have them too, usually under `/v1`. */
export const openaiDialect: Dialect = {
  provider: 'openai',
  serves: (path) => path === '/v1/chat/completions',
  key: bearer,
  refuseKey: (key) =>
    key
      ? failure(
          401,
          `Incorrect API key provided: ${key}. You can find your API key at https://platform.openai.com/account/api-keys.`,
          'invalid_api_key',
        )
      : failure(401, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth."),
  refuse,
  // Owners' own endpoints have models of any name.
  hasModel: () => true,
  refuseModel: ({ model }) => failure(404, `The model \`${model}\` does not exist or you do not have access to it.`, 'model_not_found'),
  error(status, call, key, retryAfter) {
    const [message, code, type] = errors[status]?.(call) ?? [
      `Error ${status}`,
      null,
      status >= 500 ? 'server_error' : 'invalid_request_error',
    ];
    const headers = status === 429 ? rateLimitHeaders(retryAfter) : {};
    return { ...failure(status, withKey(message, key), code, null, type), headers };
  },
  headers: () => ({ 'x-request-id': `req_${randomUUID().replaceAll('-', '')}`, 'openai-version': '2020-10-01' }),
  read(_url, body: Body) {
    const messages = Array.isArray(body.messages) ? body.messages : [];
    const from = (role: RegExp) => messages.filter((message) => role.test(message.role)).map(({ content }) => content);
    return {
      model: body.model,
      stream: body.stream ?? false,
      messages: messages.flatMap(({ role, content }) => (role === 'user' || role === 'assistant' ? { role, text: textOf(content) } : [])),
      system: from(/^(system|developer)$/)
        .map(textOf)
        .join('\n'),
      userText: lastPersonText(from(/^user$/)),
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      includeUsage: body.stream_options?.include_usage,
    };
  },
  answer: (call, reply, usage, isCut) => ({
    id,
    object: 'chat.completion',
    created,
    model: call.model,
    choices: [
      { index: 0, finish_reason: isCut ? 'length' : 'stop', logprobs: null, message: { role: 'assistant', content: reply, refusal: null } },
    ],
    usage: usageOf(usage),
  }),
  opening: (call) => [chunk(call, { role: 'assistant', content: '' })],
  word: (call, content) => chunk(call, { content }),
  closing: (call, usage, isCut) => [
    chunk(call, {}, isCut ? 'length' : 'stop'),
    ...(call.includeUsage ? [chunk(call, {}, null, { choices: [], usage: usageOf(usage) })] : []),
    { data: '[DONE]' },
  ],
  failing: () => ({ data: failure(500, 'The server had an error while processing your request.', null, null, 'server_error').body }),
};
