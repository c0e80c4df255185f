import { request } from 'undici';
import { keyHeaders } from './key-headers.ts';
import { isKeyRefusal, MAX_ERROR_BYTES } from './key-refusal.ts';
import type { ModelConnections } from './model-connections.ts';
import type { ModelTarget } from './providers.ts';

const TIMEOUT_MS = 10_000;

/** What a provider said to a key: it accepts it, it refuses it with a status, or nothing that answers the question. */
export type KeyProbe = 'accepted' | 'unknown' | { refusedStatus: number };

/** The smallest request of each provider that needs a key. OpenRouter's list of models is public, so its key has a page of its own. */
function pathOf({ provider, api }: ModelTarget): string {
  if (provider === 'openrouter') return '/key';
  if (api === 'anthropic-messages') return '/v1/models?limit=1';
  return api === 'google-generative-ai' ? '/models?pageSize=1' : '/models';
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
  const { api, baseUrl, provider } = target;
  const base = api === 'anthropic-messages' ? baseUrl.replace(/\/v1$/, '') : baseUrl;
  try {
    const { statusCode, body } = await request(`${base.replace(/\/$/, '')}${pathOf(target)}`, {
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
