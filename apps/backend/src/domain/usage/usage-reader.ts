import type { ModelDialect } from './dialects.ts';
import { noTokens, type TokenUsage } from './token-usage.ts';

/** What a whole response told so far. */
export interface Reading {
  /** What was said, for an estimate; incomplete when `usage` is final. */
  text: string;
  /** The figures so far; undefined before any. */
  usage: TokenUsage | undefined;
  isFinal: boolean;
  costUsd: number | undefined;
}

/** The longest text without a line end that a reader keeps, and the longest response that is not a stream of events, in characters. */
const MAX_KEPT = 32 * 1024 * 1024;

/** An event that has figures of usage. In many streams each event has the field, empty until the last one. */
const HAS_USAGE = /"usage(Metadata)?"\s*:\s*\{/;

/**
 * Reads the usage from a response while it passes: from its events, or from its JSON when it ends. A part that is no JSON is
 * skipped. Events without usage are parsed only when the response ends without figures, since parsing costs more than passing.
 */
export function createUsageReader(dialect: ModelDialect, isEventStream: boolean) {
  const reading: Reading = { text: '', usage: undefined, isFinal: false, costUsd: undefined };
  const decoder = new TextDecoder();
  const words: string[] = [];
  let unparsed: string[] = [];
  let unparsedLength = 0;
  let rest = '';

  function take(json: unknown): void {
    const { text: said, usage, isFinal, costUsd } = dialect.part(Object(json));
    if (said) words.push(said);
    if (Object.keys(usage).length > 0) reading.usage = { ...noTokens, ...reading.usage, ...usage };
    if (isFinal) reading.isFinal = true;
    if (costUsd !== undefined) reading.costUsd = costUsd;
  }
  function takeText(json: string): void {
    try {
      // Gemini's stream without events is a list.
      for (const each of [JSON.parse(json)].flat()) take(each);
    } catch {
      // Not JSON, such as `[DONE]` or a proxy's page.
    }
  }
  function takeUnparsed(): void {
    for (const event of unparsed) takeText(event);
    unparsed = [];
    unparsedLength = 0;
  }
  function takeLine(line: string): void {
    if (!line.startsWith('data:')) return;
    const event = line.slice(5);
    if (HAS_USAGE.test(event)) takeText(event);
    else {
      unparsed.push(event);
      unparsedLength += event.length;
      if (unparsedLength > MAX_KEPT) takeUnparsed();
    }
  }
  return {
    feed(bytes: Uint8Array): void {
      rest += decoder.decode(bytes, { stream: true });
      if (isEventStream) {
        const lines = rest.split(/\r\n|\n|\r/);
        rest = lines.pop() ?? '';
        lines.forEach(takeLine);
      }
      if (rest.length > MAX_KEPT) rest = '';
    },
    end(): Reading {
      if (isEventStream) takeLine(rest);
      else takeText(rest);
      rest = '';
      if (!reading.isFinal) takeUnparsed();
      return { ...reading, text: words.join('') };
    },
  };
}
