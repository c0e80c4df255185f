import type { Client } from 'pg';

/** Inserts a day of container usage with busy minutes and quiet ones, as the collector would have stored it. */
export const insertDay = (database: Client, agent: string) =>
  database.query(
    `WITH minutes AS (
       SELECT i, chance(i) AS noise, greatest(0, chance(i / 9) - 0.4) / 0.6 * sin(pi() * (i % 9 + 1) / 10) AS busy
       FROM generate_series(1, 1439) i
     )
     INSERT INTO usage_points (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
     SELECT id, 'minute', date_trunc('minute', now()) - i * interval '1 minute', owner_id, 6,
       0.02 + 0.01 * noise + (0.12 + 0.08 * noise) * busy, 2.7e8 + 6e6 * noise + 7e7 * busy, 2147483648,
       8000 + 20000 * noise + 260000 * busy, 5000 + 12000 * noise + 130000 * busy, 60000 * busy, 20000 + 160000 * busy, 30
     FROM agents, minutes WHERE id = $1 ON CONFLICT DO NOTHING`
      // A number from 0 to 1 that is the same in each run.
      .replaceAll(/chance\(([^)]*)\)/g, `(('x' || left(md5(($1)::text), 4))::bit(16)::int / 65535.0)`),
    [agent],
  );
