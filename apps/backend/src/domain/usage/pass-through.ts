import { finished, Readable } from 'node:stream';

interface Passing {
  /** Converts the bytes that have arrived. */
  pass: (bytes: Uint8Array) => Uint8Array;
  /** Runs after the last byte. The stream ends after it, and fails when it throws. */
  end: () => Promise<void>;
  /** Runs instead of `end` when the source fails, or when the reader leaves. */
  cut: (bySource: boolean) => void;
}

/**
 * Streams on what arrives from `source`. All bytes that have arrived pass as one chunk: a fast model sends thousands of small
 * chunks, and the work for each chunk takes longer than the work for its bytes.
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
    end().then(
      () => passed.push(null),
      (failure) => passed.destroy(failure),
    );
  });
  return passed;
}
