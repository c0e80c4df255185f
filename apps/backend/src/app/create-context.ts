import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { createAccounts } from '../domain/accounts/accounts.ts';
import { createCallers, FENCES, FENCES_PASSED } from '../domain/accounts/callers.ts';
import { GRANT_CHANGES } from '../domain/accounts/grants.ts';
import { createAuditJournal } from '../domain/audit/audit-journal.ts';
import { isPullAllowed } from '../domain/containers/image-policy.ts';
import { recordPull } from '../domain/containers/pulled-images.ts';
import type { Context } from '../domain/context.ts';
import { REPLIES } from '../domain/conversations/settle-reply.ts';
import { syncConversations } from '../domain/conversations/sync-conversations.ts';
import { CANCELLATIONS } from '../domain/operations/cancel-operation.ts';
import { OPERATIONS } from '../domain/operations/watch-operation.ts';
import { ACCOUNT_CHANGES, AGENT_CHANGES } from '../domain/overview/stream-overview.ts';
import { createLogHub } from '../domain/telemetry/logs/log-hub.ts';
import { LOGS } from '../domain/telemetry/logs/log-store.ts';
import { LOG_STOPS } from '../domain/telemetry/logs/log-views.ts';
import { createBackupStore } from '../infra/backup-store/backup-store.ts';
import type { Chains } from '../infra/chain/chains.ts';
import { createEnvelope } from '../infra/crypto/envelope.ts';
import { APPLICATION_ROLE, openDatabase } from '../infra/database/database.ts';
import { QUEUE_SCHEMA } from '../infra/database/install-queue.ts';
import { listenForNotifications } from '../infra/database/notifications.ts';
import type { ContainerHost } from '../infra/docker/container-host.ts';
import { createDockerHost, type DockerHostOptions } from '../infra/docker/docker-host.ts';
import { createFirewallGuard } from '../infra/host-firewall/firewall-guard.ts';
import { createMetrics } from '../infra/metrics/metrics.ts';
import { timedHost } from '../infra/metrics/timed-host.ts';
import { createMux } from '../infra/mux/mux.ts';
import { createGatewayPool } from '../infra/openclaw/gateway-pool.ts';
import { createModelConnections } from '../infra/openclaw/model-connections.ts';
import { createStripe } from '../infra/stripe/stripe.ts';
import { createCredentials } from '../infra/swarm/credentials.ts';
import type { Swarm } from '../infra/swarm/swarm-host.ts';
import type { Clock } from '../shared/clock.ts';

/** The container host that the settings name. A backend on one engine loads nothing of the swarm. */
async function createHost(config: Config, options: DockerHostOptions): Promise<{ host: ContainerHost; swarm: Swarm | undefined }> {
  if (config.CONTAINER_HOST === 'docker')
    return { host: createDockerHost(config.DOCKER_HOST, config.INSTALLATION, options), swarm: undefined };
  const { createSwarmHost } = await import('../infra/swarm/swarm-host.ts');
  return createSwarmHost(config.DOCKER_HOST, config.INSTALLATION, options, {
    credentials: createCredentials(config.SWARM_CERTIFICATES, 'backend'),
    nodePort: config.SWARM_NODE_PORT,
    image: config.SWARM_IMAGE,
    memoryShare: config.SWARM_MEMORY_SHARE,
    constraints: config.SWARM_CONSTRAINTS,
  });
}

/** The composition root: creates all services. `close` waits for background work, then closes every connection. */
export async function createContext(config: Config, log: Logger, clock: Clock): Promise<Context & { close(): Promise<void> }> {
  const connectionString = config.DATABASE_URL;
  const database = await openDatabase(connectionString);
  const pool = new pg.Pool({ connectionString, options: APPLICATION_ROLE, max: 10 });
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'));
  const boss = new PgBoss({
    connectionString,
    options: APPLICATION_ROLE,
    // `migrate` creates the queue's tables: they belong to the database owner, not to the application role.
    migrate: false,
    useListenNotify: true,
    schema: QUEUE_SCHEMA,
    max: 8,
    // A job whose worker died is detected and retried within this time.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  boss.on('error', (error) => log.error({ err: error }, 'the queue failed'));
  boss.on('warning', (warning) => log.warn({ warning }, 'the queue reports a warning'));
  await boss.start();
  const gateways = createGatewayPool((agentId, gateway) => {
    gateway.once('invalid', (error) => log.warn({ err: error, agentId }, 'an invalid message of a gateway ended its connection'));
    syncConversations({ database, log }, agentId, gateway);
  });
  const metrics = createMetrics();
  const { host, swarm } = await createHost(config, {
    isPullAllowed: (image) => isPullAllowed(image, config),
    maxImageBytes: config.MAX_IMAGE_GIB * 1024 ** 3,
    onPull: (image) => recordPull({ database, clock }, image),
    log,
    runtime: config.AGENT_RUNTIME,
  });
  const notifications = listenForNotifications(
    connectionString,
    [REPLIES, OPERATIONS, CANCELLATIONS, LOGS, LOG_STOPS, AGENT_CHANGES, ACCOUNT_CHANGES, GRANT_CHANGES, FENCES, FENCES_PASSED],
    log,
  );
  const modelConnections = createModelConnections(config.ALLOW_PRIVATE_MODEL_ENDPOINTS);
  const processId = randomUUID();
  const callers = createCallers({ database, pool, notifications, processId, log });
  const logs = createLogHub({ database, log, notifications, processId });
  const closing = new AbortController();
  const backgroundWork = new Set<Promise<void>>();
  let chains: Promise<Chains> | undefined;
  return {
    config,
    log,
    clock,
    database,
    pool,
    boss,
    envelope: createEnvelope(config.ENCRYPTION_KEYS),
    accounts: createAccounts({ database, pool, callers, config, clock }),
    callers,
    chains: () => (chains ??= import('../infra/chain/chains.ts').then(({ createChains }) => createChains(config))),
    stripe: await createStripe(config),
    mux: await createMux(config),
    host: timedHost(host, metrics),
    swarm,
    backups: await createBackupStore(config),
    firewall: createFirewallGuard({ config, log }),
    gateways,
    modelConnections,
    logs,
    notifications,
    metrics,
    journal: createAuditJournal({ database, pool, log, processId }),
    processId,
    background(work) {
      backgroundWork.add(work);
      void work.finally(() => backgroundWork.delete(work));
    },
    closing: closing.signal,
    async close() {
      closing.abort();
      await gateways.close();
      await Promise.all(backgroundWork);
      await modelConnections.close();
      await callers.lastSeen.flush();
      await notifications.close();
      await boss.stop({ graceful: true, timeout: 5_000, close: true });
      await pool.end();
      await database.close();
    },
  };
}
