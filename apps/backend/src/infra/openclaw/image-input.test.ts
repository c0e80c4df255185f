import { expect, test } from '@jest/globals';
import { readsImages } from './image-input.ts';

// From the providers' documentation of their models.
test.each([
  ['openai', 'gpt-4'],
  ['openai', 'gpt-4-0613'],
  ['openai', 'gpt-3.5-turbo'],
  ['openrouter', 'openai/gpt-4'],
  ['openai', 'o3-mini'],
  ['groq', 'llama-3.3-70b-versatile'],
  ['groq', 'llama-3.1-8b-instant'],
  ['openrouter', 'meta-llama/llama-3.3-70b-instruct'],
  ['groq', 'gemma2-9b-it'],
  ['groq', 'mixtral-8x7b-32768'],
] as const)('%s %s reads text only', (provider, model) => {
  expect(readsImages({ provider, model })).toBe(false);
});

test.each([
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['openai', 'gpt-4-turbo'],
  ['openai', 'gpt-4.1'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['openrouter', 'anthropic/claude-opus-4.6'],
  ['gemini', 'gemini-2.0-flash'],
  ['groq', 'meta-llama/llama-4-scout-17b-16e-instruct'],
  ['openrouter', 'meta-llama/llama-3.2-11b-vision-instruct'],
  // Not known: the server decides.
  ['openrouter', 'somebody/some-model'],
  ['custom', 'gpt-4'],
] as const)('%s %s may read images', (provider, model) => {
  expect(readsImages({ provider, model })).toBe(true);
});
