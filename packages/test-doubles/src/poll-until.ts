import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds.
 * @param what the condition in words, for the error
 * @throws Error after the deadline, so that a test fails with a sentence and not at its own time limit
 */
export async function pollUntil(
  what: string,
  holds: () => Promise<boolean> | boolean,
  { seconds = 90, everyMs = 50 }: { seconds?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not reached within ${seconds} s: ${what}`);
    await sleep(everyMs);
  }
}
