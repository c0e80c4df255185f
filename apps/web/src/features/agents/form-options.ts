export const modelOptions: [string, string][] = [
  ['claude-opus-4-6', 'Claude Opus 4.6 (Anthropic)'],
  ['gpt-4', 'GPT-4 (through OpenRouter)'],
  ['custom', 'Custom: OpenAI-compatible'],
];

/** The provider of each model that is not an endpoint of the owner's own. */
export const modelProviders: Record<string, string> = { 'claude-opus-4-6': 'anthropic', 'gpt-4': 'openrouter' };

/** Initial values of the form. */
export interface Template {
  id: string;
  title: string;
  description: string;
  name: string;
  model: string;
  tier: string;
  channel?: 'telegram' | 'discord';
}
export const templates: Template[] = [
  {
    id: 'assistant',
    title: 'Personal assistant',
    description: 'Claude, in this dashboard. You can add channels later.',
    name: 'My assistant',
    model: 'claude-opus-4-6',
    tier: '',
  },
  {
    id: 'telegram',
    title: 'On Telegram',
    description: 'A bot that answers you in your Telegram chats.',
    name: 'Telegram assistant',
    model: 'claude-opus-4-6',
    tier: '',
    channel: 'telegram',
  },
  {
    id: 'discord',
    title: 'On Discord',
    description: 'A helper in your team’s server.',
    name: 'Discord helper',
    model: 'gpt-4',
    tier: 'pro',
    channel: 'discord',
  },
  {
    id: 'own',
    title: 'Your own model',
    description: 'Ollama, vLLM or any other OpenAI-compatible server.',
    name: 'Local agent',
    model: 'custom',
    tier: 'starter',
  },
];
