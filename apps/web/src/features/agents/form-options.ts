export const modelOptions: [string, string][] = [
  ['claude-opus-4-6', 'Claude Opus 4.6 (Anthropic)'],
  ['gpt-4', 'GPT-4 (through OpenRouter)'],
  ['custom', 'Custom: OpenAI-compatible'],
  ['demo', 'Demo: repeats what you write, needs no key'],
];

/** The provider of each model that needs a key. */
export const modelProviders: Record<string, string> = { 'claude-opus-4-6': 'anthropic', 'gpt-4': 'openrouter' };

/** Initial values of the form. */
export interface Template {
  id: string;
  title: string;
  description: string;
  name: string;
  model: string;
  channel?: 'telegram' | 'discord' | 'slack';
}
export const templates: Template[] = [
  {
    id: 'assistant',
    title: 'Personal assistant',
    description: 'Claude, in this dashboard. You can add channels later.',
    name: 'My assistant',
    model: 'claude-opus-4-6',
  },
  {
    id: 'telegram',
    title: 'On Telegram',
    description: 'A bot that answers you in your Telegram chats.',
    name: 'Telegram assistant',
    model: 'claude-opus-4-6',
    channel: 'telegram',
  },
  {
    id: 'discord',
    title: 'On Discord',
    description: 'A helper in your team’s server.',
    name: 'Discord helper',
    model: 'gpt-4',
    channel: 'discord',
  },
  {
    id: 'slack',
    title: 'On Slack',
    description: 'A colleague that answers you in your workspace.',
    name: 'Slack assistant',
    model: 'claude-opus-4-6',
    channel: 'slack',
  },
  {
    id: 'own',
    title: 'Your own model',
    description: 'Ollama, vLLM or any other OpenAI-compatible server.',
    name: 'Local agent',
    model: 'custom',
  },
];
