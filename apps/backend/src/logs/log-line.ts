import type { LogEntry, LogLevel } from '@agentbot/contracts';
import type { ContainerLogLine } from '../runtime/container-host.ts';

const levels: LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours are control characters
const colours = /\u001b\[[\d;]*m/g;

/** Takes the given secrets, and a terminal's colours, out of a line. */
export function redact(text: string, secrets: string[]): string {
  let clean = text.replace(colours, '');
  for (const secret of secrets) clean = clean.replaceAll(secret, '[redacted]');
  return clean;
}

function parsed(text: string): { level?: unknown; subsystem?: unknown; message?: unknown } {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A line of OpenClaw's log as an entry: JSON with level, subsystem and message, or plain text, which on stderr is a warning. */
export function logEntry(agentId: string, { id, at, stream, text }: ContainerLogLine): LogEntry {
  const { level, subsystem, message } = parsed(text);
  return {
    id: `log_${id}`,
    timestamp: at.toISOString(),
    level: levels.find((known) => known === level) ?? (stream === 'stderr' ? 'warn' : 'info'),
    message: typeof message === 'string' ? message : text,
    source: typeof subsystem === 'string' ? subsystem : 'agent',
    agentId,
  };
}
