import { describe, expect, test } from '@jest/globals';
import { modelAfterChange, modelFromConfig, modelFromName } from './model-choice.ts';

const open = { ALLOW_PRIVATE_MODEL_ENDPOINTS: true };
const closed = { ALLOW_PRIVATE_MODEL_ENDPOINTS: false };
const endpoint = { baseUrl: 'http://127.0.0.1:11434/v1', model: 'llama3' };
const incomplete = expect.objectContaining({ code: 'INVALID_REQUEST', message: 'The model custom needs config.baseUrl and config.model' });

// The contract, POST /api/agents/provision: claude-opus-4-6 sets the provider anthropic, otherwise the configuration's, openrouter by default.
describe('modelFromName', () => {
  test.each<[string, object, object]>([
    ['claude-opus-4-6', {}, { model: 'claude-opus-4-6', aiProvider: 'anthropic' }],
    ['claude-opus-4-6', { aiProvider: 'groq' }, { model: 'claude-opus-4-6', aiProvider: 'anthropic' }],
    ['gpt-4', {}, { model: 'gpt-4', aiProvider: 'openrouter' }],
    ['gpt-4', { aiProvider: 'openai' }, { model: 'gpt-4', aiProvider: 'openai' }],
    ['custom', endpoint, { model: 'custom', aiProvider: 'custom' }],
  ])('of %s with %j is %j', async (model, config, expected) => {
    expect(await modelFromName(model, config, open)).toEqual(expected);
  });

  test('refuses custom without address or model, and at a private address', async () => {
    for (const config of [{}, { baseUrl: endpoint.baseUrl }, { model: 'llama3' }]) {
      await expect(modelFromName('custom', config, open)).rejects.toEqual(incomplete);
    }
    await expect(modelFromName('custom', endpoint, closed)).rejects.toMatchObject({ message: 'config.baseUrl must be a public address' });
  });
});

// The contract, POST /api/agents: aiProvider is openrouter by default; the table "Container config models".
describe('modelFromConfig', () => {
  test.each<[object, object]>([
    [{}, { model: 'xiaomi/mimo-v2-pro', aiProvider: 'openrouter' }],
    [{ aiProvider: 'gemini' }, { model: 'gemini-2.0-flash', aiProvider: 'gemini' }],
    [
      { aiProvider: 'openai', model: 'gpt-4o-mini' },
      { model: 'gpt-4o-mini', aiProvider: 'openai' },
    ],
    [
      { ...endpoint, aiProvider: 'openai' },
      { model: 'custom', aiProvider: 'custom' },
    ],
  ])('of %j is %j', async (config, expected) => {
    expect(await modelFromConfig(config, open)).toEqual(expected);
  });

  test('refuses an endpoint without a model, and at a private address', async () => {
    await expect(modelFromConfig({ baseUrl: endpoint.baseUrl }, open)).rejects.toEqual(incomplete);
    await expect(modelFromConfig(endpoint, closed)).rejects.toMatchObject({ message: 'config.baseUrl must be a public address' });
  });
});

describe('modelAfterChange', () => {
  const agent = (aiProvider: string, model: string, config: object = {}) => ({ aiProvider, model, config });
  const ownEndpoint = agent('custom', 'custom', endpoint);
  const onGroq = agent('groq', 'llama-3.1-8b-instant', { aiProvider: 'groq', model: 'llama-3.1-8b-instant', plan: 'solo' });

  test.each<[string, Parameters<typeof modelAfterChange>, ReturnType<typeof modelAfterChange>]>([
    [
      'nothing',
      [onGroq, {}],
      { aiProvider: 'groq', model: onGroq.model, config: { aiProvider: 'groq', model: onGroq.model, plan: 'solo' } },
    ],
    [
      'the model alone',
      [onGroq, { model: 'llama-3.3-70b-versatile' }],
      {
        aiProvider: 'groq',
        model: 'llama-3.3-70b-versatile',
        config: { aiProvider: 'groq', model: 'llama-3.3-70b-versatile', plan: 'solo' },
      },
    ],
    [
      'the model to null',
      [agent('anthropic', 'claude-opus-4-6', { model: 'claude-opus-4-6' }), { model: null }],
      { aiProvider: 'anthropic', model: 'claude-sonnet-4-5', config: {} },
    ],
    // A model's name is valid for one provider only.
    [
      'the provider alone',
      [onGroq, { aiProvider: 'openai' }],
      { aiProvider: 'openai', model: 'gpt-4o', config: { aiProvider: 'openai', plan: 'solo' } },
    ],
    [
      'the provider to the same one',
      [onGroq, { aiProvider: 'groq' }],
      { aiProvider: 'groq', model: onGroq.model, config: { aiProvider: 'groq', model: onGroq.model, plan: 'solo' } },
    ],
    [
      'provider and model',
      [onGroq, { aiProvider: 'openai', model: 'gpt-4o-mini' }],
      { aiProvider: 'openai', model: 'gpt-4o-mini', config: { aiProvider: 'openai', model: 'gpt-4o-mini', plan: 'solo' } },
    ],
    ['to an endpoint', [onGroq, endpoint], { aiProvider: 'custom', model: 'custom', config: { ...endpoint, plan: 'solo' } }],
    [
      'the address of an endpoint',
      [ownEndpoint, { baseUrl: 'https://models.example/v1' }],
      { aiProvider: 'custom', model: 'custom', config: { baseUrl: 'https://models.example/v1', model: 'llama3' } },
    ],
    [
      'an endpoint to a provider',
      [ownEndpoint, { aiProvider: 'openai' }],
      { aiProvider: 'openai', model: 'gpt-4o', config: { aiProvider: 'openai' } },
    ],
    [
      'something else',
      [ownEndpoint, { ownerIds: ['7'] }],
      { aiProvider: 'custom', model: 'custom', config: { ...endpoint, ownerIds: ['7'] } },
    ],
    [
      'the model of an agent that named no provider',
      [agent('openrouter', 'gpt-4'), { model: 'openai/gpt-4o' }],
      { aiProvider: 'openrouter', model: 'openai/gpt-4o', config: { model: 'openai/gpt-4o' } },
    ],
  ])('changes %s', (_change, [before, changed], expected) => {
    expect(modelAfterChange(before, changed)).toEqual(expected);
  });

  test('refuses an endpoint without a model', () => {
    expect(() => modelAfterChange(agent('groq', 'm'), { baseUrl: endpoint.baseUrl })).toThrow(incomplete);
    expect(() => modelAfterChange(ownEndpoint, { model: null })).toThrow(incomplete);
    expect(() => modelAfterChange(agent('custom', 'custom', { model: 'm' }), {})).toThrow(incomplete);
  });
});
