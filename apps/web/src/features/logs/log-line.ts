import type { LogEntry, LogLevel } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { locale } from '../../lib/language/texts.ts';

/** A line of an agent's log. */
export interface LogLine {
  key: string;
  /** Nanoseconds since the epoch, from the engine. Older lines are read from here. */
  id: string;
  /** Undefined for live plain text: the stream does not say whether it came from stdout or stderr. */
  level: LogLevel | undefined;
  time: string;
  source: string | undefined;
  message: string;
  /** The original text, for the download. */
  text: string;
}

/** In order of severity. */
export const levels: LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Levels as the filter names them. */
export const levelNames: Record<LogLevel, MessageDescriptor> = {
  trace: msg`All levels`,
  debug: msg`Debug and above`,
  info: msg`Info and above`,
  warn: msg`Warnings and above`,
  error: msg`Errors and above`,
  fatal: msg`Fatal only`,
};

/** When a line was written, in milliseconds since the epoch. */
export const timeOf = ({ id }: Pick<LogLine, 'id'>): number => Number(id.slice(0, -6));

/** A line as it is copied: with its time in UTC. */
export const copied = (line: LogLine): string =>
  [new Date(timeOf(line)).toISOString(), line.level, line.source, line.message].filter(Boolean).join(' ');

let dated: Intl.DateTimeFormat | undefined;

/** One format serves all lines: a log has thousands, and a formatter is slow to make. */
function timeAt(id: string): string {
  dated ??= new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
  return dated.format(timeOf({ id }));
}

interface OpenClawRecord {
  level?: unknown;
  subsystem?: unknown;
  message?: unknown;
}

function parseJson(text: string): OpenClawRecord {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Parses a line: OpenClaw writes JSON; other text is the message. */
export function parseLine(text: string, id: string): LogLine {
  const { level, subsystem, message } = parseJson(text);
  return {
    key: id,
    id,
    level: levels.find((known) => known === level),
    time: timeAt(id),
    source: typeof subsystem === 'string' ? subsystem : undefined,
    message: typeof message === 'string' ? message : text,
    text,
  };
}

/** A placeholder for missing lines before the line with this id. */
export const gapLine = (id: string): LogLine => ({ ...parseLine(t`… lines are missing here …`, id), key: `gap ${id}` });

/** The line of an API entry, preceded by a placeholder if lines are missing before it. */
export function entryLines({ id, timestamp, level, source, message, gap }: LogEntry): LogLine[] {
  const at = id.replace('log_', '');
  // The API sets `agent` when the line names no subsystem of OpenClaw.
  const isPlain = source === 'agent';
  const line = {
    key: at,
    id: at,
    level,
    time: timeAt(at),
    source: isPlain ? undefined : source,
    message,
    text: isPlain ? message : JSON.stringify({ time: timestamp, level, subsystem: source, message }),
  };
  return gap ? [gapLine(at), line] : [line];
}
