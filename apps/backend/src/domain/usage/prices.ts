import { calcPrice } from '@pydantic/genai-prices';
import type { ProviderId } from '../../infra/openclaw/providers.ts';
import type { TokenUsage } from './token-usage.ts';

/** A price that an agent's owner gave, in micro-dollars per million tokens. */
export interface OwnerPrice {
  input: bigint;
  output: bigint;
}

export interface Cost {
  /** Micro-dollars, rounded up. */
  micros: bigint;
  source: 'catalogue' | 'owner' | 'provider';
}

/** The catalogue's name of each provider. An owner's own endpoint has none. */
const catalogueNames: Partial<Record<ProviderId, string>> = {
  openrouter: 'openrouter',
  gemini: 'google',
  groq: 'groq',
  anthropic: 'anthropic',
  openai: 'openai',
};

/** Dollars as micro-dollars, rounded up; a rounding error of floating-point numbers does not count as another micro-dollar. */
export const microsOf = (dollars: number): bigint => BigInt(Math.ceil(Number((dollars * 1_000_000).toFixed(6))));

/**
 * What a model call costs: by the owner's price if there is one, otherwise by the catalogue of published prices that comes with
 * `@pydantic/genai-prices`. The demo model is free.
 * @returns undefined when the price is not known
 * @see https://github.com/pydantic/genai-prices
 */
export function costOf(provider: ProviderId, model: string, usage: TokenUsage, ownerPrice: OwnerPrice | undefined): Cost | undefined {
  if (provider === 'demo') return { micros: 0n, source: 'provider' };
  if (ownerPrice) {
    const picos = BigInt(usage.input) * ownerPrice.input + BigInt(usage.output) * ownerPrice.output;
    return { micros: (picos + 999_999n) / 1_000_000n, source: 'owner' };
  }
  const providerId = catalogueNames[provider];
  // Variants such as `:online`, which costs more than its tokens, have no price in the catalogue.
  const price =
    providerId &&
    calcPrice(
      {
        input_tokens: usage.input,
        cache_read_tokens: usage.cached,
        cache_write_tokens: usage.cacheWrite,
        cache_write_1h_tokens: usage.cacheWriteHour,
        output_tokens: usage.output,
      },
      model,
      { providerId },
    );
  return price ? { micros: microsOf(price.total_price), source: 'catalogue' } : undefined;
}

/** The most that a call with this many tokens can cost: as if every input token were written into the provider's cache. */
export function worstCost(
  provider: ProviderId,
  model: string,
  tokens: { input: number; output: number },
  ownerPrice: OwnerPrice | undefined,
): bigint | undefined {
  const { input, output } = tokens;
  const read = { input, output, cached: 0, cacheWrite: 0, cacheWriteHour: 0, reasoning: 0 };
  const costs = [read, { ...read, cacheWrite: input, cacheWriteHour: input }].map((usage) => costOf(provider, model, usage, ownerPrice));
  return costs.reduce<bigint | undefined>(
    (most, cost) => (cost && (most === undefined || cost.micros > most) ? cost.micros : most),
    undefined,
  );
}

/** Few enough tokens for the lowest tier of every price. */
const SAMPLE = 1_000;

/** What the catalogue knows of a model: its context length, and its lowest price in dollars per million tokens; undefined for nothing. */
export function catalogueFacts(provider: ProviderId, model: string) {
  const providerId = catalogueNames[provider];
  const found = providerId && calcPrice({ input_tokens: SAMPLE, output_tokens: SAMPLE }, model, { providerId });
  if (!found) return undefined;
  const perMillion = (dollars: number) => Number(((dollars / SAMPLE) * 1_000_000).toFixed(6));
  return {
    contextLength: found.model.context_window,
    price: { inputUsd: perMillion(found.input_price), outputUsd: perMillion(found.output_price) },
  };
}
