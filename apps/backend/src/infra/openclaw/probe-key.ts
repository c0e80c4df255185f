import { request } from 'undici';
import { keyHeaders } from './key-headers.ts';
import { isKeyRefusal, MAX_ERROR_BYTES } from './key-refusal.ts';
import type { ModelConnections } from './model-connections.ts';
import { modelListUrl } from './model-list.ts';
import type { ModelTarget } from './providers.ts';

const TIMEOUT_MS = 10_000;

/** What a provider said to a key: it accepts it, it refuses it with a status, or nothing that answers the question. */
export type KeyProbe = 'accepted' | 'unknown' | { refusedStatus: number };

const queries: Record<ModelTarget['api'], string> = {
  'openai-completions': '',
  'anthropic-messages': '?limit=1',
  'google-generative-ai': '?pageSize=1',
};

/** The smallest request of each provider that needs a key. OpenRouter's list of models is public, so its key has a page of its own. */
function urlOf(target: ModelTarget): string {
  const list = modelListUrl(target);
  return target.provider === 'openrouter' ? list.replace(/models$/, 'key') : `${list}${queries[target.api]}`;
}

/** Reads the beginning of a response and drops the rest. */
async function beginningOf(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ERROR_BYTES) break;
  }
  body.destroy();
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ERROR_BYTES);
}

/** Asks a known provider whether it accepts a key. A provider that cannot be reached, or fails, leaves the question open. */
export async function probeKey(connections: ModelConnections, target: ModelTarget, key: string): Promise<KeyProbe> {
  const { api, provider } = target;
  try {
    const { statusCode, body } = await request(urlOf(target), {
      dispatcher: connections.known,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { ...keyHeaders[api](key), ...(api === 'anthropic-messages' && { 'anthropic-version': '2023-06-01' }) },
    });
    const text = await beginningOf(body);
    if (isKeyRefusal(provider, statusCode, text)) return { refusedStatus: statusCode };
    return statusCode === 200 ? 'accepted' : 'unknown';
  } catch {
    return 'unknown';
  }
}
