import type { IncomingHttpHeaders } from 'node:http';

/** What a request asks for, whichever API it was written for. */
export interface ModelCall {
  model: string;
  stream: boolean;
  /** The last message of the person, as it stands in the request. */
  userText: string;
  /** The instructions ask for the reply inside `<final>`, as OpenClaw's do for Gemini; it drops what stands outside. */
  wantsFinalTag?: boolean;
}

export interface Usage {
  input: number;
  output: number;
}

export interface ServerSentEvent {
  event?: string;
  data: unknown;
}

/** One provider API: how its requests are read and its answers written. */
export interface Dialect {
  matches(path: string): boolean;
  read(url: URL, body: never): ModelCall;
  /** The key that the caller shows. */
  key(headers: IncomingHttpHeaders, url: URL): string | undefined;
  answer(call: ModelCall, reply: string, usage: Usage): object;
  events(call: ModelCall, words: string[], usage: Usage): Iterable<ServerSentEvent>;
  error(status: number, message: string): object;
}

export type Content = string | { text?: string }[] | undefined;

/** The text of a message's content, which is a string or a list of parts. */
export function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

export function bearer(headers: IncomingHttpHeaders): string | undefined {
  return headers.authorization?.replace(/^Bearer /i, '');
}
