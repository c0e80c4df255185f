import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PgBoss } from 'pg-boss';
import { readInstallationConfig } from '../../config/config.ts';
import { createEnvelope } from '../../infra/crypto/envelope.ts';
import { APPLICATION_ROLE, openDatabase } from '../../infra/database/database.ts';
import { QUEUE_SCHEMA } from '../../infra/database/install-queue.ts';
import { runCommand } from '../../shared/run-command.ts';
import { backUpAgents, backUpInstallation, removeOldInstallationBackups } from '../installation-backup.ts';

// `pnpm installation:backup`: docs/operate/backup.md. --every <hours> repeats it, --database-only archives no agent anew.

const HOUR_MS = 3_600_000;

await runCommand(async () => {
  const { values } = parseArgs({ options: { every: { type: 'string' }, 'database-only': { type: 'boolean', default: false } } });
  const everyHours = values.every === undefined ? null : Number(values.every);
  if (everyHours !== null && !(everyHours > 0)) throw new Error('--every needs a number of hours above 0');
  const config = readInstallationConfig();
  const ownerUrl = config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL;

  async function backUpNow(): Promise<void> {
    if (!values['database-only']) {
      const database = await openDatabase(config.DATABASE_URL);
      const boss = new PgBoss({
        connectionString: config.DATABASE_URL,
        options: APPLICATION_ROLE,
        schema: QUEUE_SCHEMA,
        migrate: false,
        supervise: false,
        schedule: false,
        max: 2,
      });
      boss.on('error', (error) => process.stderr.write(`The queue failed: ${error.message}\n`));
      await boss.start();
      const failed = await backUpAgents({ database, boss }).finally(() => Promise.all([boss.stop(), database.close()]));
      for (const { agentId, reason } of failed) process.stderr.write(`${agentId} was not archived anew: ${reason}\n`);
      if (failed.length) process.exitCode = 1;
    }
    const { place, manifest } = await backUpInstallation(config, createEnvelope(config.ENCRYPTION_KEYS), ownerUrl);
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    process.stdout.write(`${place}: ${rows} rows of ${manifest.tables.length} tables, ${manifest.archives.length} archives of agents\n`);
    process.stdout.write(
      `Keep these keys of ENCRYPTION_KEYS elsewhere, they are not in it: ${manifest.keyIds.join(', ') || 'none is used'}\n`,
    );
    const removed = await removeOldInstallationBackups(config, config.INSTALLATION_BACKUP_KEEP);
    if (removed.length) process.stdout.write(`Removed ${removed.join(', ')}\n`);
  }

  if (everyHours === null) return backUpNow();
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  while (!stop.signal.aborted) {
    // One failed backup must not end the schedule.
    await backUpNow().catch((error: Error) => process.stderr.write(`The backup failed: ${error.message}\n`));
    await sleep(everyHours * HOUR_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  process.exitCode = 0;
});
