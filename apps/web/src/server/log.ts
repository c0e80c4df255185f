import { type Logger, pino } from 'pino';
import { config } from '../config.ts';

let logger: Logger | undefined;

/** The web app's logger. It writes JSON lines in the backend's format. */
export function log(): Logger {
  logger ??= pino({ level: config().LOG_LEVEL });
  return logger;
}
