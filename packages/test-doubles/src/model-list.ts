import type { IncomingHttpHeaders } from 'node:http';
import { anthropicDialect } from './anthropic-dialect.ts';
import type { Dialect, Provider, Refusal } from './dialect.ts';
import { geminiDialect } from './gemini-dialect.ts';
import { groqDialect } from './groq-dialect.ts';
import { openaiDialect } from './openai-dialect.ts';
import { openrouterDialect } from './openrouter-dialect.ts';

/** A model of a provider's list. */
export interface ListedModel {
  id: string;
  contextLength?: number;
  /** Dollars per token, as OpenRouter writes them. */
  price?: { prompt: string; completion: string };
  /** Gemini's methods; `generateContent` by default. */
  methods?: string[];
}

/** The models of each provider. */
export const defaultLists: Record<Provider, ListedModel[]> = {
  openai: [{ id: 'gpt-4o-mini' }, { id: 'claude-sonnet-4-5' }, { id: 'gemini-2.0-flash' }],
  groq: [{ id: 'llama-3.3-70b-versatile', contextLength: 131_072 }],
  openrouter: [
    { id: 'openai/gpt-4o-mini', contextLength: 128_000, price: { prompt: '0.00000015', completion: '0.0000006' } },
    { id: 'openrouter/auto', contextLength: 2_000_000, price: { prompt: '-1', completion: '-1' } },
  ],
  anthropic: [{ id: 'claude-opus-4-6' }, { id: 'claude-sonnet-4-5' }, { id: 'claude-haiku-4-5' }],
  gemini: [
    { id: 'gemini-2.0-flash', contextLength: 1_048_576 },
    { id: 'text-embedding-004', contextLength: 2_048, methods: ['embedContent'] },
  ],
};

/** A request for a list of models, or for the facts of a key. */
export interface ListRequest {
  url: URL;
  headers: IncomingHttpHeaders;
  models: ListedModel[];
  /** The only accepted key; undefined accepts every key. */
  accepted: string | undefined;
}

const ok = (body: object): Refusal => ({ status: 200, body });
const created = 1_770_000_000;

/** The provider whose list or key a path names. OpenAI and Anthropic share a path, and differ by their headers. */
export function listedProvider(path: string, headers: IncomingHttpHeaders): Dialect | undefined {
  const isAnthropic = headers['x-api-key'] !== undefined || headers['anthropic-version'] !== undefined;
  if (path === '/v1/models') return isAnthropic ? anthropicDialect : openaiDialect;
  if (path === '/openai/v1/models') return groqDialect;
  if (path === '/v1beta/models') return geminiDialect;
  return path === '/api/v1/models' || path === '/api/v1/key' ? openrouterDialect : undefined;
}

/** @see https://platform.openai.com/docs/api-reference/models/list @see https://console.groq.com/docs/api-reference#models-list */
const openaiList = (models: ListedModel[]) => ({
  object: 'list',
  data: models.map(({ id, contextLength }) => ({
    id,
    object: 'model',
    created,
    owned_by: 'test-doubles',
    ...(contextLength && { active: true, context_window: contextLength }),
  })),
});

/** @see https://openrouter.ai/docs/api/api-reference/models/get-models */
const openrouterList = (models: ListedModel[]) => ({
  data: models.map(({ id, contextLength, price }) => ({
    id,
    name: id,
    created,
    context_length: contextLength ?? null,
    architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'] },
    pricing: price ?? { prompt: '0', completion: '0' },
  })),
});

/** @see https://docs.claude.com/en/api/models-list */
function anthropicList({ url, headers, models }: ListRequest): Refusal {
  const refuse = (message: string): Refusal => ({
    status: 400,
    body: { type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_double' },
  });
  if (!headers['anthropic-version']) return refuse('anthropic-version: header is required');
  const limit = Number(url.searchParams.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) return refuse('limit: Input should be between 1 and 1000');
  const after = url.searchParams.get('after_id');
  const from = after === null ? 0 : models.findIndex(({ id }) => id === after) + 1;
  const page = models.slice(from, from + limit);
  return ok({
    data: page.map(({ id }) => ({ type: 'model', id, display_name: id, created_at: '2026-02-04T00:00:00Z' })),
    has_more: from + limit < models.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  });
}

/** @see https://ai.google.dev/api/models#method:-models.list */
function geminiList({ url, models }: ListRequest): Refusal {
  const size = Math.min(Number(url.searchParams.get('pageSize') ?? 50), 1_000);
  const from = Number(url.searchParams.get('pageToken') ?? 0);
  return ok({
    models: models.slice(from, from + size).map(({ id, contextLength, methods = ['generateContent', 'countTokens'] }) => ({
      name: `models/${id}`,
      version: '001',
      displayName: id,
      inputTokenLimit: contextLength,
      outputTokenLimit: 8_192,
      supportedGenerationMethods: methods,
    })),
    ...(from + size < models.length && { nextPageToken: String(from + size) }),
  });
}

/** Answers a request for a list of models, or for the facts of a key, as the provider does. */
export function answerList(dialect: Dialect, request: ListRequest): Refusal {
  const { url, headers, models, accepted } = request;
  const key = dialect.key(headers, url);
  // OpenRouter's list is public: it needs no key, and checks none.
  if (url.pathname === '/api/v1/models') return ok(openrouterList(models));
  // An owner's own endpoint may need no key.
  const needsKey = accepted !== undefined || dialect !== openaiDialect;
  if (needsKey && (!key || key !== (accepted ?? key))) return dialect.refuseKey(key);
  if (url.pathname === '/api/v1/key') return ok({ data: { label: 'sk-or-v1-dou...ble', usage: 0, limit: null, is_free_tier: false } });
  if (dialect === anthropicDialect) return anthropicList(request);
  return dialect === geminiDialect ? geminiList(request) : ok(openaiList(models));
}
