import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createDatabase, startPostgres } from './postgres.ts';
import { loadOrCreateSecrets } from './secrets.ts';
import { backupFolder, dataFolder, installationBackupFolder } from './settings.ts';

// Runs one of the backend's commands on this checkout's database and secrets: `node backend-command.ts src/app/cli/verify-audit.ts`.
// Without DATABASE_URL it uses the embedded Postgres, and starts it unless `pnpm dev` runs.

const root = path.join(import.meta.dirname, '../../..');
const envFile = path.join(root, '.env');
if (existsSync(envFile)) process.loadEnvFile(envFile);
const dataDir = dataFolder(process.env, root);
const secrets = loadOrCreateSecrets(path.join(dataDir, 'secrets.env'), process.env);

const embedded = process.env.DATABASE_URL
  ? undefined
  : await startPostgres({ dataDir: path.join(dataDir, 'postgres'), port: 5433, durable: true });
// A restore begins with an empty data folder.
if (embedded) await createDatabase(embedded.url(), 'agentbot');
try {
  const child = spawn(process.execPath, process.argv.slice(2), {
    cwd: path.join(root, 'apps/backend'),
    stdio: 'inherit',
    env: {
      ...process.env,
      ...secrets,
      DATABASE_URL: process.env.DATABASE_URL || embedded?.url('agentbot'),
      BACKUP_DIR: backupFolder(process.env, { root, dataDir }),
      INSTALLATION_BACKUP_DIR: installationBackupFolder(process.env, { root, dataDir }),
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  if (embedded && !embedded.wasRunning) await embedded.stop();
}
