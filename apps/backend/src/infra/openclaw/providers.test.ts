import { expect, test } from '@jest/globals';
import { defaultModelOf, fallbackTargets, modelTarget } from './providers.ts';

test.each([
  ['openrouter', 'xiaomi/mimo-v2-pro', ['openrouter/anthropic/claude-sonnet-4', 'openrouter/google/gemini-2.5-flash']],
  ['gemini', 'gemini-2.0-flash', ['openrouter/anthropic/claude-sonnet-4.5']],
  ['groq', 'llama-3.3-70b-versatile', ['openai/gpt-4o-mini']],
  ['anthropic', 'claude-sonnet-4-5', ['openai/gpt-4o']],
  ['openai', 'gpt-4o', ['openai/gpt-4o-mini']],
] as const)('%s speaks with %s and turns to %j', (aiProvider, model, fallbacks) => {
  const agent = { aiProvider, model: defaultModelOf(aiProvider), config: {} };
  expect(modelTarget(agent, {}).model).toBe(model);
  expect(fallbackTargets(agent, {}, () => true).map((each) => `${each.gatewayName}/${each.model}`)).toEqual(fallbacks);
  expect(fallbackTargets(agent, {}, () => false)).toEqual([]);
});
