import type { IncomingHttpHeaders } from 'node:http';

export type Provider = 'openai' | 'openrouter' | 'groq' | 'anthropic' | 'gemini';

/** A message of the conversation in a form that does not depend on the provider's API; system messages are left out. */
export interface Said {
  role: 'user' | 'assistant';
  text: string;
}

/** A request in a form that does not depend on the provider's API. */
export interface ModelCall {
  model: string;
  stream: boolean;
  /** The conversation, oldest first. */
  messages: Said[];
  /** The instructions. */
  system: string;
  /** The person's last message, as the request contains it. */
  userText: string;
  /** The maximum length of the reply. Here, a word is a token. */
  maxTokens?: number | undefined;
  /** The stream ends with the usage (`stream_options.include_usage`). */
  includeUsage?: boolean | undefined;
  /** The instructions require the reply inside `<final>`, as OpenClaw's do for Gemini; OpenClaw drops text outside of it. */
  wantsFinalTag?: boolean;
  /** The stream is one JSON array instead of events: Gemini without `alt=sse`. */
  asArray?: boolean;
}

export interface ApiRequest {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface Usage {
  input: number;
  output: number;
}

export interface ServerSentEvent {
  event?: string;
  data: unknown;
}

/** An error response. */
export interface Refusal {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** One provider API: reads its requests, refuses what the real service refuses, and writes its responses. */
export interface Dialect {
  provider: Provider;
  serves(path: string): boolean;
  read(url: URL, body: never): ModelCall;
  /** The caller's API key, from the one place where the API expects it. */
  key(headers: IncomingHttpHeaders, url: URL): string | undefined;
  /** The refusal of a missing or wrong key. */
  refuseKey(key: string | undefined): Refusal;
  /** The refusal of a request that breaks a rule of the API. */
  refuse(request: ApiRequest, call: ModelCall): Refusal | undefined;
  /** Whether the name has the form of a model of this provider. */
  hasModel(model: string): boolean;
  refuseModel(call: ModelCall): Refusal;
  /** The provider's error of a status. The message repeats the key, as some providers do. */
  error(status: number, call: ModelCall, key: string | undefined, retryAfter: number): Refusal;
  /** Headers of every response. */
  headers(): Record<string, string>;
  answer(call: ModelCall, reply: string, usage: Usage, isCut: boolean): object;
  /** A comment that the stream begins with. */
  comment?: string;
  opening(call: ModelCall, usage: Usage): ServerSentEvent[];
  word(call: ModelCall, text: string, usage: Usage): ServerSentEvent;
  closing(call: ModelCall, usage: Usage, isCut: boolean): ServerSentEvent[];
  /** An error after the stream has begun. */
  failing(call: ModelCall): ServerSentEvent;
}

export type Content = string | { type?: string; text?: string }[] | null | undefined;

/** The text of a message's content, which is a string or a list of parts. */
export function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

/** The key of an `Authorization: Bearer` header. */
export const bearer = (headers: IncomingHttpHeaders): string | undefined => /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

/** The first name of an object that is not among the known ones. */
export const unknownName = (value: object, known: Set<string>): string | undefined => Object.keys(value).find((name) => !known.has(name));

/** A set of names from a text with spaces between them. */
export const names = (text: string): Set<string> => new Set(text.split(/\s+/));

/** The sentence of an error, with the key. */
export const withKey = (sentence: string, key: string | undefined): string => (key ? `${sentence} (key ${key})` : sentence);
