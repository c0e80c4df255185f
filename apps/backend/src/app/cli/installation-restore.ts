import pg from 'pg';
import { readInstallationConfig } from '../../config/config.ts';
import { createEnvelope } from '../../infra/crypto/envelope.ts';
import { ensureApplicationLogin } from '../../infra/database/application-login.ts';
import { runCommand } from '../../shared/run-command.ts';
import { listInstallationBackups } from '../installation-backup.ts';
import { restoreInstallation } from '../installation-restore.ts';

// `pnpm installation:restore [name]`: docs/operate/disaster-recovery.md. Without a name, the newest backup of the folder.
await runCommand(async () => {
  const config = readInstallationConfig();
  const { MIGRATION_DATABASE_URL } = config;
  const newest = config.BACKUP_S3_BUCKET ? undefined : (await listInstallationBackups(config)).at(-1);
  const name = process.argv[2] ?? newest;
  if (!name)
    throw new Error(
      config.BACKUP_S3_BUCKET ? 'Name the backup: the bucket is not searched' : `There is no backup in ${config.INSTALLATION_BACKUP_DIR}`,
    );
  const restored = await restoreInstallation(
    config,
    createEnvelope(config.ENCRYPTION_KEYS),
    MIGRATION_DATABASE_URL ?? config.DATABASE_URL,
    name,
  );
  if (MIGRATION_DATABASE_URL) {
    const client = new pg.Client({ connectionString: MIGRATION_DATABASE_URL });
    await client.connect();
    await ensureApplicationLogin(client, config.DATABASE_URL).finally(() => client.end());
  }
  const { accounts, agents, archives, dropped } = restored;
  process.stdout.write(`Restored ${name}: ${accounts} accounts, ${agents} agents, ${archives} archives\n`);
  if (dropped) process.stdout.write(`${dropped} backups of agents are gone: their archives are not in it\n`);
  process.stdout.write('Start the backend: an agent whose volume is not on this machine gets the data of its newest archive\n');
});
