import { prettyFactory } from 'pino-pretty';

const pretty = prettyFactory({
  colorize: Boolean(process.stdout.isTTY),
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname',
  singleLine: true,
});

/** A line of a child's output as a person reads it: pino's JSON with time, level and message first, any other line as it is. */
export const readableLine = (line: string): string => (line.startsWith('{"level":') ? pretty(line).trimEnd() : line);
