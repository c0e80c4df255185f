import { type LogEntry, type LogLevel, logLevels } from '@agentbot/contracts';
import type { ContainerLogLine } from '../../../infra/docker/container-host.ts';
import { redact } from '../../../shared/redact.ts';

/**
 * What is kept of an agent's log: a line with its level, a mark that lines were dropped here, or the end of the
 * container with its exit code. Ids are nanoseconds since 1970, each greater than the one before.
 */
export type LogRecord =
  | [id: string, kind: LogLevel, text: string]
  | [id: string, kind: 'gap']
  | [id: string, kind: 'exit', code: number | null];

/** What is kept of one line, in characters. */
const MAX_LINE_CHARACTERS = 16_384;

function parsed(text: string): { level?: unknown; subsystem?: unknown; message?: unknown } {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A line of OpenClaw's log, its secrets taken out: JSON says its level; plain text on stderr is a warning. */
export function lineRecord(id: string, { stream, text }: Pick<ContainerLogLine, 'stream' | 'text'>, secrets: string[]): LogRecord {
  const clean = redact(text, secrets);
  const { level } = parsed(clean);
  const known = logLevels.find((name) => name === level) ?? (stream === 'stderr' ? 'warn' : 'info');
  return [id, known, clean.slice(0, MAX_LINE_CHARACTERS)];
}

/** The line as an entry of the API. */
export function logEntry(agentId: string, id: string, level: LogLevel, text: string): LogEntry {
  const { subsystem, message } = parsed(text);
  return {
    id: `log_${id}`,
    timestamp: new Date(Number(id.slice(0, -6))).toISOString(),
    level,
    message: typeof message === 'string' ? message : text,
    source: typeof subsystem === 'string' ? subsystem : 'agent',
    agentId,
  };
}
