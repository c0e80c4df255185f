import type { ProviderId } from './providers.ts';

/** The longest beginning of an error's body that is read. */
export const MAX_ERROR_BYTES = 8_192;

/**
 * Whether an error of a provider says that it does not accept the key. OpenRouter answers 403 to a text that it moderates, and
 * Google answers 400 to a wrong key.
 * @param text the beginning of the error's body
 * @see https://openrouter.ai/docs/api/reference/errors-and-debugging @see https://ai.google.dev/gemini-api/docs/troubleshooting
 */
export function isKeyRefusal(provider: ProviderId, status: number, text: string): boolean {
  if (status === 401) return true;
  if (status === 403) return provider !== 'openrouter';
  return status === 400 && provider === 'gemini' && text.includes('API_KEY_INVALID');
}
