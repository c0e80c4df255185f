import type { Context } from '../context.ts';

/** The time of a use is written when the stored one is older than this. */
const INTERVAL_MS = 60_000;
const BATCH_MS = 1_000;

/** Writes when API keys and sessions were last used, in batches: no request waits for it. */
export function createLastSeen({ database, log }: Pick<Context, 'database' | 'log'>) {
  const seen = { keys: new Map<string, Date>(), sessions: new Map<string, Date>() };
  let timer: NodeJS.Timeout | undefined;

  /** The noted uses as two lists, sorted: two processes lock the rows in the same order. */
  function take(noted: Map<string, Date>): [ids: string[], times: Date[]] {
    const sorted = [...noted].sort(([a], [b]) => (a < b ? -1 : 1));
    noted.clear();
    return [sorted.map(([id]) => id), sorted.map(([, at]) => at)];
  }

  /** Writes the noted times of use. A request, or another process, may have written one since the stored one was read. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const [keys, keyTimes] = take(seen.keys);
    const [sessions, sessionTimes] = take(seen.sessions);
    if (keys.length + sessions.length === 0) return;
    await database
      .as('service', async (tx) => {
        await tx.$executeRaw`
          UPDATE api_keys k SET last_used_at = s.at FROM unnest(${keys}::text[], ${keyTimes}::timestamptz[]) AS s(id, at)
          WHERE k.id = s.id AND (k.last_used_at IS NULL OR k.last_used_at < s.at - ${INTERVAL_MS}::int * interval '1 ms')`;
        await tx.$executeRaw`
          UPDATE sessions t SET last_seen_at = s.at FROM unnest(${sessions}::text[], ${sessionTimes}::timestamptz[]) AS s(id, at)
          WHERE t.id = s.id AND t.last_seen_at < s.at - ${INTERVAL_MS}::int * interval '1 ms'`;
      })
      .catch((error) => log.warn({ err: error }, 'when keys and sessions were last used could not be written'));
  }

  return {
    /**
     * Notes a use, unless one of the last minute is known.
     * @param last the last known use
     * @returns the last use that is known now
     */
    note<T extends Date | null>(kind: keyof typeof seen, id: string, last: T, now: Date): T | Date {
      if (last && now.getTime() - last.getTime() <= INTERVAL_MS) return last;
      seen[kind].set(id, now);
      timer ??= setTimeout(flush, BATCH_MS);
      return now;
    },
    flush,
  };
}
