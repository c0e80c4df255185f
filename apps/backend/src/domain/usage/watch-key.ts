import { isKeyRefusal, MAX_ERROR_BYTES } from '../../infra/openclaw/key-refusal.ts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { clearRefusal, recordRefusal } from '../provider-keys/refusals.ts';
import type { ModelKey } from './model-access.ts';

type Slice = Pick<Context, 'database' | 'clock' | 'log' | 'background'>;

/**
 * Watches a provider's answer for a refusal of the key, and writes it, or its end, to the key's row. The agent's own key has none.
 * @param status of the answer
 */
export function watchKey(context: Slice, key: ModelKey | undefined, { provider }: ModelTarget, status: number) {
  const stored = key?.stored;
  let beginning = Buffer.alloc(0);
  return {
    feed(chunk: Uint8Array): void {
      if (!stored || status < 400 || beginning.length >= MAX_ERROR_BYTES) return;
      beginning = Buffer.concat([beginning, chunk]).subarray(0, MAX_ERROR_BYTES);
    },
    end(): void {
      if (!stored) return;
      const isRefused = isKeyRefusal(provider, status, beginning.toString());
      if (!isRefused && status >= 300) return;
      const written = isRefused ? recordRefusal(context, stored, status) : clearRefusal(context, stored);
      context.background(
        written.catch((error) => context.log.warn({ err: error, key: stored.id }, 'the refusal of a key could not be written')),
      );
    },
  };
}
