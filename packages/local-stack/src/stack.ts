import { createServer, isIPv6 } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './children.ts';
import { chooseImage } from './openclaw-image.ts';
import { createDatabase, startPostgres } from './postgres.ts';
import { loadOrCreateSecrets } from './secrets.ts';
import { backendSettings, backupFolder, basics, webSettings } from './settings.ts';

export const root = path.join(import.meta.dirname, '../../..');
/** The first page that `next dev` compiles takes minutes on a busy machine. A process that ends is noticed at once. */
const START_TIMEOUT_MS = 300_000;

interface Options {
  /** The source of the settings; each process gets only the ones that it needs. */
  environment: NodeJS.ProcessEnv;
  dataDir: string;
  /** Serves the built dashboard instead of compiling on demand. */
  production: boolean;
  log: (line: string) => void;
  /** Changes each line of a process before it is logged; by default not at all. */
  format?: (line: string) => string;
}

async function assertFree(port: number, variable: string): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', () => reject(new Error(`Port ${port} is in use: stop what listens there, or set ${variable}`)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

async function waitUntilOk(url: string, child: Child): Promise<void> {
  let exited = false;
  void child.exited.then(() => {
    exited = true;
  });
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until && !exited) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(200);
  }
  throw new Error(exited ? `${child.name} ended while it started; its output is above` : `${url} did not answer`);
}

/**
 * Starts the whole system on this machine: Postgres (unless DATABASE_URL is set), backend and dashboard.
 * @throws Error that says what to do; everything that has started is stopped first
 */
export async function startStack({ environment, dataDir, production, log, format = (line) => line }: Options) {
  const port = (name: string, fallback: number) => Number(environment[name] || fallback);
  const ports = {
    web: port('WEB_PORT', 3000),
    backend: port('BACKEND_PORT', 3001),
    gateway: port('GATEWAY_PORT', 10_000),
    modelGateway: port('MODEL_GATEWAY_PORT', 10_100),
  };
  const secrets = loadOrCreateSecrets(path.join(dataDir, 'secrets.env'), environment);
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const each of running.splice(0).reverse()) await each.stop();
  };

  try {
    await assertFree(ports.web, 'WEB_PORT');
    await assertFree(ports.backend, 'BACKEND_PORT');
    await assertFree(ports.gateway, 'GATEWAY_PORT');
    await assertFree(ports.modelGateway, 'MODEL_GATEWAY_PORT');
    let databaseUrl = environment.DATABASE_URL;
    if (!databaseUrl) {
      const postgres = await startPostgres({ dataDir: path.join(dataDir, 'postgres'), port: 5433, durable: !environment.CI });
      running.push(postgres);
      await createDatabase(postgres.url(), 'agentbot');
      databaseUrl = postgres.url('agentbot');
    }
    const image = await chooseImage(environment);
    const webUrl = `http://localhost:${ports.web}`;
    // A backend that listens on all addresses is reached by loopback.
    const backendHost =
      environment.BACKEND_HOST && !/^(0\.0\.0\.0|::)$/.test(environment.BACKEND_HOST) ? environment.BACKEND_HOST : '127.0.0.1';
    const backendUrl = `http://${isIPv6(backendHost) ? `[${backendHost}]` : backendHost}:${ports.backend}`;

    const startBackend = (changed: NodeJS.ProcessEnv = {}) =>
      startChild({
        name: 'api',
        file: process.execPath,
        args: ['--max-semi-space-size=8', 'src/app/main.ts'],
        cwd: path.join(root, 'apps/backend'),
        env: {
          ...basics(environment),
          ...Object.fromEntries(backendSettings.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))),
          DATABASE_URL: databaseUrl,
          MIGRATE_ON_START: 'true',
          BACKUP_DIR: backupFolder(environment, { root, dataDir }),
          DASHBOARD_URL: webUrl,
          BACKEND_PORT: String(ports.backend),
          GATEWAY_PORT: String(ports.gateway),
          MODEL_GATEWAY_PORT: String(ports.modelGateway),
          OPENCLAW_IMAGE: image.image,
          INTERNAL_API_KEY: secrets.INTERNAL_API_KEY,
          ASSERTION_SECRET: secrets.ASSERTION_SECRET,
          ENCRYPTION_KEYS: secrets.ENCRYPTION_KEYS,
          ...changed,
        },
        log,
        format,
      });
    let backend = startBackend();
    running.push({ stop: () => backend.stop() });
    const startWeb = (changed: NodeJS.ProcessEnv = {}) =>
      startChild({
        name: 'web',
        file: process.execPath,
        args: ['node_modules/next/dist/bin/next', production ? 'start' : 'dev', '-p', String(ports.web), '-H', '127.0.0.1'],
        cwd: path.join(root, 'apps/web'),
        env: {
          ...basics(environment),
          NEXT_TELEMETRY_DISABLED: '1',
          NEXTAUTH_URL: webUrl,
          ...Object.fromEntries(webSettings.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []))),
          NEXTAUTH_SECRET: secrets.NEXTAUTH_SECRET,
          ASSERTION_SECRET: secrets.ASSERTION_SECRET,
          BACKEND_URL: backendUrl,
          ...changed,
        },
        log,
        format,
      });
    let web = startWeb();
    running.push({ stop: () => web.stop() });
    await Promise.all([waitUntilOk(`${backendUrl}/health`, backend), waitUntilOk(`${webUrl}/signin`, web)]);

    return {
      webUrl,
      backendUrl,
      gatewayUrl: `http://localhost:${ports.gateway}`,
      databaseUrl,
      image,
      secrets,
      stop,
      /** Resolves when the first of the current children ends. */
      ended: () => Promise.race([backend, web].map(async (child) => ({ name: child.name, ...(await child.exited) }))),
      /** Kills the backend as a power cut would. */
      async killBackend() {
        backend.kill('SIGKILL');
        await backend.exited;
      },
      /** Starts the backend after `killBackend`, with changed settings. */
      async startBackend(changed: NodeJS.ProcessEnv = {}) {
        backend = startBackend(changed);
        await waitUntilOk(`${backendUrl}/health`, backend);
      },
      /** Restarts the dashboard with changed settings. */
      async restartWeb(changed: NodeJS.ProcessEnv) {
        await web.stop();
        web = startWeb(changed);
        await waitUntilOk(`${webUrl}/signin`, web);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
