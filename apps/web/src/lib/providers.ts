/** The model providers that the platform knows, and their names. */
export const providers = [
  ['openrouter', 'OpenRouter'],
  ['anthropic', 'Anthropic'],
  ['openai', 'OpenAI'],
  ['gemini', 'Google Gemini'],
  ['groq', 'Groq'],
] as const;
export type Provider = (typeof providers)[number][0];

const others: Record<string, string> = { custom: 'Own endpoint', demo: 'Demo' };

/** The name of a provider; the text itself for another one. */
export const providerName = (id: string): string => providers.find(([known]) => known === id)?.[1] ?? others[id] ?? id;
