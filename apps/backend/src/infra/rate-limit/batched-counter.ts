import type pg from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.ts';
import type { Count, Counter, Limit } from './counter.ts';

/** What all processes together may let through above a limit, as a share of the limit. */
const ERROR_SHARE = 0.05;
const SETTLE_MS = 50;
const RETRY_MS = 1_000;
/** The number of keys in memory above which the oldest are dropped. Postgres has their counts. */
const MAX_KEYS = 50_000;

interface Window {
  key: string;
  /** The count in Postgres, as this process last read it. */
  total: number;
  /** Requests that were let through and that Postgres does not know yet. */
  unsettled: number;
  /** When the window ends, in milliseconds of the epoch. */
  end: number;
  /** Requests that wait until Postgres has counted them. */
  waiting: { resolve: (count: Count) => void; reject: (error: unknown) => void }[];
}

/**
 * Creates a rate limiter that counts in memory and settles with Postgres in batches: a request waits for no row lock. A process may
 * be ahead of Postgres by its part of 5 % of the limit; a request beyond that waits until it is counted. So all processes together
 * let at most 5 % too many through, and nobody is refused too early.
 * @param signal aborts at the shutdown: what is not settled is settled then
 */
export function createBatchedCounter(
  { pool, clock, log }: { pool: pg.Pool; clock: Clock; log: Logger },
  { name, points, seconds }: Limit,
  signal: AbortSignal,
): Counter {
  const windows = new Map<string, Window>();
  /** The windows with something to settle. */
  const changed = new Set<Window>();
  let processes = 2;
  let settling = false;
  let isWaitedFor = false;
  let timer: NodeJS.Timeout | undefined;
  const maxUnsettled = () => Math.floor((points * ERROR_SHARE) / Math.max(2, processes));

  function windowOf(key: string, at: number): Window {
    const found = windows.get(key);
    if (found && found.end > at) return found;
    const window: Window = { key, total: 0, unsettled: 0, end: at + seconds * 1_000, waiting: found?.waiting ?? [] };
    // The order of the map is the order of the ends. A key is counted once in a batch.
    windows.delete(key);
    if (found) changed.delete(found);
    if (window.waiting.length) changed.add(window);
    windows.set(key, window);
    return window;
  }

  function dropOldest(): void {
    for (const [key, window] of windows) {
      if (windows.size <= MAX_KEYS) return;
      if (!changed.has(window)) windows.delete(key);
    }
  }

  /** Adds the new requests of each key in Postgres. @returns the rows by key */
  async function add(batch: { window: Window; added: number }[], now: number) {
    // Sorted: two processes lock the rows in the same order.
    const sorted = batch.toSorted(({ window: a }, { window: b }) => (a.key < b.key ? -1 : 1));
    const { rows } = await pool.query<{ key: string; points: number; end: string; processes: number }>(
      `WITH counted AS (
         INSERT INTO rate_limits AS r (key, points, expire)
         SELECT n.key, n.points, n.expire FROM unnest($1::text[], $2::int[], $4::bigint[]) WITH ORDINALITY AS n(key, points, expire, place)
         ORDER BY n.place
         ON CONFLICT (key) DO UPDATE SET
           points = CASE WHEN r.expire <= $3::bigint THEN excluded.points ELSE r.points + excluded.points END,
           expire = CASE WHEN r.expire <= $3::bigint THEN excluded.expire ELSE r.expire END
         RETURNING key, points, expire)
       SELECT key, points, expire AS "end",
         (SELECT count(*)::int FROM leases WHERE name LIKE 'process:%' AND expires_at > app_now()) AS processes FROM counted`,
      [sorted.map(({ window }) => `${name}:${window.key}`), sorted.map(({ added }) => added), now, sorted.map(({ window }) => window.end)],
    );
    return new Map(rows.map((row) => [row.key, row]));
  }

  /** What is to be counted. Requests of a window that has ended count for nothing. */
  function take(now: number) {
    const batch = [...changed].map((window) => {
      if (window.end <= now) window.unsettled = 0;
      const waiting = window.waiting.splice(0);
      return { window, unsettled: window.unsettled, waiting, added: window.unsettled + waiting.length };
    });
    changed.clear();
    isWaitedFor = false;
    return batch.filter(({ added }) => added > 0);
  }

  async function settle(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (settling) return;
    const now = clock.now().getTime();
    const batch = take(now);
    if (batch.length === 0) return;
    settling = true;
    let failed = false;
    try {
      const rows = await add(batch, now);
      for (const { window, unsettled, waiting } of batch) {
        const row = rows.get(`${name}:${window.key}`);
        if (!row) throw new Error('A count was not returned');
        processes = row.processes;
        window.total = row.points;
        window.unsettled -= unsettled;
        window.end = Number(row.end);
        for (const [place, { resolve }] of waiting.entries()) {
          resolve({ consumedPoints: row.points - waiting.length + place + 1, msBeforeNext: window.end - now });
        }
      }
    } catch (error) {
      failed = true;
      log.warn({ err: error, limit: name }, 'requests could not be counted yet');
      for (const { window, waiting } of batch) {
        if (window.unsettled) changed.add(window);
        for (const { reject } of waiting) reject(error);
      }
    } finally {
      settling = false;
      dropOldest();
      schedule(failed);
    }
  }

  /** Settles soon, or now if a request waits for it. */
  function schedule(failed = false): void {
    if (settling || changed.size === 0) return;
    if (isWaitedFor) setImmediate(settle);
    else timer ??= setTimeout(settle, failed ? RETRY_MS : SETTLE_MS).unref();
  }

  signal.addEventListener('abort', () => void settle());

  return {
    async consume(key) {
      const at = clock.now().getTime();
      const window = windowOf(key, at);
      const consumedPoints = window.total + window.unsettled + 1;
      const msBeforeNext = window.end - at;
      // No process counts less: the refusal needs no question.
      if (consumedPoints > points) return { consumedPoints, msBeforeNext };
      changed.add(window);
      if (window.unsettled < maxUnsettled()) {
        window.unsettled++;
        schedule();
        return { consumedPoints, msBeforeNext };
      }
      const { promise, resolve, reject } = Promise.withResolvers<Count>();
      window.waiting.push({ resolve, reject });
      isWaitedFor = true;
      schedule();
      return promise;
    },
  };
}
