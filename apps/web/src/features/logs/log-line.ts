import type { LogEntry, LogLevel } from '@agentbot/contracts';

/** A line of an agent's log as it is shown. */
export interface ShownLine {
  key: string;
  /** Nanoseconds since 1970, as the engine says them; to go further back from. */
  id: string;
  /** None where it is not known: whether plain text went to stdout or stderr, which a live line does not say. */
  level: LogLevel | undefined;
  time: string;
  source: string | undefined;
  message: string;
  /** As it came, for the download. */
  text: string;
}

/** From the least to the most severe. */
export const levels: LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });
const dated = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

function timeAt(id: string): string {
  const at = new Date(Number(id.slice(0, -6)));
  return (at.toDateString() === new Date().toDateString() ? clock : dated).format(at);
}

interface Written {
  level?: unknown;
  subsystem?: unknown;
  message?: unknown;
}

function parsed(text: string): Written {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Reads a line: OpenClaw writes JSON; anything else is a message as it stands. */
export function readLine(text: string, id: string): ShownLine {
  const { level, subsystem, message } = parsed(text);
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

/** Says that lines are missing before the line of this id. */
export const gapLine = (id: string): ShownLine => ({ ...readLine('… lines are missing here …', id), key: `gap ${id}` });

/** An entry of the API, with the gap before it if there is one. */
export function entryLines({ id, timestamp, level, source, message, gap }: LogEntry): ShownLine[] {
  const at = id.replace('log_', '');
  // The API says `agent` where the line named no part of OpenClaw.
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
