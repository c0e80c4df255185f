import type { IncomingHttpHeaders } from 'node:http';

/** A request in a form that does not depend on the provider's API. */
export interface ModelCall {
  model: string;
  stream: boolean;
  /** The person's last message, as the request contains it. */
  userText: string;
  /** The instructions require the reply inside `<final>`, as OpenClaw's do for Gemini; OpenClaw drops text outside of it. */
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

/** One provider API: reads its requests and writes its responses. */
export interface Dialect {
  matches(path: string): boolean;
  read(url: URL, body: never): ModelCall;
  /** The caller's API key. */
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
