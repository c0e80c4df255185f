/**
 * Lets one reading run at a time. Whoever asks during one shares the next, which begins when that ends: it has read all
 * that was there when it was asked for. It never fails; the reading itself tells of its failure.
 */
export function inTurn(read: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  function begin(): Promise<void> {
    next = undefined;
    running = read()
      .catch(() => undefined)
      .then(() => {
        running = undefined;
      });
    return running;
  }
  return () => {
    if (!running && !next) return begin();
    next ??= running?.then(begin);
    return next ?? begin();
  };
}
