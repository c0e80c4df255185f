import type { ModelDialect } from './dialects.ts';
import { noTokens, type TokenUsage } from './token-usage.ts';

/** What a whole response told so far. */
export interface Reading {
  /** The text of the reply, to estimate its tokens; incomplete when `usage` is final. */
  text: string;
  /** The figures so far; undefined before any. */
  usage: TokenUsage | undefined;
  isFinal: boolean;
  costUsd: number | undefined;
}

/** The longest text without a line end that a reader keeps, and the longest response that is not a stream of events, in characters. */
const MAX_KEPT = 32 * 1024 * 1024;

const LINE_END = /\r\n|\n|\r/;
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
  function takeLine(line: string): void {
    if (line.startsWith('data:')) takeText(line.slice(5));
  }
  function takeUnparsed(): void {
    for (const lines of unparsed) lines.split(LINE_END).forEach(takeLine);
    unparsed = [];
    unparsedLength = 0;
  }
  /** Takes whole lines. */
  function takeLines(lines: string): void {
    if (HAS_USAGE.test(lines)) {
      for (const line of lines.split(LINE_END)) {
        if (HAS_USAGE.test(line)) takeLine(line);
        else unparsed.push(line);
      }
    } else unparsed.push(lines);
    unparsedLength += lines.length;
    if (unparsedLength > MAX_KEPT) takeUnparsed();
  }
  return {
    feed(bytes: Uint8Array): void {
      const text = decoder.decode(bytes, { stream: true });
      // Only the new text is searched: a line may arrive in many parts.
      const end = isEventStream ? text.lastIndexOf('\n') + 1 : 0;
      if (end > 0) {
        takeLines(rest + text.slice(0, end));
        rest = '';
      }
      rest += text.slice(end);
      if (rest.length > MAX_KEPT) rest = '';
    },
    end(): Reading {
      if (isEventStream) takeLines(rest);
      else takeText(rest);
      rest = '';
      if (!reading.isFinal) takeUnparsed();
      return { ...reading, text: words.join('') };
    },
  };
}
