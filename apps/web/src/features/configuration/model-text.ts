import type { ModelView } from '@agentbot/contracts';
import { formatNumber, formatUsd } from '../../lib/format.ts';

/** What is known of a model: `128,000 tokens, $0.15 in, $0.60 out`; empty for nothing. Prices are per million tokens. */
export function modelFacts({ contextLength, price }: Pick<ModelView, 'contextLength' | 'price'>): string {
  return [
    contextLength !== null && `${formatNumber(contextLength)} tokens`,
    price && `${formatUsd(price.inputUsd)} in`,
    price && `${formatUsd(price.outputUsd)} out`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The sentence below the field: what the chosen model offers, or what the field expects. */
export function modelHint(typed: string, models: readonly ModelView[], usual: string): string {
  const found = models.find(({ id }) => id === typed.trim());
  if (!found) return usual;
  const { contextLength, price } = found;
  const context = contextLength === null ? 'Its context length is not known' : `Up to ${formatNumber(contextLength)} tokens of context`;
  const cost = price
    ? `${formatUsd(price.inputUsd)} per million input tokens and ${formatUsd(price.outputUsd)} per million output tokens`
    : 'its price is not known';
  return `${context}; ${cost}`;
}
