import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { resumeReplies } from './chat/resume-replies.ts';
import type { Config } from './config.ts';
import { createContext } from './context.ts';
import { migrate } from './database/migrate.ts';
import { createGatewayRouter } from './gateway-router/router.ts';
import { startWorker } from './jobs/worker.ts';
import { recordPlatformImage } from './platform/platform-image.ts';
import { runReconciler } from './runtime/reconcile.ts';

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), 5_000);
  if (server.listening) await once(server, 'close');
  clearTimeout(late);
}

/** Starts the whole backend. `stop` drains: requests end, jobs go back to the queue, connections close. */
export async function startServer(config: Config, log: Logger) {
  if (config.MIGRATE_ON_START) {
    const applied = await migrate(config.DATABASE_URL);
    if (applied.length) log.info({ applied }, 'the database was migrated');
  }
  const context = await createContext(config, log);
  const http = createServer({ requestTimeout: 180_000, headersTimeout: 15_000 }, createApp(context));
  const gateway = createGatewayRouter(context);
  await recordPlatformImage(context);
  const port = await listen(http, config.BACKEND_PORT, config.BACKEND_HOST);
  const gatewayPort = await listen(gateway, config.GATEWAY_PORT, config.BACKEND_HOST);
  await startWorker(context);
  const stopping = new AbortController();
  const reconciling = Promise.all([runReconciler(context, stopping.signal), resumeReplies(context, stopping.signal)]);
  log.info({ port, gatewayPort }, 'listening');

  return {
    port,
    gatewayPort,
    context,
    async stop() {
      stopping.abort();
      gateway.closeAllConnections();
      context.logs.close();
      await Promise.all([close(http), close(gateway), reconciling]);
      await context.close();
    },
  };
}
