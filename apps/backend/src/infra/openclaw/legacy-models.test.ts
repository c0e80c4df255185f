import { expect, test } from '@jest/globals';
import { replaceLegacyModel } from './legacy-models.ts';

/** Models that their providers had retired by November 2026, from the deprecation pages named in the module. */
const retired: [string, string][] = [
  ['anthropic', 'claude-instant-1.2'],
  ['anthropic', 'claude-2.0'],
  ['anthropic', 'claude-2.1'],
  ['anthropic', 'claude-3-opus-20240229'],
  ['anthropic', 'claude-3-sonnet-20240229'],
  ['anthropic', 'claude-3-5-sonnet-20240620'],
  ['anthropic', 'claude-3-5-sonnet-20241022'],
  ['anthropic', 'claude-3-7-sonnet-20250219'],
  ['openai', 'gpt-3.5-turbo-0301'],
  ['openai', 'gpt-3.5-turbo-0613'],
  ['openai', 'gpt-4-32k'],
  ['openai', 'gpt-4-vision-preview'],
  ['openai', 'gpt-4.5-preview'],
  ['gemini', 'gemini-pro'],
  ['gemini', 'gemini-1.0-pro'],
  ['gemini', 'gemini-1.5-flash'],
  ['gemini', 'gemini-1.5-pro'],
  ['groq', 'mixtral-8x7b-32768'],
  ['groq', 'gemma2-9b-it'],
  ['groq', 'gemma-7b-it'],
  ['groq', 'llama3-70b-8192'],
  ['groq', 'llama3-8b-8192'],
  ['groq', 'llama-3.1-70b-versatile'],
];
/** Models that the providers serve in November 2026, by their lists of models. */
const served: Record<string, string[]> = {
  anthropic: ['claude-opus-4-6', 'claude-sonnet-4-5'],
  openai: ['gpt-4o', 'gpt-4o-mini'],
  gemini: ['gemini-2.5-flash', 'gemini-2.5-pro'],
  groq: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant'],
};
const agent = (aiProvider: string, model: string, config: object = {}) =>
  ({ id: 'agent_1', aiProvider, model, config, openclawVersion: '2026.3.13' }) as never;

test.each(retired)('replaceLegacyModel moves an agent of %s from %s to a model that is not retired itself', (provider, model) => {
  const { agent: replaced, change, message } = replaceLegacyModel(agent(provider, model));
  expect(replaced.model).not.toBe(model);
  expect(served[provider]).toContain(replaced.model);
  expect(retired).not.toContainEqual([provider, replaced.model]);
  expect(replaceLegacyModel(agent(provider, replaced.model)).message).toBe('');
  expect(change.model).toBe(replaced.model);
  expect(message).toBe(`The model ${model} is no longer available: the agent now uses ${replaced.model}`);
});

test.each([
  ['anthropic', 'claude-3-opus-20240229', 'claude-opus-4-6'],
  ['anthropic', 'claude-3-5-sonnet-20241022', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-1.5-pro', 'gemini-2.5-pro'],
  ['groq', 'llama3-8b-8192', 'llama-3.1-8b-instant'],
])('replaceLegacyModel keeps the class of a model: %s %s becomes %s', (provider, model, successor) => {
  expect(replaceLegacyModel(agent(provider, model)).agent.model).toBe(successor);
});

test('replaceLegacyModel changes a model that the owner configured, and no configuration without one', () => {
  expect(replaceLegacyModel(agent('groq', 'gemma2-9b-it', { model: 'gemma2-9b-it', plan: 'solo' })).change.config).toEqual({
    model: 'llama-3.3-70b-versatile',
    plan: 'solo',
  });
  expect(replaceLegacyModel(agent('groq', 'gemma2-9b-it', { plan: 'solo' })).change.config).toEqual({ plan: 'solo' });
});

test('replaceLegacyModel leaves a served model, and the same name at another provider', () => {
  for (const [provider, model] of [
    ['anthropic', 'claude-sonnet-4-5'],
    ['openrouter', 'claude-2.1'],
    ['custom', 'gemma2-9b-it'],
  ] as const) {
    const unchanged = agent(provider, model);
    expect(replaceLegacyModel(unchanged)).toEqual({ agent: unchanged, change: {}, message: '' });
  }
});

test('replaceLegacyModel replaces a model that the agent’s OpenClaw version refuses, and names the provider as the gateway does', () => {
  const newer = { ...(agent('gemini', 'gemini-2.0-flash') as object), openclawVersion: '2026.9.6' } as never;
  expect(replaceLegacyModel(newer).agent.model).toBe('gemini-2.5-flash');
  expect(replaceLegacyModel(agent('gemini', 'gemini-2.0-flash')).message).toBe('');
  const unknown = { ...(agent('gemini', 'gemini-2.0-flash') as object), openclawVersion: null } as never;
  expect(replaceLegacyModel(unknown).message).toBe('');
});
