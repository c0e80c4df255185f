import { flushCompileCache } from 'node:module';
import { keepCompiledModules } from './compile-cache.ts';

keepCompiledModules();
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

// Node.js would print the error with all its fields; the log redacts secrets.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => {
    log.fatal({ err: error }, 'the backend exits: an error was not caught');
    process.exit(1);
  });
}

const server = await startServer(config, log).catch((error) => {
  log.fatal({ err: error }, 'the backend could not start');
  process.exit(1);
});

// Flushed now, since the process may be killed without an exit.
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
