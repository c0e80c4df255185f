import pg from 'pg';
import type { Clock } from '../src/shared/clock.ts';

/** A clock that runs like the system's until a test stops it. */
export function createTestClock() {
  let stoppedAt: Date | undefined;
  const clock: Clock = { now: () => new Date(stoppedAt ?? Date.now()) };
  return {
    ...clock,
    /** Runs `work` while the clock stands at `time`. */
    async at<T>(time: Date, work: () => Promise<T>): Promise<T> {
      const before = stoppedAt;
      stoppedAt = time;
      try {
        return await work();
      } finally {
        stoppedAt = before;
      }
    },
  };
}

/** Runs `work` while the clock of one test's database stands at `time`. */
export async function atDatabaseTime<T>(databaseUrl: string, time: Date, work: () => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  const define = (now: string) =>
    owner.query(`CREATE OR REPLACE FUNCTION app_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT ${now} $$`);
  try {
    await define(`'${time.toISOString()}'::timestamptz`);
    return await work();
  } finally {
    await define('now()');
    await owner.end();
  }
}
