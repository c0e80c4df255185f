import { ApiError } from '@agentbot/contracts/client';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { say } from '../language/texts.ts';

/** The sentence that the interface shows for a failure. */
export function errorMessage(error: unknown): string {
  if (error instanceof ApiError && typeof error.body.reason === 'string') return `${error.message}: ${error.body.reason}`;
  // A plain `Error` is thrown by this app. Other classes come from the browser or a library; their messages are for developers.
  if (error instanceof ApiError || (error instanceof Error && error.name === 'Error')) return error.message;
  if (error instanceof TypeError) return t`The server cannot be reached. Check your connection and try again.`;
  return t`Something went wrong on this page. Reload it and try again.`;
}

const advice: Record<string, MessageDescriptor> = {
  AGENT_LIMIT_REACHED: msg`Delete an agent that you no longer need, or choose a larger plan under Plan and billing.`,
  PAYMENT_REQUIRED: msg`Choose a plan that covers this under Plan and billing, or ask the administrator for one.`,
  OPERATION_IN_PROGRESS: msg`Wait until the current operation ends. The agent’s Operations page shows its progress.`,
  DOCKER_UNAVAILABLE: msg`Try again in a minute. If the problem remains, tell the administrator of this installation.`,
  OPERATION_STILL_RUNNING: msg`You do not need to repeat it. The agent’s Operations page shows its stages and its result.`,
  OPERATION_FAILED: msg`The agent’s Operations page shows the stage that failed. Its Logs page shows what the agent wrote.`,
  RATE_LIMITED: msg`Wait a minute, then try again.`,
  PROVISIONING_DISABLED: msg`The administrator has paused the creation of agents. Your existing agents keep running.`,
  BACKEND_UNAVAILABLE: msg`Your agents keep running. Try again in a moment.`,
  AGENT_NOT_RUNNING: msg`Start the agent with the button at the top of its page.`,
  AGENT_NOT_FOUND: msg`The agent may have been deleted. Go back to your agents.`,
  PAYMENTS_UNAVAILABLE: msg`The administrator can grant you a plan under Users.`,
  API_KEY_LIMIT_REACHED: msg`Revoke a key that you no longer use, then create the new one.`,
};

/** Whether the operation is still running and only this request stopped waiting for it. */
export const isStillRunning = (error: unknown): boolean => error instanceof ApiError && error.body.code === 'OPERATION_STILL_RUNNING';

/** What the user can do about a failure, if anything is known. */
export function errorAdvice(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const known = advice[error.status === 502 ? 'BACKEND_UNAVAILABLE' : String(error.body.code ?? '')];
  if (known) return say(known);
  return error.status >= 500 ? t`Try again. If it happens again, tell the administrator.` : undefined;
}
