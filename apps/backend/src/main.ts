import { pino } from 'pino';
import { readConfig } from './config.ts';
import { startServer } from './server.ts';

function configure() {
  try {
    return readConfig();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(78);
  }
}

const config = configure();
const log = pino({
  level: config.LOG_LEVEL,
  redact: { paths: ['*.authorization', '*.password', '*.apiKey', '*.token', '*.deviceKey', '*.gatewayToken'], censor: '[redacted]' },
});

const server = await startServer(config, log).catch((error) => {
  log.fatal({ err: error }, 'the backend could not start');
  process.exit(1);
});

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    await server.stop();
    process.exit(0);
  });
}
