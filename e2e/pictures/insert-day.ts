import type { Client } from 'pg';

/** Inserts a day of container usage, busier by day than at night, as the collector would have stored it. */
export const insertDay = (database: Client, agent: string) =>
  database.query(
    `INSERT INTO usage_points (agent_id, grain, at, owner_id, samples, cpu, memory, memory_limit, received, sent, read, written, pids)
     SELECT id, 'minute', date_trunc('minute', now()) - i * interval '1 minute', owner_id, 6,
       0.02 + 0.10 * busy * busy + 0.05 * busy * abs(sin(i * 0.9)), 4.2e8 + 9e7 * busy + 1e7 * sin(i * 0.05), 2147483648,
       (20000 + 180000 * busy * abs(sin(i * 0.11)))::bigint, (15000 + 90000 * busy * abs(sin(i * 0.07)))::bigint,
       (30000 * busy * abs(sin(i * 0.03)))::bigint, (40000 + 120000 * busy * abs(sin(i * 0.05)))::bigint, 30
     FROM agents, generate_series(1, 1439) i, LATERAL (SELECT (1 - cos(i * pi() / 360)) / 2 AS busy) b
     WHERE id = $1 ON CONFLICT DO NOTHING`,
    [agent],
  );
