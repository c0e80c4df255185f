import { dialectOf } from '@agentbot/openclaw-image/versions';
import type { Agent } from '../../generated/prisma/client.ts';
import { readAgentConfig, type StoredConfig } from './agent-config.ts';

/**
 * Retired models by provider, with the successors that the providers name.
 * @see https://docs.claude.com/en/docs/about-claude/model-deprecations
 * @see https://platform.openai.com/docs/deprecations
 * @see https://ai.google.dev/gemini-api/docs/deprecations
 * @see https://console.groq.com/docs/deprecations
 */
const successors: Record<string, Record<string, string>> = {
  anthropic: {
    'claude-instant-1.2': 'claude-sonnet-4-5',
    'claude-2.0': 'claude-sonnet-4-5',
    'claude-2.1': 'claude-sonnet-4-5',
    'claude-3-sonnet-20240229': 'claude-sonnet-4-5',
    'claude-3-5-sonnet-20240620': 'claude-sonnet-4-5',
    'claude-3-5-sonnet-20241022': 'claude-sonnet-4-5',
    'claude-3-7-sonnet-20250219': 'claude-sonnet-4-5',
    'claude-3-opus-20240229': 'claude-opus-4-6',
  },
  openai: {
    'gpt-3.5-turbo-0301': 'gpt-4o-mini',
    'gpt-3.5-turbo-0613': 'gpt-4o-mini',
    'gpt-4-32k': 'gpt-4o',
    'gpt-4-vision-preview': 'gpt-4o',
    'gpt-4.5-preview': 'gpt-4o',
  },
  gemini: {
    'gemini-pro': 'gemini-2.5-flash',
    'gemini-1.0-pro': 'gemini-2.5-flash',
    'gemini-1.5-flash': 'gemini-2.5-flash',
    'gemini-1.5-pro': 'gemini-2.5-pro',
  },
  groq: {
    'mixtral-8x7b-32768': 'llama-3.3-70b-versatile',
    'gemma2-9b-it': 'llama-3.3-70b-versatile',
    'gemma-7b-it': 'llama-3.3-70b-versatile',
    'llama3-70b-8192': 'llama-3.3-70b-versatile',
    'llama3-8b-8192': 'llama-3.1-8b-instant',
    'llama-3.1-70b-versatile': 'llama-3.3-70b-versatile',
  },
};
/** OpenClaw's provider names, where they differ from the platform's. */
const gatewayNames: Record<string, string> = { gemini: 'google' };

interface Replacement {
  agent: Agent;
  /** The fields of the agent's row that change. */
  change: { model?: string; config?: StoredConfig };
  /** A sentence for the owner; empty when the model stays. */
  message: string;
}

/** Replaces a model that its provider has retired or that the agent's OpenClaw version refuses. */
export function replaceLegacyModel(agent: Agent): Replacement {
  const { aiProvider, model } = agent;
  // Stryker disable next-line StringLiteral: every unknown version has the same dialect
  const { retired } = dialectOf(agent.openclawVersion ?? '');
  const successor = successors[aiProvider]?.[model] ?? retired[`${gatewayNames[aiProvider] ?? aiProvider}/${model}`];
  if (!successor) return { agent, change: {}, message: '' };
  const config = readAgentConfig(agent);
  const change = { model: successor, config: { ...config, ...(config.model && { model: successor }) } };
  return {
    agent: { ...agent, ...change },
    change,
    message: `The model ${model} is no longer available: the agent now uses ${successor}`,
  };
}
