/** The tokens of one model call. */
export interface TokenUsage {
  /** All input tokens, those of the cache included. */
  input: number;
  /** The part of `input` that the provider read from its cache. */
  cached: number;
  /** The part of `input` that the provider wrote into its cache. */
  cacheWrite: number;
  /** The part of `cacheWrite` that is kept for an hour, which costs more. */
  cacheWriteHour: number;
  /** All output tokens, those of the reasoning included. */
  output: number;
  reasoning: number;
}

export const noTokens: TokenUsage = { input: 0, cached: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0, reasoning: 0 };
