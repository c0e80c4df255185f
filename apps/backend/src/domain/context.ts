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
import type { Metrics } from '../infra/metrics/metrics.ts';
import type { MuxClient } from '../infra/mux/mux.ts';
import type { GatewayPool } from '../infra/openclaw/gateway-pool.ts';
import type { StripeClient } from '../infra/stripe/stripe.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { AuditJournal } from './audit/audit-journal.ts';
import type { LogHub } from './telemetry/logs/log-hub.ts';

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
  /** Made when they are first asked for: what reads them takes long to load. */
  chains: () => Promise<Chains>;
  /** Undefined where none is configured. */
  stripe: StripeClient | undefined;
  mux: MuxClient | undefined;
  host: ContainerHost;
  backups: BackupStore;
  /** Closes this host to agents, again and again, as far as this process may. */
  ensureFirewall: () => Promise<void>;
  gateways: GatewayPool;
  logs: LogHub;
  notifications: Notifications;
  metrics: Metrics;
  journal: AuditJournal;
  /** Tells this process apart from others on the same database. */
  processId: string;
  /** Takes on work that outlives its request: the end of the process waits for it. */
  background: (work: Promise<void>) => void;
  /** Aborts when the process ends. */
  closing: AbortSignal;
}
