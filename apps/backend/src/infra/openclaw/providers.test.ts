import { containerModels, responseModelTable } from '@agentbot/contracts/test/agents-api';
import { describe, expect, test } from '@jest/globals';
import { credentialOf, defaultModelOf, fallbackTargets, type KnownProvider, keySecret, modelTarget, responseModels } from './providers.ts';

/** The accepted providers: the contract's table without `minimax`, which requests may not name. */
const table = containerModels().filter(({ provider }) => provider !== 'minimax');

// The providers' own API references: OpenRouter and Groq speak OpenAI's protocol, Anthropic and Google their own.
const protocols: Record<string, { api: string; gatewayName: string; baseUrl?: string }> = {
  openrouter: { api: 'openai-completions', gatewayName: 'openrouter' },
  // The gateway appends `/models`, and Anthropic's client `/v1`, so the contract's ends are left out.
  gemini: { api: 'google-generative-ai', gatewayName: 'google', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' },
  groq: { api: 'openai-completions', gatewayName: 'groq' },
  anthropic: { api: 'anthropic-messages', gatewayName: 'anthropic', baseUrl: 'https://api.anthropic.com' },
  openai: { api: 'openai-completions', gatewayName: 'openai' },
};

test.each(table)('modelTarget of $provider has the contract’s address and the provider’s protocol', ({ provider, baseUrl }) => {
  const aiProvider = provider as KnownProvider;
  expect(modelTarget({ aiProvider, model: 'm', config: {} }, {})).toEqual({ provider, model: 'm', baseUrl, ...protocols[provider] });
});

test.each([
  ['openrouter', 'xiaomi/mimo-v2-pro', ['openrouter/anthropic/claude-sonnet-4', 'openrouter/google/gemini-2.5-flash']],
  ['gemini', 'gemini-2.0-flash', ['openrouter/anthropic/claude-sonnet-4.5']],
  ['groq', 'llama-3.3-70b-versatile', ['openai/gpt-4o-mini']],
  ['anthropic', 'claude-sonnet-4-5', ['openai/gpt-4o']],
  ['openai', 'gpt-4o', ['openai/gpt-4o-mini']],
] as const)('the default model of %s is %s and its fallbacks are %j', (aiProvider, model, fallbacks) => {
  expect(defaultModelOf(aiProvider)).toBe(model);
  const agent = { aiProvider, model, config: {} };
  expect(fallbackTargets(agent, {}, () => true).map((each) => `${each.gatewayName}/${each.model}`)).toEqual(fallbacks);
  expect(fallbackTargets(agent, {}, () => false)).toEqual([]);
});

test.each([
  ['openrouter', 'gpt-4', 'openai/gpt-4'],
  ['openrouter', 'claude-opus-4-6', 'anthropic/claude-opus-4.6'],
  ['openrouter', 'custom', 'xiaomi/mimo-v2-pro'],
  ['openrouter', 'meta-llama/llama-4', 'meta-llama/llama-4'],
  ['anthropic', 'claude-opus-4-6', 'claude-opus-4-6'],
  ['anthropic', 'gpt-4', 'claude-sonnet-4-5'],
  ['anthropic', 'custom', 'claude-sonnet-4-5'],
  ['openai', 'gpt-4', 'gpt-4'],
  ['openai', 'claude-opus-4-6', 'gpt-4o'],
  ['gemini', 'claude-opus-4-6', 'gemini-2.0-flash'],
  ['gemini', 'gpt-4', 'gemini-2.0-flash'],
  ['groq', 'gpt-4', 'llama-3.3-70b-versatile'],
] as const)('%s calls the dashboard’s model %s as %s', (aiProvider, model, called) => {
  expect(modelTarget({ aiProvider, model, config: {} }, {}).model).toBe(called);
});

test('an address of the installation replaces the provider’s own, also of a fallback', () => {
  const addresses = {
    OPENROUTER_BASE_URL: 'http://openrouter',
    GEMINI_BASE_URL: 'http://gemini',
    GROQ_BASE_URL: 'http://groq',
    ANTHROPIC_BASE_URL: 'http://anthropic',
    OPENAI_BASE_URL: 'http://openai',
  };
  for (const aiProvider of ['openrouter', 'gemini', 'groq', 'anthropic', 'openai']) {
    expect(modelTarget({ aiProvider, model: 'm', config: {} }, addresses).baseUrl).toBe(`http://${aiProvider}`);
  }
  const [fallback] = fallbackTargets({ aiProvider: 'anthropic', model: 'm', config: {} }, addresses, () => true);
  expect(fallback).toEqual({
    provider: 'openai',
    api: 'openai-completions',
    baseUrl: 'http://openai',
    gatewayName: 'openai',
    model: 'gpt-4o',
  });
});

describe('a custom endpoint', () => {
  const agent = { aiProvider: 'custom', model: 'custom', config: { baseUrl: 'http://models.example/v1', model: 'mine' } };

  test('is called at its own address with its own model, in OpenAI’s protocol', () => {
    expect(modelTarget(agent, { OPENAI_BASE_URL: 'http://other' })).toEqual({
      provider: 'custom',
      api: 'openai-completions',
      baseUrl: 'http://models.example/v1',
      gatewayName: 'custom',
      model: 'mine',
    });
  });

  test('has no fallback: its messages go nowhere else', () => {
    expect(fallbackTargets(agent, {}, () => true)).toEqual([]);
  });
});

test('fallbackTargets leaves out the model that failed, and the providers without a key', () => {
  const agent = { aiProvider: 'openrouter', model: 'anthropic/claude-sonnet-4', config: {} };
  expect(fallbackTargets(agent, {}, () => true).map(({ model }) => model)).toEqual(['google/gemini-2.5-flash']);
  // The same name at another provider is another model.
  expect(fallbackTargets({ aiProvider: 'groq', model: 'gpt-4o-mini', config: {} }, {}, () => true)).toHaveLength(1);
  const asked: string[] = [];
  fallbackTargets({ aiProvider: 'gemini', model: 'gemini-2.0-flash', config: {} }, {}, (provider) => asked.push(provider) > 1);
  expect(asked).toEqual(['openrouter']);
});

test('each provider has the contract’s name of its key', () => {
  expect(['openrouter', 'gemini', 'groq', 'anthropic', 'openai', 'custom'].map(credentialOf)).toEqual([
    'openrouter',
    'google',
    undefined,
    'anthropic',
    'openai',
    undefined,
  ]);
});

test('keySecret is the agent’s own key for its provider, and a key by name for another', () => {
  expect(keySecret('openai', 'openai')).toBe('apiKey');
  expect(keySecret('openai', 'anthropic')).toBe('apiKey:openai');
  expect(keySecret('gemini', 'openai')).toBe('apiKey:google');
});

test('responseModels is the contract’s table of POST /api/provision', () => {
  const expected = responseModelTable().filter(({ provider }) => provider !== 'minimax');
  const built = Object.entries(responseModels).map(([provider, row]) => ({ provider, ...row }));
  expect(built).toEqual(expected);
});
