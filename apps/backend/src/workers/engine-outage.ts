/** The maximum wait for an unavailable engine, per outage, in milliseconds. */
export const ENGINE_TIMEOUT_MS = 2 * 60_000;

interface EngineFailure {
  /** When the failed attempt of the workflow began. */
  attemptStartedAt: number;
  failedAt: number;
  /** Whether the engine responds to a ping after the failure. */
  responds: boolean;
}

/**
 * When to give up an operation whose engine failed. Each outage has a time limit of its own. An engine that responds to pings
 * but fails attempt after attempt has one outage, so that the retries end.
 * @param previous the result for the operation's previous failure, undefined for its first
 * @returns milliseconds since the epoch
 */
export function outageDeadline(previous: number | undefined, { attemptStartedAt, failedAt, responds }: EngineFailure): number {
  const sameOutage = responds && failedAt - attemptStartedAt < ENGINE_TIMEOUT_MS;
  return previous !== undefined && sameOutage ? previous : failedAt + ENGINE_TIMEOUT_MS;
}
