import type { Readable } from 'node:stream';

/** One reader of server-sent events. */
export interface EventSink<T> {
  /** What the reader saw last, when it comes back. */
  lastEventId: string | undefined;
  /** Sends one event; false when the reader is too slow and was let go. */
  send: (event: string, data: T, id?: string) => boolean;
  /** Waits until the reader has taken most of what was sent; false when it is gone, or took too long and was let go. */
  drained: () => Promise<boolean>;
  end: () => void;
}

/** Starts sending to a reader. @returns a function that ends it */
// biome-ignore lint/suspicious/noExplicitAny: each stream has frames of its own
export type Subscribe = (sink: EventSink<any>) => () => void;

/** A file for somebody to keep. */
export interface Download {
  content: Readable;
  /** Of the file, without letters that a header could not carry. */
  name: string;
  /** Its media type. */
  type: string;
}
