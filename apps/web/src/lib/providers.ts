import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { say } from './language/texts.ts';

/** The model providers that the platform knows, and their names. */
export const providers = [
  ['openrouter', 'OpenRouter'],
  ['anthropic', 'Anthropic'],
  ['openai', 'OpenAI'],
  ['gemini', 'Google Gemini'],
  ['groq', 'Groq'],
] as const;
export type Provider = (typeof providers)[number][0];

const others: Record<string, MessageDescriptor> = { custom: msg`Own endpoint`, demo: msg`Demo` };

/** The name of a provider; the text itself for another one. */
export function providerName(id: string): string {
  const other = others[id];
  return other ? say(other) : (providers.find(([known]) => known === id)?.[1] ?? id);
}
