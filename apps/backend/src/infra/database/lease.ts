import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pause } from '../../shared/poll-loop.ts';
import type { Database, Transaction } from './database.ts';

const TTL_SECONDS = 6;
const RENEW_MS = 2_000;
const LOCK_TIMEOUT_MS = 30_000;
const LOCK_POLL_MS = 100;

interface Slice {
  database: Database;
  log: Logger;
  /** Unique among the processes on one database. */
  processId: string;
}

/** Claims a lease that is free or expired, or renews this process's own. @returns whether this process holds it now */
async function claim({ database, processId }: Slice, name: string): Promise<boolean> {
  const claimed = await database.untenanted.$queryRaw<unknown[]>`
    INSERT INTO leases (name, holder, expires_at) VALUES (${name}, ${processId}, app_now() + make_interval(secs => ${TTL_SECONDS}))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE leases.holder = excluded.holder OR leases.expires_at < app_now()
    RETURNING name`;
  return claimed.length > 0;
}

/** Renews a lease until another process holds it, renewals fail for half its lifetime, or `signal` aborts. */
async function renewUntilLost(context: Slice, name: string, signal: AbortSignal): Promise<void> {
  let renewedAt = Date.now();
  while (!signal.aborted) {
    await pause(RENEW_MS, signal);
    const attemptedAt = Date.now();
    try {
      if (!(await claim(context, name))) return;
      renewedAt = attemptedAt;
    } catch (error) {
      context.log.warn({ err: error, lease: name }, 'the renewal of a lease failed');
      if (Date.now() - renewedAt > (TTL_SECONDS * 1000) / 2) return;
    }
  }
}

/**
 * Runs `work` in one process at a time: in the process that holds the lease. When the lease is lost, `work`'s signal aborts;
 * when this process holds the lease again, `work` starts again. Returns after `signal` aborts.
 */
export async function runAsLeader(
  context: Slice,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { database, log, processId } = context;
  while (!signal.aborted) {
    const held = await claim(context, name).catch((error) => {
      if (!signal.aborted) log.warn({ err: error, lease: name }, 'the claim of a lease failed');
      return false;
    });
    if (held) {
      const lost = new AbortController();
      const running = work(AbortSignal.any([signal, lost.signal]));
      const ended = running.catch((error) => log.error({ err: error, lease: name }, 'the work under a lease failed'));
      await Promise.race([renewUntilLost(context, name, signal), ended]);
      lost.abort();
      await ended;
      await database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name} AND holder = ${processId}`.catch(() => undefined);
    }
    await pause(RENEW_MS / 2, signal);
  }
}

/**
 * Runs `work` under a lock that all processes share. A waiting caller holds no database connection.
 * @throws Error when the lock is not free within 30 seconds; otherwise the error of `work`
 */
export async function withLock<T>(context: Slice, name: string, work: () => Promise<T>): Promise<T> {
  // A holder id per call: two calls in one process exclude each other too.
  const holder = { ...context, processId: randomUUID() };
  for (const deadline = Date.now() + LOCK_TIMEOUT_MS; !(await claim(holder, name)); await sleep(LOCK_POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`The lock ${name} was not free within ${LOCK_TIMEOUT_MS / 1000} seconds`);
  }
  const finished = new AbortController();
  const renewal = renewUntilLost(holder, name, finished.signal);
  try {
    return await work();
  } finally {
    finished.abort();
    await renewal;
    await context.database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name} AND holder = ${holder.processId}`.catch(
      () => undefined,
    );
  }
}

/** Tells whether `holder` has the lease, and locks the lease's row so that this holds until the transaction ends. */
export async function holdsLease(tx: Transaction, name: string, holder: string): Promise<boolean> {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases WHERE name = ${name} AND holder = ${holder} AND expires_at > app_now() FOR SHARE`;
  return held.length > 0;
}
