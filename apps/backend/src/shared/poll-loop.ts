import { setTimeout as sleep } from 'node:timers/promises';

interface Timing {
  /** The pause after a run, in milliseconds. */
  intervalMs: number;
  /** The pause after a run that failed; `intervalMs` by default. */
  retryMs?: number;
}

/** Waits `ms` milliseconds, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Runs `work` repeatedly, with a pause after each run, until `signal` aborts.
 * @param report receives the error of a failed run; the loop continues
 */
export async function pollLoop(
  signal: AbortSignal,
  { intervalMs, retryMs = intervalMs }: Timing,
  work: () => Promise<unknown>,
  report: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    const succeeded = await work().then(
      () => true,
      (error) => {
        report(error);
        return false;
      },
    );
    await pause(succeeded ? intervalMs : retryMs, signal);
  }
}
