import type { ModelView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { formatNumber, formatUsd } from '../../lib/format.ts';

/** What is known of a model: `128,000 tokens, $0.15 in, $0.60 out`; empty for nothing. Prices are per million tokens. */
export function modelFacts({ contextLength, price }: Pick<ModelView, 'contextLength' | 'price'>): string {
  const [tokens, input, output] = [contextLength ?? 0, price?.inputUsd ?? 0, price?.outputUsd ?? 0];
  return [
    contextLength !== null && t`${{ tokens: formatNumber(tokens) }} tokens`,
    price && t`${{ price: formatUsd(input) }} in`,
    price && t`${{ price: formatUsd(output) }} out`,
  ]
    .filter(Boolean)
    .join(t`, `);
}

/** The sentence below the field: what the chosen model offers, or what the field expects. */
export function modelHint(typed: string, models: readonly ModelView[], usual: string): string {
  const found = models.find(({ id }) => id === typed.trim());
  if (!found) return usual;
  const { contextLength, price } = found;
  const context =
    contextLength === null ? t`Its context length is not known` : t`Up to ${{ tokens: formatNumber(contextLength) }} tokens of context`;
  const cost = price
    ? t`${{ input: formatUsd(price.inputUsd) }} per million input tokens and ${{ output: formatUsd(price.outputUsd) }} per million output tokens`
    : t`its price is not known`;
  return t`${context}; ${cost}`;
}
