import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';

export const modelOptions = (): [string, string][] => [
  ['claude-opus-4-6', 'Claude Opus 4.6 (Anthropic)'],
  ['gpt-4', t`GPT-4 (through OpenRouter)`],
  ['custom', t`Custom: OpenAI-compatible`],
  ['demo', t`Demo: repeats what you write, needs no key`],
];

/** The provider of each model that needs a key. */
export const modelProviders: Record<string, string> = { 'claude-opus-4-6': 'anthropic', 'gpt-4': 'openrouter' };

/** Initial values of the form. */
export interface Template {
  id: string;
  title: MessageDescriptor;
  description: MessageDescriptor;
  name: MessageDescriptor;
  model: string;
  channel?: 'telegram' | 'discord' | 'slack';
}
export const templates: Template[] = [
  {
    id: 'assistant',
    title: msg`Personal assistant`,
    description: msg`Claude, in this dashboard. You can add channels later.`,
    name: msg`My assistant`,
    model: 'claude-opus-4-6',
  },
  {
    id: 'telegram',
    title: msg`On Telegram`,
    description: msg`A bot that answers you in your Telegram chats.`,
    name: msg`Telegram assistant`,
    model: 'claude-opus-4-6',
    channel: 'telegram',
  },
  {
    id: 'discord',
    title: msg`On Discord`,
    description: msg`A helper in your team’s server.`,
    name: msg`Discord helper`,
    model: 'gpt-4',
    channel: 'discord',
  },
  {
    id: 'slack',
    title: msg`On Slack`,
    description: msg`A colleague that answers you in your workspace.`,
    name: msg`Slack assistant`,
    model: 'claude-opus-4-6',
    channel: 'slack',
  },
  {
    id: 'own',
    title: msg`Your own model`,
    description: msg`Ollama, vLLM or any other OpenAI-compatible server.`,
    name: msg`Local agent`,
    model: 'custom',
  },
];
