import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { keyHeaders } from './key-headers.ts';
import { isKeyRefusal, MAX_ERROR_BYTES } from './key-refusal.ts';
import { containerUrlToHostUrl } from './model-endpoint.ts';
import type { ModelTarget } from './providers.ts';

const TIMEOUT_MS = 15_000;
/** OpenRouter's list has about half a megabyte. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_PAGES = 5;
const MAX_MODELS = 2_000;

/** A model of a provider's list. */
export interface ListedModel {
  id: string;
  contextLength: number | undefined;
  /** Dollars per million tokens. */
  price: { inputUsd: number; outputUsd: number } | undefined;
}

/** Why a provider gave no list: it refused the key with a status, or for another reason. */
export class NoModelList extends Error {
  readonly refusedStatus: number | undefined;

  constructor(reason: string, refusedStatus?: number) {
    super(reason);
    this.refusedStatus = refusedStatus;
  }
}

interface Page {
  models: ListedModel[];
  /** The query of the next page; undefined on the last one. */
  next?: string | undefined;
}

/** An id as people can type it; the longest that a configuration accepts. */
const id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/);
const tokens = z.int().positive().nullish().catch(undefined);
/** Dollars per token as a decimal number. OpenRouter writes -1 for a price that depends on the model that it chooses. */
const perToken = z.string().regex(/^\d+(\.\d+)?(e-?\d+)?$/i);
const openaiEntry = z.object({
  id,
  context_length: tokens,
  context_window: tokens,
  max_model_len: tokens,
  pricing: z.object({ prompt: perToken, completion: perToken }).nullish().catch(undefined),
});
const anthropicEntry = z.object({ id, max_input_tokens: tokens });
const geminiEntry = z.object({ name: id, inputTokenLimit: tokens, supportedGenerationMethods: z.array(z.string()) });

const perMillion = (dollars: string): number => Number((Number(dollars) * 1_000_000).toFixed(6));
/** The entries that have the expected form; a list may have others. */
const valid = <T>(schema: z.ZodType<T>, entries: unknown[]): T[] =>
  entries.flatMap((entry) => {
    const { data } = schema.safeParse(entry);
    return data === undefined ? [] : [data];
  });

/** The first query and the reading of a page, in each protocol. */
const lists: Record<ModelTarget['api'], { query: string; read: (body: unknown) => Page }> = {
  'openai-completions': {
    query: '',
    read(body) {
      const { data } = z.object({ data: z.array(z.unknown()) }).parse(body);
      return {
        models: valid(openaiEntry, data).map(({ id, context_length, context_window, max_model_len, pricing }) => ({
          id,
          contextLength: context_length ?? context_window ?? max_model_len ?? undefined,
          price: pricing ? { inputUsd: perMillion(pricing.prompt), outputUsd: perMillion(pricing.completion) } : undefined,
        })),
      };
    },
  },
  'anthropic-messages': {
    query: '?limit=1000',
    read(body) {
      const page = z.object({ data: z.array(z.unknown()), has_more: z.boolean(), last_id: z.string().nullish() }).parse(body);
      return {
        models: valid(anthropicEntry, page.data).map((entry) => ({
          id: entry.id,
          contextLength: entry.max_input_tokens ?? undefined,
          price: undefined,
        })),
        next: page.has_more && page.last_id ? `?limit=1000&after_id=${encodeURIComponent(page.last_id)}` : undefined,
      };
    },
  },
  'google-generative-ai': {
    query: '?pageSize=1000',
    read(body) {
      const page = z.object({ models: z.array(z.unknown()).default([]), nextPageToken: z.string().optional() }).parse(body);
      return {
        models: valid(geminiEntry, page.models)
          .filter(({ supportedGenerationMethods }) => supportedGenerationMethods.includes('generateContent'))
          .map(({ name, inputTokenLimit }) => ({
            id: name.replace(/^models\//, ''),
            contextLength: inputTokenLimit ?? undefined,
            price: undefined,
          })),
        next: page.nextPageToken ? `?pageSize=1000&pageToken=${encodeURIComponent(page.nextPageToken)}` : undefined,
      };
    },
  },
};

/** Reads a body up to a size. @throws NoModelList for a larger one */
async function readLimited(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new NoModelList('its answer is too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The address of a target's list. Anthropic's base URL may or may not end with the version. */
export function modelListUrl({ api, baseUrl }: Pick<ModelTarget, 'api' | 'baseUrl'>): string {
  const base = containerUrlToHostUrl(baseUrl).replace(/\/$/, '');
  return api === 'anthropic-messages' ? `${base.replace(/\/v1$/, '')}/v1/models` : `${base}/models`;
}

/**
 * Reads a provider's own list of models.
 * @param key undefined for a list that needs none
 * @throws NoModelList
 */
export async function fetchModelList(dispatcher: Dispatcher, target: ModelTarget, key: string | undefined): Promise<ListedModel[]> {
  const { api, provider } = target;
  const { query, read } = lists[api];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { ...(key && keyHeaders[api](key)), ...(api === 'anthropic-messages' && { 'anthropic-version': '2023-06-01' }) };
  const models: ListedModel[] = [];
  let next: string | undefined = query;
  for (let page = 0; page < MAX_PAGES && next !== undefined && models.length < MAX_MODELS; page++) {
    try {
      const { statusCode, body } = await request(`${modelListUrl(target)}${next}`, { dispatcher, signal, headers });
      const text = await readLimited(body, statusCode === 200 ? MAX_BYTES : MAX_ERROR_BYTES);
      if (isKeyRefusal(provider, statusCode, text)) throw new NoModelList('it refused the key', statusCode);
      if (statusCode !== 200) throw new NoModelList(`status ${statusCode}`);
      const found = read(JSON.parse(text));
      models.push(...found.models);
      next = found.next;
    } catch (error) {
      if (error instanceof NoModelList) throw error;
      if (signal.aborted) throw new NoModelList(`no answer within ${TIMEOUT_MS / 1000} seconds`);
      const isForm = error instanceof SyntaxError || error instanceof z.ZodError;
      throw new NoModelList(isForm ? 'its answer is no list of models' : 'it cannot be reached');
    }
  }
  return models.slice(0, MAX_MODELS);
}
