import { randomUUID } from 'node:crypto';
import type { ApiKey, Session, User } from '../../generated/prisma/client.ts';
import { createRowCache } from '../../infra/database/row-cache.ts';
import type { Context } from '../context.ts';
import { GRANT_CHANGES } from './grants.ts';
import { createLastSeen } from './last-seen.ts';

/** Postgres channels: a process asks all processes whether they know every change until now, and each answers. */
export const FENCES = 'caller_fences';
export const FENCES_PASSED = 'caller_fences_passed';

/** A change whose notification got lost applies after this time. */
const LIMITS = { max: 10_000, lifetimeMs: 10_000 };
const FENCE_TIMEOUT_MS = 500;

/**
 * Keeps the rows that say who calls in memory. Triggers tell every process of a change in the transaction that makes it; while the
 * connection for notifications is lost, nothing is kept.
 */
export function createCallers({
  database,
  pool,
  notifications,
  processId,
  log,
}: Pick<Context, 'database' | 'pool' | 'notifications' | 'processId' | 'log'>) {
  const keys = createRowCache<ApiKey>(LIMITS);
  const sessions = createRowCache<Session>(LIMITS);
  const users = createRowCache<User>(LIMITS);
  const caches = [keys, sessions, users];
  /** The fences of this process: the processes that have passed each of them, and what to do when another one has. */
  const fences = new Map<string, { passed: Set<string>; check: () => void }>();

  notifications.on(GRANT_CHANGES, (id) => {
    for (const cache of caches) cache.forget(id);
  });
  notifications.on('resumed', () => {
    for (const cache of caches) cache.clear(true);
  });
  notifications.on('lost', () => {
    for (const cache of caches) cache.clear(false);
  });
  // Notifications arrive in the order of the commits: this process has been told every change that was committed before the fence.
  notifications.on(FENCES, (fence) => {
    pool
      .query('SELECT pg_notify($1, $2)', [FENCES_PASSED, `${fence} ${processId}`])
      .catch((error) => log.warn({ err: error }, 'a fence could not be answered'));
  });
  notifications.on(FENCES_PASSED, (text) => {
    const [fence = '', process = ''] = text.split(' ');
    fences.get(fence)?.passed.add(process);
    fences.get(fence)?.check();
  });

  return {
    /** API keys by the SHA-256 of the key. */
    keys,
    /** Sessions by id. */
    sessions,
    /** Users by id: whether they administer the installation. Plans are read where they are checked. */
    users,
    lastSeen: createLastSeen({ database, log }),
    /**
     * Waits until every live process knows the changes that were committed before: then no process accepts a credential that has
     * ended. A process that does not answer within half a second is not waited for.
     */
    async fence(): Promise<void> {
      const id = randomUUID();
      const passed = new Set<string>();
      const everyone = Promise.withResolvers<void>();
      let live: string[] | undefined;
      const check = () => live?.every((process) => passed.has(process)) && everyone.resolve();
      fences.set(id, { passed, check });
      const timeout = setTimeout(() => {
        log.warn({ fence: id }, 'a process has not confirmed that a credential has ended; it notices within ten seconds');
        everyone.resolve();
      }, FENCE_TIMEOUT_MS);
      try {
        const { rows } = await pool.query<{ process: string }>(
          `SELECT substr(name, 9) AS process, pg_notify($1, $2) FROM leases WHERE name LIKE 'process:%' AND expires_at > app_now()`,
          [FENCES, id],
        );
        live = rows.map(({ process }) => process);
        check();
        await everyone.promise;
      } finally {
        clearTimeout(timeout);
        fences.delete(id);
      }
    },
  };
}

export type Callers = ReturnType<typeof createCallers>;
