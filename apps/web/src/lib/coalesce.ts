/**
 * Runs one read at a time. Calls that arrive during a read share the next one, which starts when the current one ends:
 * its result is never older than the call. The returned function never rejects; `read` reports its own failure.
 */
export function coalesce(read: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  function start(): Promise<void> {
    next = undefined;
    running = read()
      .catch(() => undefined)
      .then(() => {
        running = undefined;
      });
    return running;
  }
  return () => {
    if (!running && !next) return start();
    next ??= running?.then(start);
    return next ?? start();
  };
}
