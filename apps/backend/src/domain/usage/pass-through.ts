import { finished, Readable } from 'node:stream';

interface Passing {
  /** Converts the bytes that have arrived. */
  pass: (bytes: Uint8Array) => Uint8Array;
  /** Runs after the last byte; the stream ends after it. */
  end: () => Promise<void>;
  /** Runs instead of `end` when the source fails, or when the reader leaves. */
  cut: (bySource: boolean) => void;
}

/**
 * A stream of what arrives from `source`. All that has arrived passes as one chunk: a fast model sends thousands of small ones,
 * and each would cost more than its bytes.
 */
export function passThrough(source: Readable, { pass, end, cut }: Passing): Readable {
  let isOver = false;
  function take(): void {
    const chunk: Uint8Array | null = source.read();
    if (chunk) passed.push(pass(chunk));
    else if (!isOver) source.once('readable', take);
  }
  const passed = new Readable({
    read: take,
    destroy(error, done) {
      if (!isOver) cut(source.errored !== null);
      isOver = true;
      source.destroy();
      done(error);
    },
  });
  finished(source, (error) => {
    if (error) return void passed.destroy(error);
    isOver = true;
    void end().then(() => passed.push(null));
  });
  return passed;
}
