import type { Readable } from 'node:stream';

/** A client that reads server-sent events. */
export interface EventSink<T> {
  /** The id of the last event that the client received, when it reconnects. */
  lastEventId: string | undefined;
  /** Sends one event. @returns false when the stream is closed, or was cut because the client is too slow */
  send: (event: string, data: T, id?: string) => boolean;
  /** Waits until the client has read most of the sent data. @returns false when the stream is closed, or was cut after a timeout */
  drained: () => Promise<boolean>;
  /** Ends the stream. */
  end: () => void;
}

/** Starts to send events to a client. @returns a function that stops it */
// biome-ignore lint/suspicious/noExplicitAny: each stream has its own type of frames
export type Subscribe = (sink: EventSink<any>) => () => void;

/** A file to download. */
export interface Download {
  content: Readable;
  /** The file name, with only characters that are valid in a header. */
  name: string;
  /** The media type. */
  type: string;
}
