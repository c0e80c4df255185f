import type { AgentConfig } from '@agentbot/contracts';
import type { Config } from '../config.ts';

export type ProviderId = NonNullable<AgentConfig['aiProvider']> | 'custom';

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
}

/** Names of the dashboard that not every provider has; every other name is the provider's own. */
const dashboardModels = new Set(['claude-opus-4-6', 'gpt-4', 'custom']);

/** The model providers, as the gateway at 2026.3.13 accepts them. */
const providers: Record<Exclude<ProviderId, 'custom'>, Provider> = {
  openrouter: {
    api: 'openai-completions',
    baseUrl: 'https://openrouter.ai/api/v1',
    baseUrlVariable: 'OPENROUTER_BASE_URL',
    gatewayName: 'openrouter',
    defaultModel: 'xiaomi/mimo-v2-pro',
    models: { 'gpt-4': 'openai/gpt-4', 'claude-opus-4-6': 'anthropic/claude-opus-4.6' },
  },
  gemini: {
    api: 'google-generative-ai',
    // The contract's table says …/v1beta/models; the gateway appends `/models` itself.
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    baseUrlVariable: 'GEMINI_BASE_URL',
    gatewayName: 'google',
    defaultModel: 'gemini-2.0-flash',
    models: {},
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
  },
  anthropic: {
    api: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    gatewayName: 'anthropic',
    defaultModel: 'claude-sonnet-4-5',
    models: { 'claude-opus-4-6': 'claude-opus-4-6' },
  },
  openai: {
    api: 'openai-completions',
    baseUrl: 'https://api.openai.com/v1',
    baseUrlVariable: 'OPENAI_BASE_URL',
    gatewayName: 'openai',
    defaultModel: 'gpt-4o',
    models: { 'gpt-4': 'gpt-4' },
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

type KnownProvider = Exclude<ProviderId, 'custom'>;

/** The model an agent of this provider speaks with when none is named. */
export const defaultModelOf = (provider: KnownProvider): string => providers[provider].defaultModel;

/** Where and how an agent's model is reached. */
export interface ModelTarget {
  provider: ProviderId;
  api: Provider['api'];
  baseUrl: string;
  gatewayName: string;
  model: string;
}

/** The model an agent speaks with, from its row. */
export function modelTarget(
  agent: { model: string; aiProvider: string; config: unknown },
  config: Pick<Config, NonNullable<Provider['baseUrlVariable']>>,
): ModelTarget {
  const id = agent.aiProvider as ProviderId;
  if (id === 'custom') {
    const own = agent.config as { baseUrl: string; model: string };
    return { provider: id, api: 'openai-completions', baseUrl: own.baseUrl, gatewayName: 'custom', model: own.model };
  }
  const provider = providers[id];
  const override = provider.baseUrlVariable && config[provider.baseUrlVariable];
  return {
    provider: id,
    api: provider.api,
    baseUrl: override ?? provider.baseUrl,
    gatewayName: provider.gatewayName,
    model: provider.models[agent.model] ?? (dashboardModels.has(agent.model) ? provider.defaultModel : agent.model),
  };
}
