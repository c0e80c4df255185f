import type { AgentConfig, Credential } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import { readCustomEndpoint } from './agent-config.ts';

export type KnownProvider = NonNullable<AgentConfig['aiProvider']>;
export type ProviderId = KnownProvider | 'custom';

interface Provider {
  /** How the gateway speaks to it (OpenClaw's `api`). */
  api: 'openai-completions' | 'anthropic-messages' | 'google-generative-ai';
  baseUrl: string;
  baseUrlVariable?: 'OPENROUTER_BASE_URL' | 'GEMINI_BASE_URL' | 'GROQ_BASE_URL' | 'ANTHROPIC_BASE_URL' | 'OPENAI_BASE_URL';
  /** OpenClaw's own name of the provider. */
  gatewayName: string;
  /** The model where the agent's own (`claude-opus-4-6`, `gpt-4`) is not this provider's. */
  defaultModel: string;
  /** The agent's models in this provider's spelling. */
  models: Record<string, string>;
  /** What the gateway turns to when the first model fails, by provider; used as far as the agent has a key for it. */
  fallbacks: { provider: KnownProvider; model: string }[];
  /** What the contract calls this provider's key. */
  credential?: Credential;
}

/** Names of the dashboard that not every provider has; every other name is the provider's own. */
const dashboardModels = new Set(['claude-opus-4-6', 'gpt-4', 'custom']);

/** The model providers, as the gateway at 2026.3.13 accepts them. */
const providers: Record<KnownProvider, Provider> = {
  openrouter: {
    api: 'openai-completions',
    baseUrl: 'https://openrouter.ai/api/v1',
    baseUrlVariable: 'OPENROUTER_BASE_URL',
    gatewayName: 'openrouter',
    defaultModel: 'xiaomi/mimo-v2-pro',
    models: { 'gpt-4': 'openai/gpt-4', 'claude-opus-4-6': 'anthropic/claude-opus-4.6' },
    fallbacks: [
      { provider: 'openrouter', model: 'anthropic/claude-sonnet-4' },
      { provider: 'openrouter', model: 'google/gemini-2.5-flash' },
    ],
    credential: 'openrouter',
  },
  gemini: {
    api: 'google-generative-ai',
    // The contract's table says …/v1beta/models; the gateway appends `/models` itself.
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    baseUrlVariable: 'GEMINI_BASE_URL',
    gatewayName: 'google',
    defaultModel: 'gemini-2.0-flash',
    models: {},
    // The contract's `claude-sonnet-4-5` is spelled with a point there.
    fallbacks: [{ provider: 'openrouter', model: 'anthropic/claude-sonnet-4.5' }],
    credential: 'google',
  },
  groq: {
    api: 'openai-completions',
    // The contract's path lacks the `/openai` that Groq's chat completions stand under.
    baseUrl: 'https://api.groq.com/openai/v1',
    baseUrlVariable: 'GROQ_BASE_URL',
    gatewayName: 'groq',
    // gemma2-9b-it has too small a context for the gateway.
    defaultModel: 'llama-3.3-70b-versatile',
    models: {},
    fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
  },
  anthropic: {
    api: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    gatewayName: 'anthropic',
    defaultModel: 'claude-sonnet-4-5',
    models: { 'claude-opus-4-6': 'claude-opus-4-6' },
    fallbacks: [{ provider: 'openai', model: 'gpt-4o' }],
    credential: 'anthropic',
  },
  openai: {
    api: 'openai-completions',
    baseUrl: 'https://api.openai.com/v1',
    baseUrlVariable: 'OPENAI_BASE_URL',
    gatewayName: 'openai',
    defaultModel: 'gpt-4o',
    models: { 'gpt-4': 'gpt-4' },
    fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
    credential: 'openai',
  },
};

/** What `POST /api/provision` says of each provider: the contract's second table, which is not what the gateway runs with. */
export const responseModels: Record<KnownProvider, { model: string; baseUrl: string }> = {
  openrouter: { model: 'openai/gpt-4o-mini', baseUrl: 'https://openrouter.ai/api/v1' },
  gemini: { model: 'gemini-2.0-flash', baseUrl: 'https://generativelanguage.googleapis.com/v1beta/models' },
  groq: { model: 'mixtral-8x7b-32768', baseUrl: 'https://api.groq.com/openai/v1' },
  anthropic: { model: 'claude-3-sonnet-20240229', baseUrl: 'https://api.anthropic.com/v1' },
  openai: { model: 'openai/gpt-4o', baseUrl: 'https://api.openai.com/v1' },
};

/** The model an agent of this provider speaks with when none is named. */
export const defaultModelOf = (provider: KnownProvider): string => providers[provider].defaultModel;

/** What the contract calls the key of a provider, if it names it. */
export const credentialOf = (provider: string): Credential | undefined => providers[provider as KnownProvider]?.credential;

/** The secret with an agent's key for a provider, its own one's or another's. */
export const keySecret = (provider: string, own: string) =>
  provider === own ? ('apiKey' as const) : (`apiKey:${credentialOf(provider)}` as const);

/** Where and how a model is reached. */
export interface ModelTarget {
  provider: ProviderId;
  api: Provider['api'];
  baseUrl: string;
  gatewayName: string;
  model: string;
}

type Addresses = Pick<Config, NonNullable<Provider['baseUrlVariable']>>;
interface Choice {
  model: string;
  aiProvider: string;
  config: unknown;
}

function target(id: KnownProvider, model: string, config: Addresses): ModelTarget {
  const { api, baseUrl, baseUrlVariable, gatewayName } = providers[id];
  return { provider: id, api, baseUrl: (baseUrlVariable && config[baseUrlVariable]) ?? baseUrl, gatewayName, model };
}

/** The model an agent speaks with, from its row. */
export function modelTarget(agent: Choice, config: Addresses): ModelTarget {
  const id = agent.aiProvider as ProviderId;
  if (id === 'custom') {
    const own = readCustomEndpoint(agent);
    return { provider: id, api: 'openai-completions', baseUrl: own.baseUrl, gatewayName: 'custom', model: own.model };
  }
  const { models, defaultModel } = providers[id];
  return target(id, models[agent.model] ?? (dashboardModels.has(agent.model) ? defaultModel : agent.model), config);
}

/** The models an agent turns to next, of those providers that `hasKey` says it has a key for. */
export function fallbackTargets(agent: Choice, config: Addresses, hasKey: (provider: KnownProvider) => boolean): ModelTarget[] {
  const id = agent.aiProvider as ProviderId;
  if (id === 'custom') return [];
  const first = modelTarget(agent, config).model;
  return providers[id].fallbacks
    .filter(({ provider, model }) => hasKey(provider) && !(provider === id && model === first))
    .map(({ provider, model }) => target(provider, model, config));
}
