import pg from 'pg';
import { readMigrationConfig } from '../../config/config.ts';
import { ensureApplicationLogin } from '../../infra/database/application-login.ts';
import { migrate } from '../../infra/database/migrate.ts';
import { runCommand } from '../../shared/run-command.ts';

/** Postgres's code for a login with a wrong password. */
const WRONG_PASSWORD = '28P01';

// MIGRATION_DATABASE_URL is the owner's login, if set. The command then also creates the login of DATABASE_URL for the backend.
await runCommand(async () => {
  const { DATABASE_URL, MIGRATION_DATABASE_URL } = readMigrationConfig();
  const applied = await migrate(MIGRATION_DATABASE_URL ?? DATABASE_URL).catch((cause: { code?: string }) => {
    if (cause.code !== WRONG_PASSWORD) throw cause;
    const setting = MIGRATION_DATABASE_URL ? 'MIGRATION_DATABASE_URL (in compose: POSTGRES_PASSWORD in .env)' : 'DATABASE_URL';
    throw new Error(`The password in ${setting} is not the one that this database was created with`, { cause });
  });
  process.stdout.write(applied.length ? `${applied.length} migrations applied, up to ${applied.at(-1)}\n` : 'The database is up to date\n');
  if (!MIGRATION_DATABASE_URL) return;
  const client = new pg.Client({ connectionString: MIGRATION_DATABASE_URL });
  await client.connect();
  const login = await ensureApplicationLogin(client, DATABASE_URL).finally(() => client.end());
  process.stdout.write(`The backend can log in as ${login}\n`);
});
