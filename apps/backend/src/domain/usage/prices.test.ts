import { describe, expect, test } from '@jest/globals';
import type { ProviderId } from '../../infra/openclaw/providers.ts';
import { costOf, microsOf, worstCost } from './prices.ts';

// Expected costs are calculated by hand from the providers' published prices in dollars per million tokens, which are micro-dollars
// per token: gpt-4o-mini 0.15 in, 0.075 cached, 0.60 out; claude-sonnet-4-5 3 in, 0.30 cached, 3.75 and 6 written, 15 out.

const usage = { input: 0, cached: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0, reasoning: 0 };
const micros = (provider: ProviderId, model: string, tokens: Partial<typeof usage>) =>
  costOf(provider, model, { ...usage, ...tokens }, undefined);

test.each<[ProviderId, string, Partial<typeof usage>, bigint]>([
  ['openai', 'gpt-4o-mini', { input: 1_000, output: 100 }, 210n],
  ['openai', 'gpt-4o-mini', { input: 1_000, cached: 800, output: 100 }, 150n],
  // 0.15 micro-dollars are rounded up.
  ['openai', 'gpt-4o-mini', { input: 1 }, 1n],
  ['anthropic', 'claude-sonnet-4-5', { input: 1_000, output: 1_000 }, 18_000n],
  ['anthropic', 'claude-sonnet-4-5', { input: 1_000, cached: 600, cacheWrite: 300, output: 0 }, 1_605n],
  ['anthropic', 'claude-sonnet-4-5', { input: 1_000, cacheWrite: 1_000, cacheWriteHour: 1_000 }, 6_000n],
  ['groq', 'llama-3.3-70b-versatile', { input: 1_000_000, output: 1_000_000 }, 1_380_000n],
  ['gemini', 'gemini-2.0-flash', { input: 1_000_000, output: 1_000_000 }, 500_000n],
  ['openrouter', 'openai/gpt-4o-mini', { input: 1_000, output: 100 }, 210n],
])('costOf %s %s with %o is %s micro-dollars', (provider, model, tokens, expected) => {
  expect(micros(provider, model, tokens)).toEqual({ micros: expected, source: 'catalogue' });
});

test.each<[ProviderId, string]>([
  ['openai', 'no-such-model'],
  ['custom', 'gpt-4o-mini'],
  ['openrouter', 'xiaomi/mimo-v2-pro'],
  ['openrouter', 'openai/gpt-4o-mini:online'],
])('costOf %s %s is not known', (provider, model) => {
  expect(micros(provider, model, { input: 1 })).toBeUndefined();
});

test('a price of the owner comes before the catalogue’s', () => {
  // 2.5 and 10 dollars per million tokens: 7 · 2.5 + 3 · 10 = 47.5.
  const price = { input: 2_500_000n, output: 10_000_000n };
  for (const provider of ['custom', 'openai'] as const) {
    expect(costOf(provider, 'gpt-4o-mini', { ...usage, input: 7, output: 3 }, price)).toEqual({ micros: 48n, source: 'owner' });
  }
});

describe('worstCost', () => {
  test('takes every input token as written into the cache for an hour', () => {
    expect(worstCost('anthropic', 'claude-sonnet-4-5', { input: 1_000, output: 1_000 }, undefined)).toBe(21_000n);
    expect(worstCost('openai', 'gpt-4o-mini', { input: 1_000, output: 100 }, undefined)).toBe(210n);
    expect(worstCost('custom', 'm', { input: 1_000, output: 100 }, undefined)).toBeUndefined();
    expect(worstCost('custom', 'm', { input: 2, output: 1 }, { input: 1_000_000n, output: 2_000_000n })).toBe(4n);
  });
});

test.each([
  [0, 0n],
  [0.000_001, 1n],
  [0.000_000_1, 1n],
  // 0.1 + 0.2 in floating-point numbers is a little above 0.3.
  [0.1 + 0.2, 300_000n],
  [12.345_678, 12_345_678n],
])('microsOf %d dollars is %s', (dollars, expected) => {
  expect(microsOf(dollars)).toBe(expected);
});
