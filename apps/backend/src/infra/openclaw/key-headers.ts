import type { ModelTarget } from './providers.ts';

/** The request header that carries a provider's key, in each protocol. */
export const keyHeaders: Record<ModelTarget['api'], (key: string) => Record<string, string>> = {
  'openai-completions': (key) => ({ authorization: `Bearer ${key}` }),
  'anthropic-messages': (key) => ({ 'x-api-key': key }),
  'google-generative-ai': (key) => ({ 'x-goog-api-key': key }),
};
