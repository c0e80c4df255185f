import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pause } from '../../shared/poll-loop.ts';
import type { Database, Transaction } from './database.ts';

const TTL_SECONDS = 6;
const RENEW_MS = 2_000;
/** How long one waits for a turn, and how often one asks for it. */
const LOCK_TIMEOUT_MS = 30_000;
const LOCK_POLL_MS = 100;

interface Slice {
  database: Database;
  log: Logger;
  /** Tells this process apart from others on the same database. */
  processId: string;
}

/** Takes a lease that is free, or keeps the one that is held. @returns whether it is held now */
async function take({ database, processId }: Slice, name: string): Promise<boolean> {
  const taken = await database.untenanted.$queryRaw<unknown[]>`
    INSERT INTO leases (name, holder, expires_at) VALUES (${name}, ${processId}, now() + make_interval(secs => ${TTL_SECONDS}))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE leases.holder = excluded.holder OR leases.expires_at < now()
    RETURNING name`;
  return taken.length > 0;
}

/** Keeps a lease until it cannot be kept any more. */
async function keep(context: Slice, name: string, signal: AbortSignal): Promise<void> {
  let renewedAt = Date.now();
  while (!signal.aborted) {
    await pause(RENEW_MS, signal);
    const from = Date.now();
    try {
      if (!(await take(context, name))) return;
      renewedAt = from;
    } catch (error) {
      context.log.warn({ err: error, lease: name }, 'a lease could not be renewed');
      if (Date.now() - renewedAt > (TTL_SECONDS * 1000) / 2) return;
    }
  }
}

/**
 * Does work that one process does for all, whenever this one is that process, until aborted. `work` gets a signal that
 * aborts when the lease is lost, and is begun again when it is held again.
 */
export async function runAsLeader(
  context: Slice,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { database, log, processId } = context;
  while (!signal.aborted) {
    const held = await take(context, name).catch((error) => {
      if (!signal.aborted) log.warn({ err: error, lease: name }, 'a lease could not be asked for');
      return false;
    });
    if (held) {
      const lost = new AbortController();
      const working = work(AbortSignal.any([signal, lost.signal]));
      const ended = working.catch((error) => log.error({ err: error, lease: name }, 'the work under a lease failed'));
      await Promise.race([keep(context, name, signal), ended]);
      lost.abort();
      await ended;
      await database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name} AND holder = ${processId}`.catch(() => undefined);
    }
    await pause(RENEW_MS / 2, signal);
  }
}

/**
 * Does work that must not go on twice at once, in any process. Whoever waits for the turn holds no connection meanwhile.
 * @throws Error when the turn does not come in half a minute, else what `work` throws
 */
export async function withLock<T>(context: Slice, name: string, work: () => Promise<T>): Promise<T> {
  const turn = { ...context, processId: randomUUID() };
  for (const late = Date.now() + LOCK_TIMEOUT_MS; !(await take(turn, name)); await sleep(LOCK_POLL_MS)) {
    if (Date.now() > late) throw new Error(`Others took too long at ${name}`);
  }
  const over = new AbortController();
  const keeping = keep(turn, name, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
    await keeping;
    await context.database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name} AND holder = ${turn.processId}`.catch(
      () => undefined,
    );
  }
}

/** Whether the lease is held by this process, and stays so until the transaction's end. */
export async function holdsLease(tx: Transaction, name: string, holder: string): Promise<boolean> {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases WHERE name = ${name} AND holder = ${holder} AND expires_at > now() FOR SHARE`;
  return held.length > 0;
}
