import { type LogEntry, type LogLevel, logLevels } from '@agentbot/contracts';
import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';
import { redact } from '../../../shared/redact.ts';

/**
 * A stored record of an agent's log: a line with its level, a mark for dropped lines (`gap`), or the end of the container
 * with its exit code. Ids are nanoseconds since 1970 and strictly increase.
 */
export type LogRecord =
  | [id: string, kind: LogLevel, text: string]
  | [id: string, kind: 'gap']
  | [id: string, kind: 'exit', code: number | null];

/** Longer lines are cut before they are stored. */
const MAX_LINE_CHARACTERS = 16_384;

function parseLine(text: string): { level?: unknown; subsystem?: unknown; message?: unknown } {
  // Stryker disable next-line ConditionalExpression,StringLiteral: a shortcut for plain text, which is no JSON object either
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A line of OpenClaw's log with secrets redacted. A JSON line has a level of its own; plain text on stderr is a warning. */
export function lineRecord(id: string, { stream, text }: Pick<ContainerLogLine, 'stream' | 'text'>, secrets: string[]): LogRecord {
  const clean = redact(text, secrets);
  const { level } = parseLine(clean);
  const ownLevel = logLevels.find((name) => name === level) ?? (stream === 'stderr' ? 'warn' : 'info');
  return [id, ownLevel, clean.slice(0, MAX_LINE_CHARACTERS)];
}

/** The line as an entry of the API. */
export function logEntry(agentId: string, id: string, level: LogLevel, text: string): LogEntry {
  const { subsystem, message } = parseLine(text);
  return {
    id: `log_${id}`,
    timestamp: new Date(Number(id.slice(0, -6))).toISOString(),
    level,
    message: typeof message === 'string' ? message : text,
    source: typeof subsystem === 'string' ? subsystem : 'agent',
    agentId,
  };
}
