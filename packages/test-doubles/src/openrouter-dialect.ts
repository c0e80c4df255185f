import type { Dialect } from './dialect.ts';
import { withKey } from './dialect.ts';
import { chunk, openaiDialect } from './openai-dialect.ts';

const failure = (status: number, message: string, metadata?: object) => ({
  status,
  body: { error: { message, code: status, ...(metadata && { metadata }) } },
});

const sentences: Record<number, string> = {
  400: 'Provider returned error',
  401: 'User not found.',
  402: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
  403: 'The request was flagged by moderation',
  404: 'No endpoints found that support the request.',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'There is no available model provider that meets your routing requirements',
};

/**
 * OpenRouter: OpenAI's chat completions with errors of its own. It passes parameters that it does not know, sends comments while
 * a model works, and reports the usage always.
 * @see https://openrouter.ai/docs/api/reference/errors-and-debugging
 */
export const openrouterDialect: Dialect = {
  ...openaiDialect,
  provider: 'openrouter',
  serves: (path) => path === '/api/v1/chat/completions',
  comment: 'OPENROUTER PROCESSING',
  refuseKey: (key) => failure(401, key ? 'User not found.' : 'No auth credentials found'),
  refuse({ body }) {
    const { model, messages } = body as { model?: string; messages?: unknown[] };
    if (!model) return failure(400, 'No models provided');
    return Array.isArray(messages) && messages.length > 0 ? undefined : failure(400, 'Input required: specify "prompt" or "messages"');
  },
  // A model is named by its maker and its name.
  hasModel: (model) => /^[\w-]+\/[\w.-]+(:\w+)?$/.test(model),
  refuseModel: ({ model }) => failure(400, `${model} is not a valid model ID`),
  error(status, { model }, key, retryAfter) {
    if (status !== 429) return failure(status, withKey(sentences[status] ?? 'Provider returned error', key));
    const raw = `${model} is temporarily rate-limited upstream. Please retry shortly.`;
    const metadata = { raw: withKey(raw, key), provider_name: 'Double' };
    return { ...failure(429, 'Provider returned error', metadata), headers: { 'retry-after': String(retryAfter) } };
  },
  headers: () => ({ 'x-generation-id': 'gen-double' }),
  read: (url, body) => ({ ...openaiDialect.read(url, body), includeUsage: true }),
  failing: (call) =>
    chunk(call, { content: '' }, 'error', { error: { code: 502, message: 'Provider disconnected unexpectedly' }, provider: 'Double' }),
};
