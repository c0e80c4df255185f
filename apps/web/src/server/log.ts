import { type Logger, pino } from 'pino';
import { config } from '../config.ts';

let logger: Logger | undefined;

/** The web app's log: a line of JSON each, as the backend's. */
export function log(): Logger {
  logger ??= pino({ level: config().LOG_LEVEL });
  return logger;
}
