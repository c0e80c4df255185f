import type { RouteId } from '@agentbot/contracts';
import type { Addresses } from '@agentbot/contracts/addresses';
import { ApiError, createClient } from '@agentbot/contracts/client';

let addresses: Addresses = {};
/** Notes where the operations are; the same on every page, and known before anything is asked. */
export function noteAddresses(table: Addresses): void {
  addresses = table;
}

/** The web's own API, typed by the contract. */
export const api = createClient('web', () => addresses);

/** The address of one operation, for streams and downloads. @param values of the path's parameters, in order */
export function addressOf(id: RouteId, ...values: string[]): string {
  return (addresses[id]?.path ?? '').replace(/:[A-Za-z]+/g, () => encodeURIComponent(values.shift() ?? ''));
}

/** The sentence to show for a failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError && typeof error.body.reason === 'string') return `${error.message}: ${error.body.reason}`;
  // Those of a plain `Error` are our own; other kinds come from the browser or a library, and speak to programmers.
  if (error instanceof ApiError || (error instanceof Error && error.name === 'Error')) return error.message;
  if (error instanceof TypeError) return 'The server cannot be reached. Check your connection and try again.';
  return 'Something went wrong on this page. Reload it and try again.';
}

const advice: Record<string, string> = {
  AGENT_LIMIT_REACHED: 'Delete an agent you no longer need, or take a larger plan under Plan and billing.',
  PAYMENT_REQUIRED: 'Take a plan that covers it under Plan and billing, or ask the administrator for one.',
  OPERATION_IN_PROGRESS: 'Wait until it has ended; the agent’s Operations show how far it is.',
  DOCKER_UNAVAILABLE: 'Try again in a minute. If it lasts, tell the administrator of this installation.',
  OPERATION_STILL_RUNNING: 'Nothing needs to be done again: its stages are under the agent’s Operations, and how it ends.',
  OPERATION_FAILED: 'The agent’s Operations show the step that failed, and its Logs what the agent said.',
  RATE_LIMITED: 'Wait a minute, then try again.',
  PROVISIONING_DISABLED: 'The administrator has paused new agents; the ones you have keep running.',
  BACKEND_UNAVAILABLE: 'Your agents keep running. Try again in a moment.',
  AGENT_NOT_FOUND: 'It may have been deleted in the meantime. Go back to your agents.',
  PAYMENTS_UNAVAILABLE: 'The administrator can grant you a plan under Users.',
  API_KEY_LIMIT_REACHED: 'Revoke a key you no longer use, then make the new one.',
};

/** Whether what was asked for goes on, and only this answer did not wait for its end. */
export const goesOn = (error: unknown): boolean => error instanceof ApiError && error.body.code === 'OPERATION_STILL_RUNNING';

/** What to do about a failure, where that can be said. */
export function adviceOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 502) return advice.BACKEND_UNAVAILABLE;
  return (
    advice[String(error.body.code ?? '')] ?? (error.status >= 500 ? 'Try again. If it happens again, tell the administrator.' : undefined)
  );
}
