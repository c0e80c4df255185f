import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';

/** The Postgres schema with pg-boss's tables. */
export const QUEUE_SCHEMA = 'pgboss';

/**
 * Installs or upgrades pg-boss's tables, waits until its background index builds end, and grants the application's role
 * access.
 * @throws Error when pg-boss reports an error
 */
export async function installQueue(client: pg.Client, connectionString: string): Promise<void> {
  const boss = new PgBoss({ connectionString, schema: QUEUE_SCHEMA, supervise: false, schedule: false, bamIntervalSeconds: 10, max: 2 });
  let failure: Error | undefined;
  boss.on('error', (error) => {
    failure = error;
  });
  await boss.start();
  try {
    while ((await boss.getBamStatus()).some(({ status }) => status === 'pending' || status === 'in_progress')) await sleep(100);
  } finally {
    await boss.stop();
  }
  if (failure) throw new Error('The queue could not be installed', { cause: failure });
  await client.query(`
    GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO agentbot_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO agentbot_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO agentbot_app;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO agentbot_app;
  `);
}
