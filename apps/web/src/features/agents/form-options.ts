import { planForTier, plans, type Tier } from '@agentbot/contracts';

export const modelOptions: [string, string][] = [
  ['claude-opus-4-6', 'Claude Opus 4.6 (Anthropic)'],
  ['gpt-4', 'GPT-4 (through OpenRouter)'],
  ['custom', 'Custom: OpenAI-compatible'],
];

function sizeOf(tier: Tier | undefined): string {
  const { memoryBytes, cpus } = plans[planForTier(tier, null)];
  return `${memoryBytes / 1024 ** 3} GiB, ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`;
}

/** What a container may use; the account's plan caps it. */
export const tierOptions: [string, string][] = [
  ['', `Default: ${sizeOf(undefined)}`],
  ['starter', `Starter: ${sizeOf('starter')}`],
  ['pro', `Pro: ${sizeOf('pro')}`],
  ['enterprise', `Enterprise: ${sizeOf('enterprise')}`],
];
