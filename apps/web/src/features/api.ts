import { ApiError, createClient } from '@agentbot/contracts/client';

/** The web's own API, typed by the contract. */
export const api = createClient('web');

/** The sentence to show for a failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError && typeof error.body.reason === 'string') return `${error.message}: ${error.body.reason}`;
  if (error instanceof ApiError) return error.message;
  return 'The server cannot be reached. Check your connection and try again.';
}
