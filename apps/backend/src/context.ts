import pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { type Accounts, createAccounts } from './accounts/accounts.ts';
import { REPLIES } from './chat/answer.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { listenForNotifications, type Notifications } from './database/notifications.ts';
import { OPERATIONS } from './jobs/watch-operation.ts';
import { createLogHub, type LogHub } from './logs/log-hub.ts';
import { createGatewayPool, type GatewayPool } from './openclaw/gateway-pool.ts';
import type { ContainerHost } from './runtime/container-host.ts';
import { createDockerHost } from './runtime/docker-host.ts';
import { createEnvelope, type Envelope } from './secrets/envelope.ts';

/** Everything a verb may need; each takes the slice it uses. */
export interface Context {
  config: Config;
  log: Logger;
  database: Database;
  /** Plain connections under the application's role, for counters. */
  pool: pg.Pool;
  boss: PgBoss;
  envelope: Envelope;
  accounts: Accounts;
  host: ContainerHost;
  gateways: GatewayPool;
  logs: LogHub;
  notifications: Notifications;
  /** Takes on work that outlives its request: the end of the process waits for it. */
  background: (work: Promise<void>) => void;
  /** Aborts when the process ends. */
  closing: AbortSignal;
}

/** The composition root. `close` ends every connection. */
export async function createContext(config: Config, log: Logger): Promise<Context & { close(): Promise<void> }> {
  const connectionString = config.DATABASE_URL;
  const database = await openDatabase(connectionString);
  const pool = new pg.Pool({ connectionString, options: '-c role=agentbot_app', max: 5 });
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'));
  const boss = new PgBoss({
    connectionString,
    useListenNotify: true,
    schema: 'pgboss',
    max: 8,
    // How soon a job whose worker died is seen and taken up again.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  boss.on('error', (error) => log.error({ err: error }, 'the queue failed'));
  boss.on('warning', (warning) => log.warn({ warning }, 'the queue warns'));
  await boss.start();
  await grantQueue(connectionString);
  const gateways = createGatewayPool();
  const host = createDockerHost(config.DOCKER_HOST);
  const logs = createLogHub({ host, log });
  const notifications = listenForNotifications(connectionString, [REPLIES, OPERATIONS], log);
  const closing = new AbortController();
  const working = new Set<Promise<void>>();
  return {
    config,
    log,
    database,
    pool,
    boss,
    envelope: createEnvelope(config.ENCRYPTION_KEYS),
    accounts: createAccounts({ database, config }),
    host,
    gateways,
    logs,
    notifications,
    background(work) {
      working.add(work);
      void work.finally(() => working.delete(work));
    },
    closing: closing.signal,
    async close() {
      closing.abort();
      await gateways.close();
      await Promise.all(working);
      await notifications.close();
      await boss.stop({ graceful: true, timeout: 5_000, close: true });
      await pool.end();
      await database.close();
    },
  };
}

/** Lets the application's role write jobs in its own transactions. */
async function grantQueue(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`
      GRANT USAGE ON SCHEMA pgboss TO agentbot_app;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgboss TO agentbot_app;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgboss TO agentbot_app;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgboss TO agentbot_app;
    `);
  } finally {
    await client.end();
  }
}
