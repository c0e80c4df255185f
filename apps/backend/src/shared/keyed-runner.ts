import { pause } from './poll-loop.ts';

const RETRY_MS = 2_000;

/**
 * Runs at most one piece of work per key at a time. Work that fails is retried until it succeeds or `signal` aborts.
 * @param report receives the error of each failed run
 */
export function createKeyedRunner(
  work: (key: string) => Promise<void>,
  signal: AbortSignal,
  report: (error: unknown, key: string) => void,
) {
  const inFlight = new Map<string, { rerun: boolean; ended: Promise<void> }>();

  async function run(key: string): Promise<void> {
    for (let rerun = true; rerun && !signal.aborted; ) {
      const task = inFlight.get(key);
      if (task) task.rerun = false;
      const failed = await work(key).then(
        () => false,
        (error) => {
          report(error, key);
          return true;
        },
      );
      if (failed) await pause(RETRY_MS, signal);
      rerun = failed || Boolean(inFlight.get(key)?.rerun);
    }
    inFlight.delete(key);
  }

  function start(key: string): void {
    if (inFlight.has(key) || signal.aborted) return;
    const task = { rerun: false, ended: Promise.resolve() };
    inFlight.set(key, task);
    task.ended = run(key);
  }

  return {
    /** Starts the work of a key, unless it is in flight. */
    start,
    /** Starts the work of a key; work in flight runs once more after its end. */
    restart(key: string): void {
      const task = inFlight.get(key);
      if (task) task.rerun = true;
      else start(key);
    },
    /** The number of keys whose work is in flight. */
    count: () => inFlight.size,
    /** Resolves when all work has ended; call it after `signal` has aborted. */
    ended: async () => {
      await Promise.all([...inFlight.values()].map((task) => task.ended));
    },
  };
}

/**
 * Wraps `work` so that it runs at most once at a time. Calls during a run share one more run, which starts at its end.
 * `work` handles its own errors.
 */
export function coalesce(work: () => Promise<void>) {
  let rerun = false;
  let inFlight: Promise<void> | undefined;

  function run(): void {
    rerun = inFlight !== undefined;
    inFlight ??= work().finally(() => {
      inFlight = undefined;
      if (rerun) run();
    });
  }
  return { run, isRunning: () => inFlight !== undefined };
}
