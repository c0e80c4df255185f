const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 15_000;

/**
 * The delay before the next retry in milliseconds: exponential, with jitter so that pages do not retry together.
 * @param retries that failed so far
 */
export const backoffMs = (retries: number): number => Math.min(MIN_DELAY_MS * 2 ** retries, MAX_DELAY_MS) * (0.5 + Math.random() / 2);
