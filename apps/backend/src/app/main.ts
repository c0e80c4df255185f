import { enableCompileCache, flushCompileCache } from 'node:module';
import path from 'node:path';

// Before all that is compiled is loaded; where the folder cannot be written, everything is compiled anew.
enableCompileCache(path.join(import.meta.dirname, '../../node_modules/.cache/compiled'));
const [{ readConfig }, { createLogger }, { startServer }] = await Promise.all([
  import('../config/config.ts'),
  import('../infra/logging/create-logger.ts'),
  import('./server.ts'),
]);

function configure() {
  try {
    return readConfig();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(78);
  }
}

const config = configure();
const log = createLogger(config);

// Node itself would print an error with all its fields, past the log that takes secrets out.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => {
    log.fatal({ err: error }, 'the backend ends: nobody caught this');
    process.exit(1);
  });
}

const server = await startServer(config, log).catch((error) => {
  log.fatal({ err: error }, 'the backend could not start');
  process.exit(1);
});

// Not only at the end, which may come without notice.
flushCompileCache();

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
