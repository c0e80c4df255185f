import type { AgentConfig, Credential } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import { readCustomEndpoint } from './agent-config.ts';

export type KnownProvider = NonNullable<AgentConfig['aiProvider']>;
export type ProviderId = KnownProvider | 'custom' | 'demo';

/** The model that the platform itself answers for, so that an agent talks before it has a provider and a key. */
export const DEMO_MODEL = 'echo';

interface Provider {
  /** The name that people know. */
  title: string;
  /** The API's protocol (OpenClaw's `api`). */
  api: 'openai-completions' | 'anthropic-messages' | 'google-generative-ai';
  baseUrl: string;
  baseUrlVariable?: 'OPENROUTER_BASE_URL' | 'GEMINI_BASE_URL' | 'GROQ_BASE_URL' | 'ANTHROPIC_BASE_URL' | 'OPENAI_BASE_URL';
  /** OpenClaw's name of the provider. */
  gatewayName: string;
  /** The model when none is named, or when the dashboard's name (`claude-opus-4-6`, `gpt-4`) has no entry in `models`. */
  defaultModel: string;
  /** The dashboard's model names in this provider's spelling. */
  models: Record<string, string>;
  /** Models that the gateway tries, in order, when the first model fails; only those whose provider the agent has a key for. */
  fallbacks: { provider: KnownProvider; model: string }[];
  /** The contract's name of this provider's key. */
  credential?: Credential;
}

/** The dashboard's own model names; every other name is in the provider's spelling. */
const dashboardModels = new Set(['claude-opus-4-6', 'gpt-4', 'custom', 'demo']);

/** The model providers, as the gateway at 2026.3.13 accepts them. */
const providers: Record<KnownProvider, Provider> = {
  openrouter: {
    title: 'OpenRouter',
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
    title: 'Google Gemini',
    api: 'google-generative-ai',
    // The contract's table has …/v1beta/models, but the gateway appends `/models` itself.
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    baseUrlVariable: 'GEMINI_BASE_URL',
    gatewayName: 'google',
    defaultModel: 'gemini-2.0-flash',
    models: {},
    // The contract's `claude-sonnet-4-5`; OpenRouter spells it with a point.
    fallbacks: [{ provider: 'openrouter', model: 'anthropic/claude-sonnet-4.5' }],
    credential: 'google',
  },
  groq: {
    title: 'Groq',
    api: 'openai-completions',
    // Groq serves chat completions under `/openai`, which the contract's path lacks.
    baseUrl: 'https://api.groq.com/openai/v1',
    baseUrlVariable: 'GROQ_BASE_URL',
    gatewayName: 'groq',
    // Not gemma2-9b-it: its context is too small for the gateway.
    defaultModel: 'llama-3.3-70b-versatile',
    models: {},
    fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
  },
  anthropic: {
    title: 'Anthropic',
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
    title: 'OpenAI',
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

/** The contract's second table, for the response of `POST /api/provision`; the gateway's own settings differ. */
export const responseModels: Record<KnownProvider, { model: string; baseUrl: string }> = {
  openrouter: { model: 'openai/gpt-4o-mini', baseUrl: 'https://openrouter.ai/api/v1' },
  gemini: { model: 'gemini-2.0-flash', baseUrl: 'https://generativelanguage.googleapis.com/v1beta/models' },
  groq: { model: 'mixtral-8x7b-32768', baseUrl: 'https://api.groq.com/openai/v1' },
  anthropic: { model: 'claude-3-sonnet-20240229', baseUrl: 'https://api.anthropic.com/v1' },
  openai: { model: 'openai/gpt-4o', baseUrl: 'https://api.openai.com/v1' },
};

/** The name of a provider in sentences. */
export const titleOf = (provider: KnownProvider): string => providers[provider].title;

/** The model of an agent with this provider when none is named. */
export const defaultModelOf = (provider: KnownProvider): string => providers[provider].defaultModel;

/** The contract's name of a provider's key; undefined when it has none. */
export const credentialOf = (provider: string): Credential | undefined => providers[provider as KnownProvider]?.credential;

/** The name of the secret with an agent's key for a provider; `ownProvider` is the agent's own. */
export const keySecret = (provider: string, ownProvider: string) =>
  provider === ownProvider ? ('apiKey' as const) : (`apiKey:${credentialOf(provider)}` as const);

/** A model with the address and protocol to call it. It is a type, since an interface is not assignable to a JSON column. */
export type ModelTarget = {
  provider: ProviderId;
  api: Provider['api'];
  baseUrl: string;
  gatewayName: string;
  model: string;
};

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

/** Whether a provider is known by name. Only these need a key: an owner's own endpoint may have none, and the demo model has none. */
export const isKnown = (id: string): id is KnownProvider => Object.hasOwn(providers, id);

/** The address and protocol of a known provider. */
export const providerTarget = (provider: KnownProvider, config: Addresses): ModelTarget =>
  target(provider, providers[provider].defaultModel, config);

/** A target with the address that its provider has by now; an owner's own endpoint keeps its address. */
export const withPresentAddress = (stored: ModelTarget, config: Addresses): ModelTarget =>
  isKnown(stored.provider) ? { ...stored, baseUrl: target(stored.provider, stored.model, config).baseUrl } : stored;

/** The model of an agent, from its row. */
export function modelTarget(agent: Choice, config: Addresses): ModelTarget {
  const id = agent.aiProvider as ProviderId;
  // The model gateway answers for the demo model: its address is never called.
  if (id === 'demo') return { provider: id, api: 'openai-completions', baseUrl: 'demo:', gatewayName: 'demo', model: DEMO_MODEL };
  if (id === 'custom') {
    const endpoint = readCustomEndpoint(agent);
    return { provider: id, api: 'openai-completions', baseUrl: endpoint.baseUrl, gatewayName: 'custom', model: endpoint.model };
  }
  const { models, defaultModel } = providers[id];
  return target(id, models[agent.model] ?? (dashboardModels.has(agent.model) ? defaultModel : agent.model), config);
}

/** The fallback models of an agent, in order; only those whose provider passes `hasKey`. */
export function fallbackTargets(agent: Choice, config: Addresses, hasKey: (provider: KnownProvider) => boolean): ModelTarget[] {
  const id = agent.aiProvider as ProviderId;
  if (!isKnown(id)) return [];
  const primary = modelTarget(agent, config).model;
  return providers[id].fallbacks
    .filter(({ provider, model }) => hasKey(provider) && !(provider === id && model === primary))
    .map(({ provider, model }) => target(provider, model, config));
}
