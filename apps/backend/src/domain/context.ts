import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { BackupStore } from '../infra/backup-store/backup-store.ts';
import type { Chains } from '../infra/chain/chains.ts';
import type { Envelope } from '../infra/crypto/envelope.ts';
import type { Database } from '../infra/database/database.ts';
import type { Notifications } from '../infra/database/notifications.ts';
import type { ContainerHost } from '../infra/docker/container-host.ts';
import type { FirewallGuard } from '../infra/host-firewall/firewall-guard.ts';
import type { Metrics } from '../infra/metrics/metrics.ts';
import type { MuxClient } from '../infra/mux/mux.ts';
import type { GatewayPool } from '../infra/openclaw/gateway-pool.ts';
import type { ModelConnections } from '../infra/openclaw/model-connections.ts';
import type { StripeClient } from '../infra/stripe/stripe.ts';
import type { Swarm } from '../infra/swarm/swarm-host.ts';
import type { Clock } from '../shared/clock.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { Callers } from './accounts/callers.ts';
import type { AuditJournal } from './audit/audit-journal.ts';
import type { LogHub } from './telemetry/logs/log-hub.ts';

/** The dependencies of the domain's functions. Each function takes only the slice that it uses. */
export interface Context {
  config: Config;
  log: Logger;
  clock: Clock;
  database: Database;
  /** Connections without Prisma under the application's role: for hot reads (`queryAs`), counters and the ledger of model calls. */
  pool: pg.Pool;
  boss: PgBoss;
  envelope: Envelope;
  accounts: Accounts;
  /** The rows that say who calls, in memory. */
  callers: Callers;
  /** Created on first use: the chain library is slow to load. */
  chains: () => Promise<Chains>;
  /** Undefined when Stripe is not configured. */
  stripe: StripeClient | undefined;
  /** Undefined when Mux is not configured. */
  mux: MuxClient | undefined;
  host: ContainerHost;
  /** The swarm that the host runs on; undefined on one machine. */
  swarm: Swarm | undefined;
  backups: BackupStore;
  firewall: FirewallGuard;
  gateways: GatewayPool;
  modelConnections: ModelConnections;
  logs: LogHub;
  notifications: Notifications;
  metrics: Metrics;
  journal: AuditJournal;
  /** Unique among the processes on the same database. */
  processId: string;
  /** Registers work that outlives its request; the shutdown waits for it. */
  background: (work: Promise<void>) => void;
  /** Aborts at the start of the shutdown. */
  closing: AbortSignal;
}
