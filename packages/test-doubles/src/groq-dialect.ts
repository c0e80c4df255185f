import { type Dialect, names, unknownName, withKey } from './dialect.ts';
import { type ChatMessage, openaiDialect, rateLimitHeaders } from './openai-dialect.ts';

const failure = (status: number, message: string, code?: string, type = 'invalid_request_error') => ({
  status,
  body: { error: { message, type, ...(code && { code }) } },
});

/** @see https://console.groq.com/docs/api-reference#chat-create */
const parameters = names(
  `citation_options compound_custom disable_tool_validation documents exclude_domains frequency_penalty function_call functions
  include_domains include_reasoning logit_bias logprobs max_completion_tokens max_tokens messages metadata model n parallel_tool_calls
  presence_penalty reasoning_effort reasoning_format response_format search_settings seed service_tier stop store stream stream_options
  temperature tool_choice tools top_logprobs top_p user`,
);
const messageFields = names('role content name tool_calls tool_call_id reasoning function_call');

const errors: Record<number, [message: string, code?: string, type?: string]> = {
  400: ['Please reduce the length of the messages or completion.', 'context_length_exceeded'],
  401: ['Invalid API Key', 'invalid_api_key'],
  403: ['Access denied. Please check your network settings.', undefined, 'permissions_error'],
  413: ['Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000.', 'rate_limit_exceeded', 'tokens'],
  429: ['Rate limit reached on tokens per minute (TPM): Limit 6000, Used 6000, Requested 20.', 'rate_limit_exceeded', 'tokens'],
  500: ['Internal Server Error', undefined, 'internal_server_error'],
  503: ['Service Unavailable', undefined, 'internal_server_error'],
};

/** Groq: OpenAI's chat completions under `/openai`, with errors of its own. @see https://console.groq.com/docs/errors */
export const groqDialect: Dialect = {
  ...openaiDialect,
  provider: 'groq',
  serves: (path) => path === '/openai/v1/chat/completions',
  refuseKey: () => failure(401, 'Invalid API Key', 'invalid_api_key'),
  refuse({ body }) {
    const { model, messages } = body as { model?: string; messages?: ChatMessage[] };
    const property = unknownName(body, parameters);
    if (property) return failure(400, `property '${property}' is unsupported`);
    if (!model) return failure(400, "'model' : property 'model' is missing");
    if (!messages?.length) return failure(400, "'messages' : minimum number of items is 1");
    for (const [index, message] of messages.entries()) {
      const { role } = message;
      if (!['system', 'developer', 'user', 'assistant', 'tool', 'function'].includes(role)) {
        return failure(400, `'messages.${index}' : discriminator property 'role' has invalid value`);
      }
      const field = unknownName(message, messageFields);
      const rule = `'messages.${index}' : for 'role:${role}' the following must be satisfied`;
      if (field) return failure(400, `${rule}[('messages.${index}' : property '${field}' is unsupported)]`);
    }
    return undefined;
  },
  hasModel: (model) => !/^(gpt-\d|claude|gemini|groq\/(?!compound))/.test(model),
  refuseModel: ({ model }) => failure(404, `The model \`${model}\` does not exist or you do not have access to it.`, 'model_not_found'),
  error(status, call, key, retryAfter) {
    if (status === 404) return groqDialect.refuseModel(call);
    const [message, code, type] = errors[status] ?? [`Error ${status}`];
    const headers = status === 429 ? rateLimitHeaders(retryAfter) : {};
    return { ...failure(status, withKey(message, key), code, type), headers };
  },
  headers: () => ({ 'x-request-id': 'req_double' }),
  failing: () => ({ event: 'error', data: failure(500, 'Internal Server Error', undefined, 'internal_server_error').body }),
};
